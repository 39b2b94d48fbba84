"""The plug-in under every generation of pytest, and what a user of it must never notice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.understood import pytest as understood

VERSIONS = ("7.0.1", "7.4.4", "8.4.2")
HERE = "installed"
LAST_LINE = re.compile(rb"^=*( ?\d+ .*) in \d+\.\d+s( ?)=*$", re.MULTILINE)

PROJECT = {
    "tests/test_a.py": """\
import warnings
import pytest

def test_good(): pass

def test_bad():
    number = 1
    assert number == 2

@pytest.fixture
def broken():
    raise RuntimeError("no database")

def test_error(broken): pass

@pytest.mark.skip(reason="later")
def test_skipped(): pass

@pytest.mark.xfail
def test_known(): assert 0

@pytest.mark.parametrize("number", [1, 2])
def test_many(number): warnings.warn("old")
""",
    "tests/test_b.py": "import nothere_x\n",
}
GOOD = {"tests/test_a.py": "def test_one(): pass\ndef test_two(): pass\n"}


@dataclass(frozen=True)
class Pytest:
    """One pytest, installed by itself in a folder; None: the one that runs these tests."""

    version: str
    folder: Path | None

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON", "SKILLG"))
        }
        own = {"PYTHONPATH": str(self.folder)} if self.folder else {}
        return {**kept, **own, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}


@pytest.fixture(scope="session", params=[*VERSIONS, HERE])
def one_pytest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pytest:
    version: str = request.param
    if version == HERE:
        return Pytest(pytest.__version__, None)
    folder = tmp_path_factory.mktemp("pytest") / version
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    subprocess.run([*install, f"pytest=={version}"], check=True, capture_output=True, timeout=120)
    return Pytest(version, folder)


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def start(root: Path, environment: Mapping[str, str], *arguments: str) -> tuple[int, bytes, bytes]:
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, LAST_LINE.sub(rb"\1\2", done.stdout), done.stderr


def watched(one: Pytest, root: Path, folder: Path, *arguments: str, **more: str) -> tuple[Any, Any]:
    folder.mkdir()
    plain = one.environment(**more)
    shown = start(root, {**plain, **understood.environment(folder, plain)}, *arguments)
    return shown, understood.collect(folder, shown[0], root)


def listing(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_the_same_evidence_from_every_version(one_pytest: Pytest, tmp_path: Path) -> None:
    root = write(tmp_path / "project", PROJECT)
    _, found = watched(one_pytest, root, tmp_path / "e", "--continue-on-collection-errors", "-p", "no:cacheprovider")
    assert found.evidence == {
        "tests": 7, "passed": 3, "failed": 1, "skipped": 1, "errors": 1, "xfailed": 1, "uncollected": 1,
        "pytest": one_pytest.version,
    }  # fmt: skip
    places = {(one.rule, one.file, one.line) for one in found.diagnostics if one.file}
    assert places == {
        ("pytest.failed", "tests/test_a.py", 8),
        ("pytest.error", "tests/test_a.py", 12),
        ("pytest.collection", "tests/test_b.py", 1),
    }


def test_nobody_notices_the_plugin(one_pytest: Pytest, tmp_path: Path) -> None:
    """Output, exit status and files are the same with it and without."""
    root = write(tmp_path / "project", {**PROJECT, "tests/test_b.py": "def test_c(): pass\n"})
    start(root, one_pytest.environment())
    before = listing(root)
    for number, arguments in enumerate((["-v"], ["-q", "-rA"], ["--co", "-W", "error"])):
        plain = start(root, one_pytest.environment(), *arguments)
        shown, _ = watched(one_pytest, root, tmp_path / f"evidence-{number}", *arguments)
        assert shown == plain
        assert listing(root) == before


def test_nobody_notices_the_plugin_where_warnings_are_errors(one_pytest: Pytest, tmp_path: Path) -> None:
    root = write(tmp_path / "project", GOOD)
    shown, found = watched(
        one_pytest, root, tmp_path / "evidence", "-W", "error", "-p", "no:terminal", PYTHONWARNINGS="error"
    )
    assert (shown, found.failure) == ((0, b"", b""), None)


def test_a_process_that_ends_in_a_test_is_seen_by_every_version(one_pytest: Pytest, tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"test_a.py": "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\n"})
    shown, found = watched(one_pytest, root, tmp_path / "evidence")
    assert shown[0] == 0
    assert (found.failure or "").startswith(
        "the test session did not finish: the process ended inside `test_a.py::test_b`"
    )


def test_a_wrong_path_is_seen_by_every_version(one_pytest: Pytest, tmp_path: Path) -> None:
    root = write(tmp_path / "project", {**GOOD, "api/conftest.py": "\nimport nothere_x\n"})
    shown, found = watched(one_pytest, root, tmp_path / "path", "test/")
    assert (shown[0], [one.rule for one in found.diagnostics]) == (4, ["pytest.refused"])
    shown, found = watched(one_pytest, root, tmp_path / "conftest", "api")
    assert [(one.rule, one.file, one.line) for one in found.diagnostics] == [
        ("pytest.collection", "api/conftest.py", 2)
    ]


def test_a_hook_that_hides_failures_is_seen_by_every_version(one_pytest: Pytest, tmp_path: Path) -> None:
    hook = (
        "import pytest\n\n@pytest.hookimpl(hookwrapper=True, tryfirst=True)\n"
        "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n    yield\n"
    )
    root = write(tmp_path / "project", {"test_a.py": "def test_a(): assert 0\n", "conftest.py": hook})
    shown, found = watched(one_pytest, root, tmp_path / "evidence")
    assert (shown[0], found.failure) == (0, "a hook turned 1 failure into a pass")
