"""The embedded raw_runtime: names, command line, files and statuses of RAW."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import venv
from datetime import date
from pathlib import Path
from types import ModuleType

import pydantic
import pytest

from checks.raw.runtime import RuntimeMissing, ask_python, embedded_path, runtime_of

SCRIPT = '''
import enum
from datetime import date
from typing import Literal, Optional
from pydantic import BaseModel, Field
from raw_runtime import BaseWorkflow, step

class Mood(enum.Enum):
    CALM = "calm"

class Params(BaseModel):
    """Greets 100% of the people."""
    cv_text: str = Field(..., description="50% of the text")
    count: int = 3
    rate: float = 0.5
    loud: bool = False
    tags: list[str] = []
    when: Optional[date] = None
    size: Literal["s", "m"] = "s"
    mood: Mood = Mood.CALM
    status: int = 0

class Base(BaseWorkflow[Params]):
    pass

class Greet(Base):
    @step("greet")
    def greet(self):
        return self.params.cv_text.upper()
    def run(self) -> int:
        if self.params.cv_text == "boom":
            raise ValueError("no such text")
        self.log("[bold]greets[/] [1] somebody")
        self.save("greeting.txt", self.greet())
        self.save("params.json", self.params)
        return self.params.status

if __name__ == "__main__":
    Greet.main()
'''


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    spec = importlib.util.spec_from_file_location("embedded_runtime", embedded_path() / "raw_runtime.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "embedded_runtime", module)
    spec.loader.exec_module(module)
    return module


def run_script(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "run.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(embedded_path()), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "run.py", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_a_run_maps_its_arguments_and_writes_its_files(tmp_path: Path) -> None:
    words = "--cv-text hi --count 4 --rate 2 --loud --tags a b --when 2026-01-02 --size m --mood calm --status 7"
    done = run_script(tmp_path, *words.split())
    assert done.returncode == 7, done.stderr
    assert "  greets [1] somebody\n  ✓ Saved greeting.txt\n" in done.stdout
    assert (tmp_path / "results/greeting.txt").read_text() == "HI"
    params = json.loads((tmp_path / "results/params.json").read_text())
    assert params == {
        "cv_text": "hi", "count": 4, "rate": 2.0, "loud": True, "tags": ["a", "b"],
        "when": "2026-01-02", "size": "m", "mood": "calm", "status": 7,
    }  # fmt: skip
    assert "] [bold]greets[/] [1] somebody\n" in (tmp_path / "output.log").read_text()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["run"]["status"] == "failed"
    assert manifest["error"] == "Exit code: 7"
    assert [(one["name"], one["status"], one["result"]) for one in manifest["steps"]] == [("greet", "success", "HI")]
    assert [one["path"] for one in manifest["artifacts"]] == ["results/greeting.txt", "results/params.json"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--cv-text", "hi"], 0, "Workflow completed successfully"),
        (["--cv-text", "boom"], 1, "Error: no such text"),
        ([], 1, "required: --cv-text"),
        (["--cv-text", "hi", "--size", "xl"], 1, "Invalid parameters"),
        (["--cv-text", "hi", "--count", "many"], 2, "argument --count: invalid int value: 'many'"),
        (["--cv-text", "hi", "--colour", "red"], 2, "unrecognized arguments: --colour red"),
        (["--help"], 0, "50% of the text"),
    ],
)
def test_exit_status(tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    done = run_script(tmp_path, *arguments)
    assert done.returncode == status
    assert said in done.stdout + done.stderr


class Params(pydantic.BaseModel):
    name: str = "x"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"a": date(2026, 1, 2)}, '{\n  "a": "2026-01-02"\n}'),
        ([1, "ü"], '[\n  1,\n  "\\u00fc"\n]'),
        ("plain ü", "plain ü"),
        (b"bytes", "bytes"),
        (Params(), '{\n  "name": "x"\n}'),
        (7, "7"),
    ],
)
def test_save_formats(runtime: ModuleType, data: object, text: str) -> None:
    path = workflow(runtime).save("out", data)
    assert path == Path("results/out")
    assert path.read_text(encoding="utf-8") == text


def workflow(runtime: ModuleType, **members: object) -> object:
    members.setdefault("run", lambda _self: 0)
    # A generic base is resolved as the class statement would.
    made = type("Made", (runtime.BaseWorkflow,), {"__orig_bases__": (runtime.BaseWorkflow[Params],), **members})
    return made(Params(), logger=runtime.NullLogger())


def test_params_are_found_through_inheritance(runtime: ModuleType) -> None:
    class Parent(runtime.BaseWorkflow[Params]):
        pass

    class Mixed(Parent, runtime.Generic[runtime.ParamsT]):
        pass

    assert Mixed._get_params_class() is Params
    with pytest.raises(TypeError, match="names no pydantic model"):
        type("Bare", (runtime.BaseWorkflow,), {})._get_params_class()


def test_a_workflow_without_run_cannot_be_made(runtime: ModuleType) -> None:
    class NoRun(runtime.BaseWorkflow[Params]):
        pass

    with pytest.raises(TypeError, match="abstract"):
        NoRun(Params())


@pytest.mark.parametrize("backoff", ["exponential", "fixed"])
def test_retry_runs_once_and_retries(runtime: ModuleType, backoff: str) -> None:
    calls: list[int] = []

    @runtime.retry(retries=2, backoff=backoff, retry_on=(OSError,), base_delay=0)
    def fails() -> None:
        calls.append(1)
        raise OSError("down")

    with pytest.raises(OSError, match="down"):
        fails()
    assert len(calls) == 3


def test_retry_leaves_other_exceptions_alone(runtime: ModuleType) -> None:
    @runtime.retry(retries=5, retry_on=(OSError,))
    def fails() -> None:
        raise KeyError("no")

    with pytest.raises(KeyError):
        fails()


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 2), (1, 4), (2, 8), (9, 60)])
def test_exponential_pauses(runtime: ModuleType, attempt: int, seconds: float) -> None:
    assert runtime._pause(attempt, "exponential", 2.0) == seconds
    assert runtime._pause(attempt, "fixed", 2.0) == 2.0


def test_conditional_and_failed_steps_are_recorded(runtime: ModuleType) -> None:
    @runtime.step("outer")
    @runtime.conditional(lambda wanted: wanted, skip_reason="not wanted")
    def perhaps(wanted: bool) -> str:
        raise ValueError("broke")

    with runtime.WorkflowContext("w", "w") as context:
        assert perhaps(False) is None
        with pytest.raises(ValueError, match="broke"):
            perhaps(True)
    assert [(one.name, one.status.value, one.error) for one in context.get_steps()] == [
        ("perhaps", "skipped", "not wanted"),
        ("outer", "success", None),
        ("outer", "failed", "broke"),
    ]
    assert runtime.get_workflow_context() is None


def test_cache_keeps_results_in_the_project(runtime: ModuleType, tmp_path: Path) -> None:
    (tmp_path / ".raw").mkdir()
    (tmp_path / ".raw/config.yaml").write_text("builder: {}\n")
    calls: list[int] = []

    @runtime.cache_step
    def double(number: int) -> dict[str, int]:
        calls.append(number)
        return {"twice": 2 * number}

    with runtime.WorkflowContext("w", "w", workflow_dir=tmp_path) as context:
        assert double(2) == double(2) == {"twice": 4}
        assert double(3) == {"twice": 6}
    assert calls == [2, 3]
    assert [one.cached for one in context.get_steps()] == [True]
    assert len(list((tmp_path / ".raw/cache").glob("*.json"))) == 2
    assert double(2) == {"twice": 4}
    assert calls == [2, 3, 2]


def test_a_step_needs_a_name(runtime: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"write `@step\('fetch'\)`"):

        @runtime.step
        def fetch() -> None: ...


def test_approval_and_webhook(runtime: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["perhaps", "y", "big", "later", ""])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(answers))
    assert runtime.wait_for_approval("Send?") == "approve"
    assert runtime.wait_for_approval("When?", options=["now", "later"]) == "later"
    assert runtime.wait_for_approval("Send?") == "reject"
    runtime.set_approval_handler(runtime.AutoApprovalHandler("now"))
    assert asyncio.run(runtime.wait_for_approval_async("When?", options=["now"])) == "now"
    with pytest.raises(RuntimeError, match="not connected"):
        runtime.wait_for_webhook("paid")


def test_dotenv_fills_what_is_unset(runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("# comment\nSET_BEFORE=no\nFROM_FILE='yes'\nnothing\n")
    monkeypatch.setenv("SET_BEFORE", "kept")
    monkeypatch.delenv("FROM_FILE", raising=False)
    assert runtime.load_dotenv() == {"FROM_FILE": "yes"}
    assert os.environ["SET_BEFORE"] == "kept"
    monkeypatch.delenv("FROM_FILE")


def test_names_that_do_not_exist_and_names_only_raw_has(runtime: ModuleType) -> None:
    for name in ("DryRunContext", "is_dry_run", "dry_run"):
        assert not hasattr(runtime, name)
    with pytest.raises(ImportError, match="install RAW"):
        runtime.agentic  # noqa: B018
    assert runtime.__skillgate_embedded__ is True
    assert all(hasattr(runtime, name) for name in runtime.__all__)


def test_pydantic_1_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "pydantic.py").write_text('VERSION = "1.10.2"\n')
    command = [sys.executable, "-c", "import raw_runtime"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(embedded_path())])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert "raw_runtime needs pydantic 2, and this Python has pydantic `1.10.2`" in done.stderr


def test_asks_a_python_for_the_real_runtime(tmp_path: Path) -> None:
    python = Path(sys.executable)
    assert ask_python(python, tmp_path, dict(os.environ)).describe() == "embedded"
    with_embedded = {**os.environ, "PYTHONPATH": str(embedded_path())}
    assert ask_python(python, tmp_path, with_embedded).embedded
    (tmp_path / "raw_runtime.py").write_text('__version__ = "0.3.1"\nprint("noise")\n')
    assert ask_python(python, tmp_path, dict(os.environ)).describe() == "raw_runtime 0.3.1"
    assert runtime_of(python, tmp_path, dict(os.environ)) == "raw_runtime 0.3.1"
    assert "does not exist" in str(ask_python(tmp_path / "none", tmp_path, {}).problem)
    assert "does not start" in str(ask_python(Path("/bin/false"), tmp_path, {}).problem)


def test_says_that_the_embedded_runtime_needs_pydantic(tmp_path: Path) -> None:
    venv.EnvBuilder(symlinks=True).create(tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    with pytest.raises(RuntimeMissing, match=r"lacks `pydantic`, which every workflow needs: run `.* --sync`"):
        runtime_of(python, tmp_path, dict(os.environ))
