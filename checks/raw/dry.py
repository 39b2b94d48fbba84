"""Runs every workflow's dry run in the project's Python, watched, and says what it exercised."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from checks import process
from checks.model import CheckContext, CheckResult, Diagnostic, Severity
from checks.raw.dry_environment import FLOOR_STEPS, LIMIT, Workspace, dry_environment, scrubbed
from checks.raw.dry_missing import missing_message
from checks.raw.dry_record import read_record
from checks.raw.dry_verdict import DryRun, judge, steps_run
from checks.raw.modules import Modules
from checks.raw.runtime import Runtime, RuntimeMissing, ask_python, runtime_of
from checks.raw.workflows import ParsedWorkflow, find_folders, parse_workflows

__all__ = ["DRY_LIMIT_S", "RuntimeMissing", "check", "runtime_of"]
DRY_LIMIT_S = 60.0
"""What one dry run may take; RAW's own limit. `SKILLGATE_DRY_LIMIT_S` in the environment sets another."""
MOST_BLOCKED_SHOWN = 5


def check(context: CheckContext, limit_s: float | None = None) -> CheckResult:
    """Judges the dry run of every workflow of the project."""
    words = [word for word in context.arguments if not word.startswith("-")]
    try:
        folders = find_folders(context.root, words)
    except OSError as error:
        return CheckResult(
            "dry", {"workflows": 0, "steps": 0}, blocked=f"cannot read `{error.filename}`: {error.strerror}"
        )
    workflows = list(parse_workflows(Modules(context.root), folders))
    runnable = [parsed for parsed in workflows if parsed.workflow.dry_run_py.is_file()]
    missing = [_missing(context.root, parsed) for parsed in workflows if parsed not in runnable]
    runtime = ask_python(context.python, context.root, scrubbed(context.environment)) if runnable else Runtime()
    if runtime.problem:
        return CheckResult("dry", {"workflows": 0, "steps": 0}, tuple(missing), blocked=runtime.problem)
    return _result(
        context, workflows, _run_dry(context, runnable, runtime, limit_s or _limit_s(context)), runtime, missing
    )


def _limit_s(context: CheckContext) -> float:
    try:
        limit_s = float(context.environment.get(LIMIT, ""))
    except ValueError:
        return DRY_LIMIT_S
    return limit_s if 0 < limit_s < float("inf") else DRY_LIMIT_S


def _missing(root: Path, parsed: ParsedWorkflow) -> Diagnostic:
    path = parsed.workflow.dry_run_py
    return Diagnostic(
        "dry.missing",
        Severity.ERROR,
        f"workflow `{parsed.workflow.id}` has no dry_run.py",
        path.relative_to(root).as_posix(),
        hint="write a dry_run.py that drives the steps of run.py with mocks",
    )


def _run_dry(
    context: CheckContext, workflows: Sequence[ParsedWorkflow], runtime: Runtime, limit_s: float
) -> list[DryRun]:
    with tempfile.TemporaryDirectory(prefix="skillgate-dry-", ignore_cleanup_errors=True) as name:
        spaces = [Workspace.create(Path(name, str(number))) for number in range(len(workflows))]
        commands = [
            _command(context, parsed, space, runtime, limit_s) for parsed, space in zip(workflows, spaces, strict=True)
        ]
        outcomes = process.run_all(commands, context.jobs)
        return [
            DryRun(context.root, parsed, outcome, read_record(space.record), space.home, limit_s)
            for parsed, outcome, space in zip(workflows, outcomes, spaces, strict=True)
        ]


def _command(
    context: CheckContext, parsed: ParsedWorkflow, space: Workspace, runtime: Runtime, limit_s: float
) -> process.Command:
    workflow = parsed.workflow
    wanted = frozenset(step.method for step in parsed.steps) or frozenset(["run"])
    environment = dry_environment(
        context.environment, context.root, workflow.folder, space, wanted, embedded=runtime.embedded
    )
    argv = (str(context.python), str(workflow.dry_run_py))
    return process.Command(argv, workflow.folder, environment, limit_s)


def _result(
    context: CheckContext,
    workflows: Sequence[ParsedWorkflow],
    runs: Sequence[DryRun],
    runtime: Runtime,
    missing: Sequence[Diagnostic],
) -> CheckResult:
    lenient = context.environment.get(FLOOR_STEPS) == "0"
    blocked = {run: message for run in runs if (message := missing_message(run, context.python))}
    found = [found for run in runs if run not in blocked for found in judge(run, lenient=lenient)]
    evidence: dict[str, int | str] = {
        "workflows": len(workflows) - len(missing) - len(blocked),
        "steps": sum(len(steps_run(run)) for run in runs),
        "steps_defined": sum(len(parsed.steps) for parsed in workflows),
        "runtime": runtime.describe(),
        "network": "watched",
    }
    return CheckResult("dry", evidence, (*missing, *found), blocked=_together(list(blocked.values())))


def _together(messages: Sequence[str]) -> str | None:
    distinct = list(dict.fromkeys(messages))
    more = len(distinct) - MOST_BLOCKED_SHOWN
    shown = distinct[:MOST_BLOCKED_SHOWN] + ([f"and {more} more"] if more > 0 else [])
    return "; ".join(shown) or None
