"""Finds recorded histories below `tests/histories/<WorkflowType>/`, and the workflows that they are of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Project, Workflow

_HISTORY = Rule(
    id="temporal.history",
    severity=Severity.ERROR,
    title="a file below tests/histories that cannot be replayed",
    why="It is there to prove that running workflows survive new code, and proves nothing.",
    wrong="tests/histories/Hiring/booked.json  # of a workflow that is called HiringProcess now\n",
    right="skillgate check temporal --record hiring-42 --address 127.0.0.1:7233\n",
)
RULES = (_HISTORY,)

FOLDER = "histories"


@dataclass(frozen=True, slots=True)
class History:
    """One recorded history, and the workflow that it is of."""

    file: str
    workflow: Workflow


@dataclass(slots=True)
class Replays:
    """The histories of a project: those to replay, and what is wrong with the others."""

    histories: list[History]
    found: list[Diagnostic]
    blocked: list[str]
    unknown_converter: bool = False


def find_histories(project: Project) -> Replays:
    """Everything below `tests/histories/<WorkflowType>/`."""
    replays = Replays([], [], [])
    for path in _files(project):
        file = path.relative_to(project.root).as_posix()
        try:
            name = _type_of(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError, KeyError, IndexError, TypeError) as error:
            replays.found.append(_unreadable(file, error))
            continue
        workflow = _workflow_named(name, file, project)
        if workflow is not None:
            replays.histories.append(History(file, workflow))
        elif project.modules:
            replays.found.append(_unknown(file, name, project))
    return replays


def _files(project: Project) -> Iterator[Path]:
    folders = {"tests"}
    for file in project.names.sources.files:
        before, tests, _ = f"/{file}".partition("/tests/")
        if tests:
            folders.add(f"{before}/tests".lstrip("/"))
    for folder in sorted(folders):
        yield from sorted((project.root / folder / FOLDER).glob("*/*.json"))


def _type_of(history: Mapping[str, Any]) -> str:
    return str(history["events"][0]["workflowExecutionStartedEventAttributes"]["workflowType"]["name"])


def _workflow_named(name: str, file: str, project: Project) -> Workflow | None:
    """The workflow of that type; of several the one nearest to the history."""
    same = [each for each in project.workflows if each.name == name and not each.module.in_tests]
    return max(same, key=lambda each: _shared(each.module.file, file), default=None)


def _shared(one: str, other: str) -> int:
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for left, right in pairs if left == right)


def _unreadable(file: str, error: Exception) -> Diagnostic:
    reason = (
        str(error) if isinstance(error, (ValueError, OSError)) else "it does not begin with the start of a workflow"
    )
    line = error.lineno if isinstance(error, json.JSONDecodeError) else None
    hint = "record it anew: `skillgate check temporal --record WORKFLOW_ID --address HOST:PORT`"
    return Diagnostic(_HISTORY.id, _HISTORY.severity, f"is no history of a workflow: {reason}", file, line, None, hint)


def _unknown(file: str, name: str, project: Project) -> Diagnostic:
    known = sorted({each.name for each in project.workflows if each.name is not None and not each.module.in_tests})
    hint = f"defined: {', '.join(f'`{each}`' for each in known)}; keep the type with `@workflow.defn(name={name!r})`"
    message = f"is a history of `{name}`, and no workflow of that name is defined"
    return Diagnostic(_HISTORY.id, _HISTORY.severity, message, file, None, None, hint)
