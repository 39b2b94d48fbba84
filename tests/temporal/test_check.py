"""The whole check on small projects, in a Python that has the SDK, and in one that has not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checks.model import CheckContext, CheckResult
from checks.temporal import sandbox
from checks.temporal.check import check

HIRING = """from temporalio import workflow
{top}
@workflow.defn
class Hiring:
    @workflow.run
    async def run(self) -> None: ...
"""


def judge(root: Path, *arguments: str, python: str = sys.executable, **files: str) -> CheckResult:
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return check(CheckContext(root, Path(python), 1, arguments, dict(os.environ)))


def rules(result: CheckResult) -> list[tuple[str, str | None, int | None]]:
    return [(each.rule, each.file, each.line) for each in result.diagnostics]


def test_evidence(tmp_path: Path) -> None:
    result = judge(tmp_path, hiring=HIRING.format(top=""))
    assert result.blocked is None and result.diagnostics == ()
    counts = {name: result.evidence[name] for name in ("workflows", "activities", "workers", "sandboxed")}
    assert counts == {"workflows": 1, "activities": 0, "workers": 0, "sandboxed": 1}
    assert str(result.evidence["sdk"]).startswith("1.")


def test_no_temporal_code_is_no_evidence(tmp_path: Path) -> None:
    result = judge(tmp_path, main="print('hello')\n")
    assert (result.evidence["workflows"], result.diagnostics, result.blocked) == (0, (), None)


def test_paths_restrict_the_verdict(tmp_path: Path) -> None:
    broken = HIRING.format(top="") + "        await workflow.sleep_until(1)\n"
    files = {"good__hiring": HIRING.format(top=""), "bad__hiring": broken.replace(": ...", ":")}
    assert rules(judge(tmp_path, **files)) == [("temporal.unknown-attribute", "bad/hiring.py", 7)]
    good = judge(tmp_path, "good")
    assert (rules(good), good.evidence["workflows"], good.evidence["sandboxed"]) == ([], 1, 1)
    assert rules(judge(tmp_path, "bad/hiring.py")) == [("temporal.unknown-attribute", "bad/hiring.py", 7)]
    assert "`nowhere`" in str(judge(tmp_path, "nowhere").blocked)


def test_sandbox_failure_names_the_chain_and_the_block(tmp_path: Path) -> None:
    signing = "import urllib.request\nclass Signed(urllib.request.Request): ...\n"
    result = judge(tmp_path, signing=signing, middle="import signing\n", hiring=HIRING.format(top="import middle"))
    (found,) = result.diagnostics
    assert "hiring.py:2 `import middle` -> middle.py:1 `import signing` -> signing.py:2" in found.message
    assert found.hint == "write in hiring.py:2\nwith workflow.unsafe.imports_passed_through():\n    import middle"


def test_one_cause_is_one_finding(tmp_path: Path) -> None:
    second = "@workflow.defn\nclass Second:\n    @workflow.run\n    async def run(self) -> None: ...\n"
    signing = "import urllib.request\nclass Signed(urllib.request.Request): ...\n"
    result = judge(tmp_path, signing=signing, hiring=HIRING.format(top="import signing") + second)
    assert rules(result) == [("temporal.sandbox", "signing.py", 2)]


def test_no_sdk_still_judges_what_can_be_read(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    root = tmp_path / "project"
    root.mkdir()
    text = "from temporalio import workflow\n@workflow.defn\nclass W:\n    async def run(self): ...\n"
    result = judge(root, python=str(tmp_path / "bare" / "bin" / "python"), hiring=text)
    assert rules(result) == [("temporal.no-run-method", "hiring.py", 3)]
    assert "no `temporalio`" in str(result.blocked) and "--sync" in str(result.blocked)
    assert result.evidence["sdk"] == "none"


def test_a_missing_package_is_no_fault_of_the_code(tmp_path: Path) -> None:
    result = judge(tmp_path, hiring=HIRING.format(top="import not_installed_anywhere"))
    assert result.diagnostics == ()
    assert "`not_installed_anywhere`" in str(result.blocked) and "--sync" in str(result.blocked)


def test_a_package_that_refuses_in_an_environment_of_others_is_no_fault_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picky = tmp_path / "site-packages" / "picky.py"
    picky.parent.mkdir()
    picky.write_text("raise ImportError('picky needs greenlet')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(picky.parent))
    root = tmp_path / "project"
    root.mkdir()
    result = judge(root, hiring=HIRING.format(top="import picky"))
    assert result.diagnostics == ()
    assert "`picky`" in str(result.blocked) and "picky needs greenlet" in str(result.blocked)
    own = root / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.symlink_to(sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(picky.parent), *sys.path[1:]]))
    assert rules(judge(root, python=str(own), hiring=HIRING.format(top="import picky"))) == [
        ("temporal.import", "hiring.py", 2)
    ]


def test_a_missing_file_of_the_project_is_one(tmp_path: Path) -> None:
    result = judge(tmp_path, flows__hiring=HIRING.format(top="from flows.acts import x"), other="")
    assert (rules(result), result.blocked) == ([("temporal.import", "flows/hiring.py", 2)], None)


def test_a_folder_that_only_an_installation_puts_on_the_path_is_said(tmp_path: Path) -> None:
    files = {"libs__shared__models": "", "service__hiring": HIRING.format(top="import shared.models")}
    result = judge(tmp_path, **files)
    assert result.diagnostics == ()
    assert "`PYTHONPATH=libs`" in str(result.blocked)


def test_an_absent_environment_variable_is_said(tmp_path: Path) -> None:
    result = judge(tmp_path, hiring=HIRING.format(top="import os\nURL = os.environ['NOT_SET_FOR_THIS_TEST']"))
    assert result.diagnostics == ()
    assert "`NOT_SET_FOR_THIS_TEST`" in str(result.blocked)


def test_an_import_that_hangs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MODULE_LIMIT_S", 0.5)
    files = {"slow": "import threading\nthreading.Event().wait()\n", "hiring": HIRING.format(top="import slow")}
    started = time.monotonic()
    result = judge(tmp_path, **files, other=HIRING.format(top=""))
    assert rules(result) == [("temporal.import", "slow.py", 2)]
    assert result.evidence["sandboxed"] == 1
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "end", ["import sys\nsys.exit(3)", "import os\nos._exit(0)", "import os\nos.kill(os.getpid(), 9)"]
)
def test_an_import_that_ends_the_process_is_named_and_the_rest_is_judged(end: str, tmp_path: Path) -> None:
    result = judge(tmp_path, a=HIRING.format(top=""), b=HIRING.format(top=end), c=HIRING.format(top=""))
    assert [(rule, file) for rule, file, _ in rules(result)] == [("temporal.import", "b.py")]
    assert (result.evidence["sandboxed"], result.blocked) == (2, None)


def test_a_python_that_does_not_start_is_said(tmp_path: Path) -> None:
    result = judge(tmp_path, python=str(tmp_path / "nothing"), hiring=HIRING.format(top=""))
    assert result.blocked is not None and "nothing" in result.blocked


def test_nothing_is_written_into_the_project(tmp_path: Path) -> None:
    judge(tmp_path, acts="", hiring=HIRING.format(top="import acts\nprint('noise')"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["acts.py", "hiring.py"]


def test_tests_of_the_project_are_left_to_pytest(tmp_path: Path) -> None:
    broken = "from temporalio import workflow\n@workflow.defn\nclass W: ...\n"
    result = judge(tmp_path, tests__test_flows=broken, hiring=HIRING.format(top=""))
    assert (rules(result), result.evidence["workflows"]) == ([], 1)


def test_a_module_of_ours_never_shadows_theirs(tmp_path: Path) -> None:
    result = judge(tmp_path, model="THEIRS = 1\n", hiring=HIRING.format(top="from model import THEIRS"))
    assert rules(result) == []


def test_many_modules_are_loaded_by_several_processes(tmp_path: Path) -> None:
    flows = {f"flow{n}": HIRING.format(top="").replace("Hiring", f"Flow{n}") for n in range(85)}
    for name, text in {**flows, "broken": HIRING.format(top="import os\nos._exit(3)")}.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    result = check(CheckContext(tmp_path, Path(sys.executable), 2, (), dict(os.environ)))
    assert [(rule, file) for rule, file, _ in rules(result)] == [("temporal.import", "broken.py")]
    assert (result.evidence["sandboxed"], result.blocked) == (85, None)
