"""The findings of pytest sessions, one diagnostic each, with places relative to the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.hints import run_command
from checks.model import Diagnostic, Rule
from checks.understood import pytest_rules as rules
from checks.understood.pytest_reasons import Reason, counted, shown_reasons
from checks.understood.pytest_sessions import Problem, Session, total

_RULES = {
    "failed": rules.FAILED,
    "error": rules.ERROR,
    "xpassed": rules.XPASSED_STRICT,
    "collection": rules.COLLECTION,
    "turned-passed": rules.CONTRADICTION,
    "turned-skipped": rules.TURNED_TO_SKIP,
}
_WORDING = {
    "error": "{test}: its {when} failed: {message}",
    "xpassed": "{test}: passed, although it is marked as failing: {message}",
    "turned-passed": "{test}: a hook turned this failure into a pass: {message}",
    "turned-skipped": "{test}: a hook turned this failure into a skip: {message}",
    "collection": "cannot be imported: {message}",
    "obstacle": "{message}",
}


def findings(sessions: Sequence[Session], reason: Reason | None, root: Path) -> tuple[Diagnostic, ...]:
    """The session's own finding first, then one for each test, then what is only worth a warning."""
    return (
        *_from_reason(reason),
        *(_from_problem(session, problem, root) for session in sessions for problem in session.problems),
        *_from_skips(sessions),
        *_from_drops(sessions),
    )


def _from_reason(reason: Reason | None) -> Iterator[Diagnostic]:
    if reason is not None and reason.rule is not None:
        yield _diagnostic(reason.rule, reason.text, hint=reason.hint)


def _from_problem(session: Session, problem: Problem, root: Path) -> Diagnostic:
    name = problem.test.split("::", 1)[-1]
    wording = _WORDING.get(problem.kind, "{test}: {message}")
    message = wording.format(test=name, when=problem.when, message=problem.message)
    rule = _RULES.get(problem.kind) or _rule_for_obstacle(session, problem)
    return _diagnostic(rule, message, _relative(problem.file, root), problem.line, _hint(problem, root))


def _rule_for_obstacle(session: Session, problem: Problem) -> Rule:
    if problem.refused:
        return rules.REFUSED
    at_start = session.stage in ("loaded", "configured")
    return rules.COLLECTION if at_start and problem.file else rules.NOT_FINISHED


def _from_skips(sessions: Sequence[Session]) -> Iterator[Diagnostic]:
    skipped = total(sessions, "skipped")
    if skipped:
        tests = sum(session.tests for session in sessions)
        text = f"{skipped} of {counted(tests, 'test')} skipped: {shown_reasons(sessions) or 'no reason given'}"
        yield _diagnostic(rules.SKIPPED, text)


def _from_drops(sessions: Sequence[Session]) -> Iterator[Diagnostic]:
    dropped = sum(session.dropped for session in sessions)
    if dropped:
        text = f"a hook removed {counted(dropped, 'collected test')} without reporting it as deselected"
        yield _diagnostic(rules.DROPPED, text, hint="look for `pytest_collection_modifyitems` in the conftest files")


def _diagnostic(
    rule: Rule, message: str, file: str | None = None, line: int | None = None, hint: str | None = None
) -> Diagnostic:
    return Diagnostic(rule.id, rule.severity, message, file, line if file else None, hint=hint)


def _hint(problem: Problem, root: Path) -> str | None:
    """A missing module is either a dependency, or the project's own code looked for from the wrong place."""
    if problem.module is None:
        return None
    top = problem.module.split(".", 1)[0]
    for place in (".", "src"):
        if (root / place / top).is_dir() or (root / place / f"{top}.py").is_file():
            setting = f'`pythonpath = ["{place}"]` under `[tool.pytest.ini_options]`'
            return f"`{top}` is the project's own: {setting} makes it importable"
    missing = f"`{top}` is not installed in the project's environment"
    return f"{missing}: add it to the dependencies, then `{run_command(root, '--sync')}`"


def _relative(file: str | None, root: Path) -> str | None:
    if file is None:
        return None
    for path, base in ((Path(file), root), (Path(file).resolve(), root.resolve())):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return file
