"""What the runner makes of real pytest sessions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checks.model import Severity
from checks.understood import pytest as understood
from checks.understood.pytest_rules import RULES

PASSING = "def test_one(): pass\ndef test_two(): pass\n"
FAILING = "def test_good(): pass\n\ndef test_bad():\n    number = 1\n    assert number == 2\n"
HOOK = "import pytest\n\n@pytest.hookimpl(hookwrapper=True)\n"


def errors(watched: Any) -> list[str]:
    return [one.rule for one in watched.found.diagnostics if one.severity is Severity.ERROR]


def test_a_good_session_is_evidence_and_nothing_else(watch: Any) -> None:
    seen = watch({"tests/test_a.py": PASSING})
    assert (seen.exit_code, seen.found.failure, seen.found.diagnostics) == (0, None, ())
    expected = {"tests": 2, "passed": 2, "failed": 0, "skipped": 0, "pytest": pytest.__version__}
    assert seen.found.evidence == expected


def test_every_kind_of_outcome_is_told_apart(watch: Any) -> None:
    text = """\
import unittest
import pytest

def test_passes(): pass

def test_fails():
    number = 1
    assert number == 2

def deep():
    raise ValueError("first\\nsecond")

def test_fails_below():
    deep()

@pytest.fixture
def broken():
    raise RuntimeError("no database")

def test_not_judged(broken): pass

@pytest.mark.skip(reason="needs docker")
def test_skipped(): pass

@pytest.mark.xfail
def test_known(): assert 0

@pytest.mark.xfail
def test_mended(): pass

@pytest.mark.xfail(strict=True, reason="slots overlap")
def test_strict(): pass

@pytest.mark.parametrize("number", [1, 2])
def test_many(number): pass

class TestOld(unittest.TestCase):
    def test_unit(self):
        self.assertEqual(1, 2)

    @unittest.expectedFailure
    def test_expected(self):
        self.assertEqual(1, 2)

    @unittest.skip("old")
    def test_left(self): pass
"""
    seen = watch({"api/tests/test_a.py": text})
    evidence = dict(seen.found.evidence)
    evidence.pop("pytest")
    assert evidence == {
        "tests": 13, "passed": 3, "failed": 4, "skipped": 2, "errors": 1, "xfailed": 2, "xpassed": 1,
    }  # fmt: skip
    file = "api/tests/test_a.py"
    failed = seen.places("pytest.failed")
    assert failed[0] == (file, 8, "test_fails: assert 1 == 2")
    assert failed[1] == (file, 11, "test_fails_below: ValueError: first\nsecond")
    assert failed[2][:2] == (file, 39)
    assert seen.places("pytest.error") == [(file, 18, "test_not_judged: its setup failed: RuntimeError: no database")]
    assert seen.places("pytest.xpassed-strict")[0][2].endswith("slots overlap")
    assert seen.places("pytest.skipped") == [(None, None, "2 of 13 tests skipped: needs docker; old")]
    assert seen.found.failure == "4 of 13 tests failed, 1 of 13 tests could not be judged (a fixture failed)"


# For every error rule, what it must catch: files, command, exit status, reason.
OS_EXIT = "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): assert 0\n"
ALL_SKIPPED = 'import pytest\npytestmark = pytest.mark.skip(reason="no database")\n' + PASSING
ALL_XFAIL = "import pytest\npytestmark = pytest.mark.xfail\ndef test_a(): assert 0\n"
MODULE_SKIP = 'import pytest\npytest.skip("not here", allow_module_level=True)\n'
SET_STATUS = "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
SET_STATUS_LAST = HOOK + "def pytest_sessionfinish(session):\n    yield\n    session.exitstatus = 0\n"
EXIT_LAST = "import os\ndef pytest_unconfigure():\n    os._exit(0)\n"
EXIT_AT_FINISH = "import os, pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_sessionfinish():\n    os._exit(0)\n"
MAKE_PASS = HOOK + (
    "def pytest_runtest_makereport(item, call):\n    outcome = yield\n"
    "    report = outcome.get_result()\n    report.outcome = 'passed'\n"
)
MAKE_PASS_EARLY = (
    "import pytest\n\n@pytest.hookimpl(hookwrapper=True, tryfirst=True)\n"
    "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n    yield\n"
)
MAKE_SKIP = MAKE_PASS.replace("report.outcome = 'passed'", "report.outcome, report.longrepr = 'skipped', ('f', 1, 'x')")
LOG_PASS = (
    "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
    + "def pytest_runtest_logreport(report):\n    report.outcome = 'passed'\n"
)
DROP_ALL = "def pytest_collection_modifyitems(items):\n    items[:] = []\n"
DROP_ONE = "def pytest_collection_modifyitems(items):\n    del items[0]\n"
SWALLOW = "def pytest_runtest_protocol(item):\n    return 'two' in item.nodeid or None\n"
SWALLOW_ALL = "def pytest_runtest_protocol(item):\n    return True\n"
QUIET_EXIT = (
    "import pytest\ndef test_a(): pass\ndef test_b(): pytest.exit('enough', returncode=0)\ndef test_c(): pass\n"
)
INTERRUPT = "def test_a(): pass\ndef test_b(): raise KeyboardInterrupt\ndef test_c(): pass\n"
INTERNAL = "def pytest_runtest_logreport(report):\n    raise RuntimeError('the hook broke')\n"
COVERAGE_BAR = "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n"
SETUP_EXIT = "import os\nos._exit(0)\n"

CAUGHT = {
    "eaten by true": (
        {"test_a.py": FAILING}, "pytest || true", 0, "pytest.contradiction",
        "1 of 2 tests failed, yet the command exited 0: a pipe or `|| true` ate the status",
    ),
    "eaten by a pipe": (
        {"test_a.py": FAILING}, "pytest | tail -1", 0, "pytest.contradiction",
        "1 of 2 tests failed, yet the command exited 0: a pipe or `|| true` ate the status",
    ),
    "nothing found behind a pipe": ({}, "pytest | tail -1", 0, "pytest.nothing-ran", "pytest found no tests"),
    "status set by a hook": (
        {"test_a.py": FAILING, "conftest.py": SET_STATUS}, "pytest", 0, "pytest.contradiction",
        "1 of 2 tests failed, yet the command exited 0: a hook made pytest exit 0",
    ),
    "status set by an outer hook": (
        {"test_a.py": FAILING, "conftest.py": SET_STATUS_LAST}, "pytest", 0, "pytest.contradiction",
        "1 of 2 tests failed, yet the command exited 0: a hook made pytest exit 0",
    ),
    "process ended at the very end": (
        {"test_a.py": FAILING, "conftest.py": EXIT_LAST},
        "pytest", 0, "pytest.contradiction", "1 of 2 tests failed, yet",
    ),
    "process ended when the session finishes": (
        {"test_a.py": FAILING, "conftest.py": EXIT_AT_FINISH},
        "pytest", 0, "pytest.contradiction", "1 of 2 tests failed, yet",
    ),
    "failures made passes": (
        {"test_a.py": FAILING, "conftest.py": MAKE_PASS}, "pytest", 0, "pytest.contradiction",
        "a hook turned 1 failure into a pass",
    ),
    "failures taken away before the report": (
        {"test_a.py": FAILING, "conftest.py": MAKE_PASS_EARLY}, "pytest", 0, "pytest.contradiction",
        "a hook turned 1 failure into a pass",
    ),
    "failures made passes in the log": (
        {"test_a.py": FAILING, "conftest.py": LOG_PASS}, "pytest", 1, "pytest.contradiction",
        "a hook turned 1 failure into a pass",
    ),
    "tests swallowed": (
        {"test_a.py": PASSING, "conftest.py": SWALLOW}, "pytest", 0, "pytest.contradiction",
        "1 of 2 collected tests never ran, yet pytest exited 0",
    ),
    "all tests swallowed": (
        {"test_a.py": PASSING, "conftest.py": SWALLOW_ALL}, "pytest", 0, "pytest.nothing-ran",
        "2 tests collected, and none of them ran",
    ),
    "nothing found": ({"test_a.py": ""}, "pytest", 5, "pytest.nothing-ran", "pytest found no tests"),
    "only collected": (
        {"test_a.py": PASSING}, "pytest --collect-only", 0, "pytest.nothing-ran",
        "pytest only collected 2 tests and ran none",
    ),
    "only set up": (
        {"test_a.py": PASSING}, "pytest --setup-only", 0, "pytest.nothing-ran", "pytest only set up fixtures",
    ),
    "all skipped": (
        {"test_a.py": ALL_SKIPPED}, "pytest", 0, "pytest.nothing-ran", "all 2 tests were skipped (no database (2))",
    ),
    "file skipped": (
        {"test_a.py": MODULE_SKIP}, "pytest", 5, "pytest.nothing-ran", "the only test was skipped (not here)",
    ),
    "all expected to fail": (
        {"test_a.py": ALL_XFAIL}, "pytest", 0, "pytest.nothing-ran", "no test passed: 1 expected to fail",
    ),
    "all deselected": (
        {"test_a.py": PASSING}, "pytest -k nobody", 5, "pytest.nothing-ran", "all 2 tests were deselected",
    ),
    "emptied by a hook": (
        {"test_a.py": PASSING, "conftest.py": DROP_ALL}, "pytest || true", 0, "pytest.nothing-ran",
        "2 tests collected, and a hook removed them all",
    ),
    "process ended inside a test": (
        {"tests/test_a.py": OS_EXIT}, "pytest", 0, "pytest.not-finished",
        "the test session did not finish: the process ended inside `tests/test_a.py::test_b`",
    ),
    "process ended inside an import": (
        {"tests/test_a.py": SETUP_EXIT}, "pytest", 0, "pytest.not-finished",
        "the test session did not finish: the process ended inside `tests/test_a.py (its import)`",
    ),
    "process ended inside the conftest": (
        {"conftest.py": SETUP_EXIT}, "pytest", 0, "pytest.not-finished", "pytest stopped before any test",
    ),
    "quiet exit": (
        {"test_a.py": QUIET_EXIT}, "pytest", 0, "pytest.not-finished",
        "the test session was interrupted (enough); 2 collected tests never ran",
    ),
    "interrupted": (
        {"test_a.py": INTERRUPT}, "pytest", 2, "pytest.not-finished",
        "the test session was interrupted (KeyboardInterrupt); 2 collected tests never ran",
    ),
    "internal error": (
        {"test_a.py": PASSING, "conftest.py": INTERNAL}, "pytest", 3, "pytest.not-finished",
        "pytest broke off: RuntimeError: the hook broke",
    ),
    "path that is not there": (
        {"tests/test_a.py": PASSING}, "pytest test/", 4, "pytest.refused",
        "pytest refused its arguments: file or directory not found: test/",
    ),
    "test that is not there": (
        {"tests/test_a.py": PASSING},
        "pytest tests/test_a.py::test_three", 4, "pytest.refused", "pytest refused its arguments",
    ),
    "option that is not there": (
        {"tests/test_a.py": PASSING},
        "pytest --no-such-option", 4, "pytest.not-finished", "pytest stopped before any test",
    ),
    "conftest that does not import": (
        {"tests/test_a.py": PASSING, "tests/conftest.py": "\nimport nothere_x\n"},
        "pytest tests", 4, "pytest.collection",
        "pytest could not start: ModuleNotFoundError: No module named 'nothere_x'",
    ),
    "stopped early": (
        {"test_a.py": "def test_a(): assert 0\ndef test_b(): pass\n"}, "pytest -x", 1, "pytest.failed",
        "1 of 1 test failed (stopped early: 1 more never ran)",
    ),
    "failed first of two": (
        {"a/test_a.py": FAILING, "b/test_b.py": PASSING}, "pytest a; pytest b", 0, "pytest.contradiction",
        "1 of 4 tests failed, yet the command exited 0: a pipe or `|| true` ate the status",
    ),
    "nothing in the first of two": (
        {"a/test_a.py": "", "b/test_b.py": PASSING},
        "pytest a; pytest b", 0, "pytest.nothing-ran", "pytest found no tests",
    ),
    "failed by something else": (
        {"test_a.py": PASSING, "conftest.py": COVERAGE_BAR}, "pytest || true", 0, "pytest.contradiction",
        "pytest itself exited 1, yet the command exited 0: a pipe or `|| true` ate the status",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CAUGHT)
def test_it_is_caught(case: str, watch: Any) -> None:
    files, command, exit_code, rule, reason = CAUGHT[case]
    seen = watch(files, command)
    assert seen.exit_code == exit_code, seen.output
    assert (seen.found.failure or "").startswith(reason), seen.found
    assert rule in errors(seen), seen.found


LEFT_ALONE = {
    "two sessions": ({"a/test_a.py": PASSING, "b/test_b.py": PASSING}, "pytest a && pytest b", {"tests": 4}),
    "a version first": ({"test_a.py": PASSING}, "pytest --version && pytest", {"tests": 2}),
    "some deselected": ({"test_a.py": PASSING}, "pytest -k one", {"tests": 1, "deselected": 1}),
    "one expected to fail": ({"test_a.py": PASSING, "test_b.py": ALL_XFAIL}, "pytest", {"tests": 3, "xfailed": 1}),
    "process ended when all is done": ({"test_a.py": PASSING, "conftest.py": EXIT_LAST}, "pytest", {"tests": 2}),
    "the same test twice": ({"test_a.py": PASSING}, "pytest --keep-duplicates test_a.py test_a.py", {"tests": 2}),
    "another import mode": ({"t/test_a.py": PASSING}, "pytest --import-mode=importlib", {"tests": 2}),
    "no cache and no terminal": ({"test_a.py": PASSING}, "pytest -p no:cacheprovider -p no:terminal", {"tests": 2}),
    "its own PYTHONPATH": (
        {"test_a.py": "import own\n" + PASSING, "src/own.py": ""}, "PYTHONPATH=src pytest", {"tests": 2},
    ),
    "its own plug-in": (
        {"test_a.py": PASSING, "mine.py": ""}, "PYTEST_PLUGINS=mine PYTHONPATH=. pytest", {"tests": 2},
    ),
    "through a module": ({"test_a.py": PASSING}, "python -m pytest", {"tests": 2}),
    "warnings are errors": ({"test_a.py": PASSING}, "python -X dev -W error -m pytest -W error", {"tests": 2}),
    "behind another folder": ({"api/test_a.py": PASSING}, "cd api && pytest", {"tests": 2}),
    "subtests": (
        {"test_a.py": "def test_a(subtests):\n    with subtests.test(msg='x'):\n        pass\n"},
        "pytest", {"tests": 1},
    ),
    "a test that forks": (
        {"test_a.py": "import os\ndef test_a():\n    if not os.fork(): os._exit(0)\n    os.wait()\n"},
        "pytest", {"tests": 1},
    ),
    "last failed first": ({"test_a.py": PASSING}, "pytest --lf", {"tests": 2}),
    "a doctest": ({"own.py": '"""\n>>> 1 + 1\n2\n"""\n'}, "pytest --doctest-modules", {"tests": 1}),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_it_is_left_alone(case: str, watch: Any) -> None:
    files, command, evidence = LEFT_ALONE[case]
    seen = watch(files, command)
    assert (seen.exit_code, seen.found.failure, errors(seen)) == (0, None, []), seen.output
    assert {kind: seen.found.evidence[kind] for kind in evidence} == evidence


def test_every_error_rule_has_a_case_that_it_must_catch() -> None:
    told = {case[3] for case in CAUGHT.values()} | {"pytest.error", "pytest.xpassed-strict"}
    assert {rule.id for rule in RULES if rule.severity is Severity.ERROR} == told


def test_warnings_do_not_fail_the_gate(watch: Any) -> None:
    one_skipped = 'import pytest\n@pytest.mark.skip(reason="later")\ndef test_three(): pass\n' + PASSING
    seen = watch({"test_a.py": one_skipped, "conftest.py": DROP_ONE.replace("items[0]", "items[1]")})
    assert (seen.found.failure, errors(seen)) == (None, [])
    assert seen.rules() == ["pytest.skipped", "pytest.dropped"]
    turned = watch(
        {"test_a.py": FAILING, "conftest.py": MAKE_SKIP.replace("report.outcome", "if report.failed: report.outcome")}
    )
    assert "pytest.turned-to-skip" in turned.rules()


def test_a_file_that_cannot_be_imported_is_named_with_its_line(watch: Any) -> None:
    files = {
        "tests/test_a.py": "import json\nimport nothere_x\n",
        "tests/test_b.py": "def broken(:\n",
        "tests/test_c.py": "from api.main import app\n",
        "tests/test_d.py": "import helper_of_tests\n",
        "tests/helper_of_tests.py": "\n\nraise RuntimeError('no key')\n",
        "api/main.py": "",
    }
    seen = watch(files, "pytest tests")
    assert (seen.exit_code, seen.found.failure) == (2, "4 files could not be collected")
    places = [place[:2] for place in seen.places("pytest.collection")]
    assert places == [
        ("tests/test_a.py", 2), ("tests/test_b.py", 1), ("tests/test_c.py", 1), ("tests/helper_of_tests.py", 3),
    ]  # fmt: skip
    hints = [one.hint or "" for one in seen.found.diagnostics]
    assert "--sync" in hints[0]
    assert 'pythonpath = ["."]' in hints[2]


def test_a_conftest_that_cannot_be_imported_is_named_with_its_line(watch: Any) -> None:
    seen = watch({"tests/conftest.py": "\nimport nothere_x\n", "tests/test_a.py": PASSING}, "pytest tests")
    place = seen.places("pytest.collection")[0]
    assert place == ("tests/conftest.py", 2, "ModuleNotFoundError: No module named 'nothere_x'")


def test_without_a_session_there_is_no_evidence(watch: Any) -> None:
    files = {"test_a.py": PASSING}
    hidden = watch(files, 'env -i PATH="$PATH" python -m pytest')
    assert (hidden.exit_code, dict(hidden.found.evidence)) == (0, {})
    assert (hidden.found.failure or "").startswith("no pytest session was seen, yet the command exited 0")
    asked = watch(files, "pytest --version")
    assert asked.found.failure is not None
    before = watch(files, "false && pytest")
    assert before.found.failure == "the command exited 1 before any pytest session began; the log says why"


def test_workers_do_not_record_and_the_controller_does(watch: Any) -> None:
    text = (
        "import os, pytest\n"
        + FAILING
        + (
            "\ndef test_env(): assert not {'SKILLGATE_EVIDENCE', 'PYTEST_PLUGINS'} & set(os.environ)\n"
            "def test_dies(): os._exit(1)\n@pytest.mark.skip(reason='later')\ndef test_later(): pass\n"
        )
    )
    seen = watch({"tests/test_a.py": text, "tests/test_b.py": PASSING}, "pytest -n 2 -p xdist.plugin")
    assert len(list(seen.folder.glob("pytest-*.json"))) == 1
    evidence = {kind: seen.found.evidence[kind] for kind in ("tests", "passed", "failed", "skipped")}
    assert evidence == {"tests": 7, "passed": 4, "failed": 2, "skipped": 1}, seen.output
    assert ("tests/test_a.py", 6, "test_bad: assert 1 == 2") in seen.places("pytest.failed")


def test_an_error_of_collection_in_workers_is_seen(watch: Any) -> None:
    seen = watch({"test_a.py": "import nothere_x\n", "test_b.py": PASSING}, "pytest -n 1 -p xdist.plugin")
    message = "cannot be imported: ModuleNotFoundError: No module named 'nothere_x'"
    assert ("test_a.py", None, message) in seen.places("pytest.collection")


def test_sessions_below_a_test_are_not_the_gates(watch: Any) -> None:
    nested = (
        "import os, subprocess, sys\npytest_plugins = ['pytester']\n"
        "def test_inside(pytester):\n    pytester.makepyfile('def test_x(): assert 0')\n"
        "    assert pytester.runpytest_inprocess().ret == 1\n"
        "def test_below(pytester):\n    pytester.makepyfile('def test_x(): assert 0')\n"
        "    assert pytester.runpytest_subprocess().ret == 1\n"
        "def test_isolated():\n    assert subprocess.call([sys.executable, '-I', '-m', 'pytest', '--version']) == 0\n"
        "def test_path(): assert not [one for one in sys.path if 'pytest_plugin' in one]\n"
        "def test_environment(): assert os.environ.get('PYTHONPATH') == os.environ.get('WAS')\n"
    )
    files = {
        "conftest.py": "pytest_plugins = ['pytester']\n",
        "test_a.py": nested.replace("pytest_plugins = ['pytester']\n", ""),
    }
    seen = watch(files, "pytest", PYTHONPATH="/nowhere", WAS="/nowhere")
    assert (seen.found.failure, seen.found.evidence["tests"]) == (None, 5), seen.output
    assert len(list(seen.folder.glob("pytest-*.json"))) == 1


def test_messages_that_are_no_text_do_no_harm(watch: Any) -> None:
    text = (
        "class Broken(Exception):\n    def __str__(self): raise RuntimeError\n"
        "def test_surrogate(): raise ValueError('\\udcff \\x00 \\x1b[31m')\n"
        "def test_huge(): raise ValueError('x' * 5_000_000)\n"
        "def test_broken(): raise Broken()\n"
    )
    seen = watch({"test_a.py": text})
    messages = [place[2] for place in seen.places("pytest.failed")]
    assert len(messages) == 3
    assert "\\udcff \\x00 \\x1b[31m" in messages[0]
    assert all(len(message) < 2100 and message.encode() for message in messages)


def test_findings_are_capped_and_counts_are_true(watch: Any) -> None:
    text = "import pytest\n@pytest.mark.parametrize('n', range(510))\ndef test_n(n): assert n < 0\n"
    seen = watch({"test_a.py": text}, "pytest --tb=no -q")
    assert (seen.found.evidence["failed"], len(seen.found.diagnostics)) == (510, 500)


def test_a_session_cut_short_still_tells_what_failed(watch: Any) -> None:
    text = "import os\ndef test_a(): assert 0\ndef test_b(): os.kill(os.getpid(), 9)\n"
    seen = watch({"test_a.py": text}, "exec pytest")
    assert seen.exit_code is None
    assert seen.places("pytest.failed") == [("test_a.py", 2, "test_a: assert 0")]
    assert "ended inside `test_a.py::test_b`, after 1 test" in (seen.found.failure or "")


def test_an_unwritable_folder_costs_the_evidence_and_not_the_session(tmp_path: Path, watch: Any) -> None:
    command = f"SKILLGATE_EVIDENCE={tmp_path}/nowhere pytest"
    seen = watch({"test_a.py": PASSING}, command)
    assert (seen.exit_code, "2 passed" in seen.output) == (0, True)


@pytest.mark.parametrize(
    ("command", "is_session"),
    [
        ("pytest api/tests/ -v", True),
        ("py.test", True),
        ("python -m pytest", True),
        ("python3.11 -W error -X dev -m pytest -q", True),
        ("python -mpytest", True),
        ("cd api && pytest", True),
        ("uv run pytest", True),
        ("uv run --with httpx --extra dev pytest -q", True),
        ("uv run --directory api -m pytest", True),
        ("uvx pytest", True),
        ("poetry run pytest", True),
        ("poetry -C api run python -m pytest", True),
        ("hatch run test:pytest", True),
        ("coverage run --source api -m pytest", True),
        ("python -m coverage run -m pytest", True),
        ("env -u HOME X=1 pytest", True),
        ("X=1 Y=2 pytest", True),
        (".venv/bin/pytest", True),
        ('"$VENV/bin/pytest" tests', True),
        ("python .venv/bin/pytest", True),
        ("pytest | tail", True),
        ("timeout 5 pytest", True),
        ("timeout -k 1 5 pytest", True),
        ("nice -n 5 time pytest", True),
        ("sh -c 'cd api && pytest'", True),
        ("bash -euo pipefail -c 'pytest | tail'", True),
        ("if pytest; then echo ok; fi", True),
        ("(cd api; pytest) 2>&1 >log", True),
        ("ruff check .\npytest", True),
        ("pytest --version && pytest", True),
        ("pip install pytest", False),
        ("python -m pip install pytest", False),
        ("uv add pytest", False),
        ("uv run --with pytest python x.py", False),
        ("echo pytest", False),
        ("ruff check tests/pytest_x", False),
        ("which pytest", False),
        ("command -v pytest", False),
        ("pytest --version", False),
        ("python -m pytest --help", False),
        ("python -c 'import pytest'", False),
        ("python pytest_x.py", False),
        ("docker compose exec api pytest", False),
        ("grep pytest pyproject.toml", False),
        ("pytest 'unbalanced", False),
        ("", False),
    ],
)
def test_which_commands_start_a_session(command: str, is_session: bool) -> None:
    assert understood.mentions_pytest(command) is is_session


def test_the_environment_only_grows() -> None:
    folder = Path("/evidence")
    added = understood.environment(folder, {"PYTHONPATH": "a:b", "PYTEST_PLUGINS": "mine", "HOME": "/h"})
    assert added["PYTHONPATH"].startswith("a:b:")
    assert added["PYTEST_PLUGINS"] == "mine,skillgate_evidence"
    assert set(added) == {"PYTHONPATH", "PYTEST_PLUGINS", "SKILLGATE_EVIDENCE"}
    assert Path(understood.environment(folder, {})["PYTHONPATH"], "skillgate_evidence.py").is_file()


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("pytest -k 'PYTHONPATH=x'", "pytest -k 'PYTHONPATH=x'"),
        ("PYTHONPATH= pytest", "PYTHONPATH={plugin} pytest"),
        ("PYTHONPATH=. pytest", "PYTHONPATH=.:{plugin} pytest"),
        ('PYTHONPATH="$PWD/my src":b; pytest', 'PYTHONPATH="$PWD/my src":b:{plugin}; pytest'),
        ("export PYTHONPATH=a&&pytest", "export PYTHONPATH=a:{plugin}&&pytest"),
        ("env PYTEST_PLUGINS=x pytest", "env PYTEST_PLUGINS=x,skillgate_evidence pytest"),
    ],
)
def test_a_command_that_sets_the_path_keeps_the_plugin(command: str, kept: str) -> None:
    plugin = understood.environment(Path("/e"), {})["PYTHONPATH"]
    assert understood.keep_plugin_reachable(command) == kept.format(plugin=plugin)


def test_a_python_without_pytest_is_told_to_the_person(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "v")], check=True)
    python = tmp_path / "v" / "bin" / "python"
    empty = {"PATH": f"{python.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    for command in ("python -m pytest", "coverage run -m pytest", ".venv/bin/pytest"):
        assert "pytest is not installed" in (understood.missing_pytest(command, python, empty) or ""), command
    assert understood.missing_pytest("uv run pytest", python, empty) is None
    here = {"PATH": str(Path(sys.executable).parent)}
    for command in ("pytest", "python -m pytest"):
        assert understood.missing_pytest(command, Path(sys.executable), here) is None


def test_the_evidence_stays_small(watch: Any) -> None:
    text = "import pytest\n@pytest.mark.parametrize('n', range(400))\ndef test_n(n): pass\n"
    seen = watch({"test_a.py": text}, "pytest -q")
    assert (seen.found.failure, seen.found.evidence["passed"]) == (None, 400)
    assert sum(path.stat().st_size for path in seen.folder.iterdir()) < 10_000
