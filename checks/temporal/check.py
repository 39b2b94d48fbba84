"""The check `temporal`: workflows, activities and workers of a project, read and then loaded in its own Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from checks.hints import run_command
from checks.model import CheckContext, CheckResult, Diagnostic, Evidence
from checks.process import Command
from checks.temporal import across, allow, api, definitions, inside, loading, registration, sandbox, typed
from checks.temporal.beside import Beside
from checks.temporal.discovery import discover
from checks.temporal.model import Project
from checks.temporal.rules import RULES, SYNTAX
from checks.temporal.sandbox import Loading

NAME = "temporal"


def check(context: CheckContext) -> CheckResult:
    """Judge the Temporal code below `context.root`; `context.arguments` are paths to restrict the verdict to."""
    wrong = [argument for argument in context.arguments if not _inside(context.root, argument)]
    if wrong:
        return CheckResult(NAME, {"workflows": 0}, blocked=f"`{wrong[0]}` is no file or folder of {context.root}")
    project = discover(context.root)
    chosen = _chosen(context, project)
    starting = list(loading.starts_on_import(project))
    files = chosen - {found.file for found in starting}
    with Beside(context, project) as beside:
        loaded = _load(context, project, files, beside.commands)
        found = [*_static(project, loaded), *starting]
        explained = {each.file for each in found if each.file is not None}
        verdict = loading.judge(loaded, project, context, explained)
        more = beside.judge(loaded, (*found, *verdict.diagnostics))
    everything = (*found, *verdict.diagnostics, *more.diagnostics)
    remaining, allowed = allow.apply(everything, project, (rule.id for rule in RULES))
    kept = [each for each in remaining if each.file in chosen or not context.arguments]
    blocked = [*_trouble(loaded, project, context), *_too_new(project, loaded), *verdict.blocked, *more.blocked]
    evidence = {**_evidence(project, chosen, loaded), **more.evidence, "allowed": allowed}
    return CheckResult(NAME, evidence, _in_order(kept), "\n".join(blocked) or None)


def judge_statically(root: Path) -> list[Diagnostic]:
    """What reading alone finds: no program is started, and nothing is held against the installed SDK."""
    project = discover(root)
    return [*_static(project, Loading()), *loading.starts_on_import(project)]


def _load(context: CheckContext, project: Project, files: frozenset[str], beside: Sequence[Command]) -> Loading:
    if not project.modules and not project.unreadable:
        return Loading()
    unreadable = [each.file for each in project.unreadable]
    return sandbox.load(context, list(loading.requests(project, files)), api.JUDGED_MODULES, unreadable, beside)


def _inside(root: Path, argument: str) -> bool:
    path = (root / argument).resolve()
    return path.exists() and path.is_relative_to(root.resolve())


def _chosen(context: CheckContext, project: Project) -> frozenset[str]:
    """The files that the verdict is about."""
    files = frozenset(project.names.sources.files)
    if not context.arguments:
        return files
    root = context.root.resolve()
    wanted = [(context.root / argument).resolve().relative_to(root).as_posix() for argument in context.arguments]
    return frozenset(file for file in files if any(_covers(path, file) for path in wanted))


def _covers(path: str, file: str) -> bool:
    return path in (".", file) or file.startswith(f"{path}/")


def _static(project: Project, loaded: Loading) -> Iterator[Diagnostic]:
    for unreadable in project.unreadable:
        if unreadable.file not in loaded.compiles:
            message = f"cannot be parsed: {unreadable.reason}"
            yield Diagnostic(SYNTAX.id, SYNTAX.severity, message, unreadable.file, unreadable.line, unreadable.column)
    yield from definitions.judge(project)
    yield from registration.judge(project)
    yield from across.judge(project)
    yield from typed.judge_literals(project)
    yield from api.judge(project, loaded.sdk)
    yield from inside.judge(project, loaded.sdk)


def _trouble(loaded: Loading, project: Project, context: CheckContext) -> Iterator[str]:
    """Why the project's Python could not be asked; of no interest where there is nothing to ask about."""
    if not project.modules:
        return
    if loaded.trouble is not None:
        yield f"{context.python} could not load the workflows: {loaded.trouble}"
    if loaded.no_sdk is not None:
        yield f"{context.python} has no `temporalio` ({loaded.no_sdk}): {run_command(context.root, '--sync')}"


def _too_new(project: Project, loaded: Loading) -> Iterator[str]:
    for unreadable in project.unreadable:
        version = loaded.compiles.get(unreadable.file)
        if version is not None:
            yield f"`{unreadable.file}` is newer than skillgate's own Python: start skillgate with Python {version}"


def _evidence(project: Project, chosen: frozenset[str], loaded: Loading) -> Evidence:
    counts = {
        kind: sum(item.module.file in chosen and not item.module.in_tests for item in items)
        for kind, items in (
            ("workflows", project.workflows),
            ("activities", project.activities),
            ("workers", project.workers),
        )
    }
    return {**counts, "sandboxed": loaded.sandboxed, "sdk": loaded.sdk.version if loaded.sdk else "none"}


def _in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda each: (each.file or "", each.line or 0, each.column or 0, each.rule)))
