"""What mypy says is taken over only where it matters to Temporal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from checks.model import CheckContext, CheckResult
from checks.temporal.check import check
from checks.temporal.mypy_run import LIMIT

FLOW = """from datetime import timedelta
from temporalio import activity, workflow

@activity.defn
async def remind(days: int) -> None: ...

@workflow.defn
class Hiring:
    @workflow.run
    async def run(self, key: str) -> None:
        count: int = "noise"
        {statement}
"""


def judge(root: Path, statement: str, python: str = sys.executable, **environment: str) -> CheckResult:
    (root / "flow.py").write_text(FLOW.format(statement=statement), encoding="utf-8")
    return check(CheckContext(root, Path(python), 2, (), {**os.environ, LIMIT: "100", **environment}))


def rules(result: CheckResult) -> list[tuple[str, int | None]]:
    return [(each.rule, each.line) for each in result.diagnostics]


def call(argument: str) -> str:
    return f"await workflow.execute_activity(remind, {argument}, start_to_close_timeout=timedelta(seconds=1))"


def test_noise_is_not_ours(tmp_path: Path) -> None:
    result = judge(tmp_path, call("3"))
    assert (rules(result), result.evidence["types"]) == ([], "mypy")


def test_a_doubtful_argument_is_a_warning(tmp_path: Path) -> None:
    result = judge(tmp_path, call("key"))
    assert rules(result) == [("temporal.doubtful-type", 12)]
    assert not result.has_errors()


def test_a_rule_of_ours_says_it_once(tmp_path: Path) -> None:
    assert rules(judge(tmp_path, call("'three'"))) == [("temporal.wrong-type", 12)]


def test_without_mypy_types_are_not_judged(tmp_path: Path) -> None:
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    (place,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    for name in ("temporalio", "google", "typing_extensions.py", "nexusrpc"):
        (place / name).symlink_to(Path(packages, name))
    root = tmp_path / "project"
    root.mkdir()
    result = judge(root, call("key"), str(tmp_path / "env" / "bin" / "python"))
    assert (rules(result), result.blocked) == ([], None)
    assert result.evidence["types"] == "not judged (no mypy)"


def test_what_mypy_learnt_is_kept_and_nothing_is_written_into_the_project(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    for _ in range(2):
        assert rules(judge(root, call("key"), SKILLGATE_HOME=str(tmp_path / "home"))) == [
            ("temporal.doubtful-type", 12)
        ]
    assert len(list((tmp_path / "home" / "mypy").iterdir())) == 1
    assert [path.name for path in root.iterdir()] == ["flow.py"]


def test_a_home_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    root = tmp_path / "project"
    root.mkdir()
    result = judge(root, call("key"), SKILLGATE_HOME=str(tmp_path / "home"))
    assert result.evidence["types"] == "mypy"


def test_a_limit_that_is_passed_is_said(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    root = tmp_path / "project"
    root.mkdir()
    result = judge(root, call("3"), SKILLGATE_HOME=home, SKILLGATE_TYPES_LIMIT_S="0.05")
    assert (rules(result), result.blocked) == ([], None)
    assert str(result.evidence["types"]).startswith("not judged (mypy took over")
