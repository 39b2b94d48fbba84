"""Tells a dry run that failed for its own fault from one whose environment lacks what the project declares."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks.hints import run_command
from checks.raw.distributions import BRINGS, Provision
from checks.raw.distributions import judge as judge_module
from checks.raw.dry_verdict import DryRun
from checks.raw.requirements import Requirement, parse_requirement
from checks.raw.script_metadata import ScriptMetadata, read_metadata

OF_EVERY_WORKFLOW = (Requirement("pydantic"), Requirement("rich"))
"""RAW itself brings these along, whatever a script declares."""
OF_RAW = ("raw_ai", "raw_runtime")


def missing_message(run: DryRun, python: Path) -> str | None:
    """Why a dry run could not be judged in this Python, with the command that mends it; None where it could."""
    if not run.record.started:
        return _not_watched(run, python)
    raised = run.record.raised
    if raised is None or run.outcome.exit_code in (0, None):
        return None
    if raised.type == "NotEmbeddedError" or (raised.module or "").partition(".")[0] in OF_RAW:
        return (
            f"{run.name}: {raised.message}; RAW is on no registry: install it into `{python}` from its git repository"
        )
    if raised.module and _is_declared(run, raised.module.partition(".")[0]):
        lacks = f"the project's Python (`{python}`) lacks `{raised.module}`, which {run.name} needs"
        return f"{lacks}: run `{run_command(run.root, '--sync')}`"
    return None


def _not_watched(run: DryRun, python: Path) -> str | None:
    if run.outcome.not_started:
        return run.outcome.not_started
    return f"{run.name}: `{python}` began without the watch: it must not be started with `-I`, `-E` or `-S`"


def _is_declared(run: DryRun, module: str) -> bool:
    declared = (*OF_EVERY_WORKFLOW, *_of_scripts(run), *_of_project(run.root))
    judgement = judge_module(module, declared)
    known = judgement.through is not None and module in BRINGS.get(judgement.through, frozenset())
    return judgement.provision is Provision.DECLARED or known


def _of_scripts(run: DryRun) -> Iterator[Requirement]:
    for path in (run.parsed.workflow.run_py, run.parsed.workflow.dry_run_py):
        metadata = read_metadata(_text(path))
        if isinstance(metadata, ScriptMetadata):
            yield from _requirements(metadata.values.get("dependencies"))


def _of_project(root: Path) -> Iterator[Requirement]:
    try:
        values = tomllib.loads(_text(root / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return
    project = values.get("project")
    if isinstance(project, dict):
        yield from _requirements(project.get("dependencies"))
        yield from _of_groups(project.get("optional-dependencies"))
    yield from _of_groups(values.get("dependency-groups"))


def _of_groups(groups: Any) -> Iterator[Requirement]:
    for lines in groups.values() if isinstance(groups, dict) else ():
        yield from _requirements(lines)


def _requirements(lines: Any) -> Iterator[Requirement]:
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, str) and (requirement := parse_requirement(line)) is not None:
            yield requirement


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
