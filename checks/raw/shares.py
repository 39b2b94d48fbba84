"""Many workflows judged on several cores: each further core takes a share in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from checks.model import CheckContext, Diagnostic
from checks.process import Command, Supervisor

WORTH_A_PROCESS = 150
"""Fewer workflows than this are judged before another process has started."""
_LIMIT_S = 600.0
_PROGRAM = "import sys; from checks.raw.shares import judge_as_told; judge_as_told(sys.argv[1])"


class Judged(NamedTuple):
    """What was found in a share of the workflows, and how much was looked at; `tools` are names."""

    workflows: int = 0
    steps: int = 0
    tools: frozenset[str] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Plain data for a file."""
        found = [each.as_json() for each in self.diagnostics]
        return {"workflows": self.workflows, "steps": self.steps, "tools": sorted(self.tools), "diagnostics": found}


JudgeFolders = Callable[[Path, Sequence[Path]], Judged]


def judge_side_by_side(context: CheckContext, folders: Sequence[Path], judge: JudgeFolders) -> Judged:
    """All folders judged, in their order: the first share here, the others beside it."""
    parts = max(1, min(context.jobs, len(folders) // WORTH_A_PROCESS))
    if parts == 1:
        return judge(context.root, folders)
    size = -(-len(folders) // parts)
    shares = [folders[start : start + size] for start in range(0, len(folders), size)]
    with tempfile.TemporaryDirectory(prefix="skillgate-raw-") as scratch, Supervisor() as supervisor:
        tasks = [Path(scratch) / f"{number}.json" for number in range(1, len(shares))]
        for task, share in zip(tasks, shares[1:], strict=True):
            _start(supervisor, task, context, share)
        judged = [judge(context.root, shares[0])]
        while supervisor.running():
            supervisor.wait()
        judged += [_read(task) or judge(context.root, share) for task, share in zip(tasks, shares[1:], strict=True)]
    return _sum(judged)


def _start(supervisor: Supervisor, task: Path, context: CheckContext, share: Sequence[Path]) -> None:
    task.write_text(json.dumps({"root": str(context.root), "folders": [str(folder) for folder in share]}))
    argv = (sys.executable, "-I", "-c", _PROGRAM, str(task))
    supervisor.start(task.name, Command(argv, context.root, dict(os.environ), _LIMIT_S))


def judge_as_told(task: str) -> None:
    """The other process: read its share from the file, and leave what was found beside it."""
    from checks.raw.validate import judge_folders

    told = json.loads(Path(task).read_text())
    judged = judge_folders(Path(told["root"]), [Path(folder) for folder in told["folders"]])
    beside = Path(f"{task}.part")
    beside.write_text(json.dumps(judged.as_data()))
    beside.replace(f"{task}.judged")


def _read(task: Path) -> Judged | None:
    """None where the other process did not come to its end; its share is then judged here."""
    try:
        data = json.loads(Path(f"{task}.judged").read_text())
    except (OSError, ValueError):
        return None
    found = tuple(Diagnostic.from_json(each) for each in data["diagnostics"])
    return Judged(data["workflows"], data["steps"], frozenset(data["tools"]), found)


def _sum(parts: Sequence[Judged]) -> Judged:
    return Judged(
        sum(part.workflows for part in parts),
        sum(part.steps for part in parts),
        frozenset().union(*(part.tools for part in parts)),
        tuple(found for part in parts for found in part.diagnostics),
    )
