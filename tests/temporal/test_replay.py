"""Histories are replayed for real, under two hash seeds; a history is recorded from a real server."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from support.program import ROOT
from support.servers import free_port, temporal
from temporalio.client import Client
from temporalio.worker import Worker

from checks.check import run_check
from checks.model import CheckContext, CheckResult
from checks.temporal.check import check
from checks.temporal.record import NotRecorded, record

CASE = ROOT / "fixtures" / "cases" / "temporal" / "history" / "good"
HIRING = ROOT / "fixtures" / "hiring-process"
FIRST = "        await workflow.execute_activity(invite, "
SECOND = "        await workflow.execute_activity(note, "


def context(root: Path) -> CheckContext:
    return CheckContext(root, Path(sys.executable), 2, (), dict(os.environ))


def judge(root: Path, old: str = "", new: str = "") -> CheckResult:
    shutil.copytree(CASE, root)
    source = root / "hiring.py"
    text = source.read_text(encoding="utf-8")
    assert old in text
    source.write_text(text.replace(old, new, 1), encoding="utf-8")
    return check(context(root))


def told(result: CheckResult) -> list[tuple[str, str | None, int | None]]:
    return [(each.rule, each.file, each.line) for each in result.diagnostics]


def test_the_recorded_order_is_kept(tmp_path: Path) -> None:
    result = judge(tmp_path / "project")
    assert (told(result), result.blocked, result.evidence["histories"]) == ([], None, 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("(invite, candidate_id", "(note, candidate_id", 18, ("event 5", "`invite`", "`note`")),
        ("timedelta(seconds=1))\n", "timedelta(seconds=1))\n        raise ValueError('no')\n", 21, ("raises `no`",)),
        (
            "        await workflow.sleep(timedelta(seconds=1))\n",
            "",
            15,
            ("TIMER_STARTED", "complete_workflow_execution"),
        ),
        (
            '        return "invited"',
            "        await workflow.wait_condition(lambda: False)",
            14,
            ("WORKFLOW_EXECUTION_COMPLETED", "does nothing"),
        ),
    ],
)
def test_what_parts_from_the_history_is_named(
    old: str, new: str, line: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    result = judge(tmp_path / "project", old, new)
    (found,) = [each for each in result.diagnostics if each.rule == "temporal.replay"]
    assert all(word in found.message for word in words), found.message
    assert found.file == "hiring.py"
    assert found.line is not None and abs(found.line - line) <= 6


def test_an_order_that_hashing_decides_is_found(tmp_path: Path) -> None:
    many = "".join(f"'step{n}'," for n in range(20))
    text = f"next(iter({{'invite',{many}}}))"
    result = judge(tmp_path / "project", "(invite, candidate_id", f"({text}, candidate_id")
    (found,) = [each for each in result.diagnostics if each.rule == "temporal.replay"]
    assert "ACTIVITY_TASK_SCHEDULED `invite`" in found.message


def test_the_hiring_process_with_two_steps_in_another_order(tmp_path: Path) -> None:
    root = tmp_path / "hiring"
    shutil.copytree(HIRING, root, ignore=shutil.ignore_patterns(".*cache", ".venv", "__pycache__", ".skillgate"))
    source = root / "workflows" / "temporal" / "hiring_process.py"
    text = source.read_text(encoding="utf-8")
    first = '        await self._send(candidate_id, "invitation")\n'
    second = "        await self._enter(candidate_id, Status.INVITED)\n"
    assert first + second in text
    source.write_text(text.replace(first + second, second + first), encoding="utf-8")
    found = [each for each in check(context(root)).diagnostics if each.rule == "temporal.replay"]
    assert len(found) == 2
    assert all(each.file == "workflows/temporal/hiring_process.py" for each in found)
    assert all("`send_letter`" in each.message and "`record_status`" in each.message for each in found)


def test_a_module_that_cannot_be_loaded_is_no_verdict(tmp_path: Path) -> None:
    result = judge(tmp_path / "project", "from datetime", "import not_installed_anywhere\nfrom datetime")
    assert result.evidence["histories"] == 0
    assert "tests/histories/Hiring/invited.json" in str(result.blocked)


def test_a_recorded_history_replays(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(CASE, root, ignore=shutil.ignore_patterns("tests"))
    sys.path.insert(0, str(root))
    try:
        with temporal(tmp_path) as address:
            asyncio.run(asyncio.wait_for(_run_one(address), 60))
            path = record(context(root), "hiring/ada", address)
            with pytest.raises(NotRecorded, match="`hiring/nobody`"):
                record(context(root), "hiring/nobody", address)
    finally:
        sys.path.remove(str(root))
        sys.modules.pop("hiring", None)
    assert path == root / "tests" / "histories" / "Hiring" / "hiring_ada.json"
    result = check(context(root))
    assert (told(result), result.evidence["histories"]) == ([], 1)


async def _run_one(address: str) -> None:
    import hiring  # type: ignore[import-not-found]  # of the project under test

    client = await Client.connect(address)
    activities = [hiring.invite, hiring.note]
    async with Worker(client, task_queue="hiring", workflows=[hiring.Hiring], activities=activities):
        options = {"id": "hiring/ada", "task_queue": "hiring", "run_timeout": timedelta(seconds=50)}
        assert await client.execute_workflow(hiring.Hiring.run, "ada", **options) == "invited"


def test_no_server_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotRecorded, match="could not be had from"):
        record(context(tmp_path), "hiring-ada", f"127.0.0.1:{free_port()}")


def test_only_the_check_of_temporal_records(tmp_path: Path) -> None:
    out, trouble = io.StringIO(), io.StringIO()
    options = {"arguments": (), "python": sys.executable, "jobs": 1, "format": "text", "environment": {}}
    assert run_check("raw", tmp_path, **options, out=out, trouble=trouble, record="hiring-ada") == 2
    assert "`--record` belongs to `check temporal`" in trouble.getvalue()
    address = f"127.0.0.1:{free_port()}"
    options["environment"] = dict(os.environ)
    ended = run_check("temporal", tmp_path, **options, out=out, trouble=trouble, record="hiring-ada", address=address)
    assert (ended, out.getvalue()) == (3, "")
    assert f"`hiring-ada` could not be had from `{address}`" in trouble.getvalue()
