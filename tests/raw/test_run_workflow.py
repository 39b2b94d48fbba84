"""`skillgate raw run`: finds the workflow, forwards everything, keeps the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import checks
from checks.raw import launcher
from checks.raw.run_workflow import WorkflowError, embedded_path, find_one, prepare

RUN = """
import os, sys
from pydantic import BaseModel
from raw_runtime import BaseWorkflow, step
from tools.greet import hello
class Params(BaseModel):
    name: str
    status: int = 0
class Greet(BaseWorkflow[Params]):
    @step("greet")
    def greet(self):
        return hello(self.params.name)
    def run(self) -> int:
        self.save("greeting.txt", self.greet() + sys.stdin.read())
        return self.params.status
if __name__ == "__main__":
    Greet.main()
"""
DRIVER = """
import os, sys
from pathlib import Path
from checks.raw.run_workflow import run_workflow
root, wanted, dry, *arguments = sys.argv[1:]
run_workflow(Path(root), wanted, bool(dry), arguments, Path(sys.executable), dict(os.environ))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my prøject" / ".raw" / "workflows" / "20260101-greet-abc123"
    folder.mkdir(parents=True)
    (folder / "run.py").write_text(RUN)
    (folder / "dry_run.py").write_text("import os, sys\nprint(os.getcwd(), sys.argv[1:], sys.path[0])\nsys.exit(4)\n")
    tools = tmp_path / "my prøject" / "tools" / "greet"
    tools.mkdir(parents=True)
    (tools / "__init__.py").write_text("def hello(name):\n    return f'hello {name}'\n")
    return tmp_path / "my prøject"


def run(
    project: Path, wanted: str, *arguments: str, dry: bool = False, **more: str
) -> subprocess.CompletedProcess[str]:
    source = str(Path(checks.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", DRIVER, str(project), wanted, "dry" if dry else "", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, **more)


def workflow(project: Path) -> Path:
    return project / ".raw/workflows/20260101-greet-abc123"


def test_forwards_arguments_input_and_status(project: Path) -> None:
    done = run(project, "greet", "--name", "Bob", "--status", "9", input=" and you")
    assert done.returncode == 9, done.stderr
    (folder,) = (workflow(project) / "runs").iterdir()
    assert (folder / "results/greeting.txt").read_text() == "hello Bob and you"
    assert "Starting workflow: Greet" in (folder / "output.log").read_text()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["workflow_id"] == "20260101-greet-abc123"
    assert (manifest["run_id"], manifest["status"], manifest["exit_code"]) == (folder.name, "failed", 9)
    assert manifest["args"] == ["--name", "Bob", "--status", "9"]
    assert [one["name"] for one in manifest["steps"]] == ["greet"]
    assert not list(workflow(project).glob("results"))


def test_two_runs_at_once_have_folders_of_their_own(project: Path) -> None:
    launches = [prepare(project, "greet", False, [], Path(sys.executable), dict(os.environ)) for _ in range(3)]
    assert len({launch.cwd for launch in launches}) == 3


def test_dry_runs_in_the_workflows_folder(project: Path) -> None:
    done = run(project, "greet", "--quick", dry=True)
    folder = workflow(project)
    assert (done.returncode, done.stdout) == (4, f"{folder} ['--quick'] {folder}\n")
    assert not (folder / "runs").exists()


def test_the_installed_runtime_comes_first(project: Path) -> None:
    (project / "raw_runtime.py").write_text(
        "__version__ = '1'\nclass BaseWorkflow:\n    def __class_getitem__(cls, _): return cls\n"
        "    @classmethod\n    def main(cls): raise SystemExit('the real one')\n"
        "def step(name): return lambda function: function\n"
    )
    done = run(project, "greet", "--name", "Bob")
    assert (done.returncode, done.stderr) == (1, "the real one\n")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("gret", "no workflow `gret`; did you mean `20260101-greet-abc123`?"),
        ("zzz", "no workflow `zzz`; there are `20260101-greet-abc123`, `20260102-part-abc124`"),
        ("abc12", "`abc12` is a part of more than one workflow's id: `20260101-greet-abc123`, `20260102-part-abc124`"),
    ],
)
def test_says_which_workflow(project: Path, wanted: str, message: str) -> None:
    other = workflow(project).with_name("20260102-part-abc124")
    other.mkdir()
    (other / "config.yaml").write_text("id: x\n")
    with pytest.raises(WorkflowError) as caught:
        find_one(project, wanted)
    assert str(caught.value) == message


def test_an_exact_id_is_no_ambiguity(project: Path) -> None:
    longer = workflow(project).with_name("20260101-greet-abc123-2")
    longer.mkdir()
    (longer / "config.yaml").write_text("id: x\n")
    assert find_one(project, "20260101-greet-abc123") == workflow(project)
    with pytest.raises(WorkflowError, match=r"has no run\.py"):
        prepare(project, "abc123-2", False, [], Path(sys.executable), {})


def test_nothing_to_run(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="there is none below"):
        find_one(tmp_path, "x")
    assert (embedded_path() / "raw_runtime.py").is_file()


def launch(folder: Path, text: str, limit: str = "", *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "run.py").write_text(text)
    command = [sys.executable, str(launcher.__file__), str(folder / "run.py"), "w", str(folder), limit, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder)


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("def f(:", 1, "SyntaxError: invalid syntax\n"),
        ("raise SystemExit('text')", 1, "text\n"),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(300)", 44, ""),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt\n"),
        ("import __main__, sys; assert vars(__main__) is globals() and sys.modules['__main__'] is __main__", 0, ""),
    ],
)
def test_a_script_ends_as_under_python(tmp_path: Path, text: str, status: int, error: str) -> None:
    done = launch(tmp_path, text)
    assert done.returncode == status
    assert done.stderr.endswith(error)
    assert "launcher.py" not in done.stderr
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert (manifest["exit_code"], manifest["status"]) == (status, "success" if status == 0 else "failed")


def test_the_limit_ends_a_busy_script(tmp_path: Path) -> None:
    done = launch(tmp_path, "while True: pass", "0.3")
    assert (done.returncode, done.stderr) == (124, "skillgate: run.py timed out (0.3 s)\n")
