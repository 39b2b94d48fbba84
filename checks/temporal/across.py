"""The rules that hold one part of a system against another: callers, workers, workflows, activities."""

from __future__ import annotations

from collections.abc import Iterator

from checks.model import Diagnostic, Rule
from checks.temporal import executors, ids, limits, lost, messaging, queues, starting, unawaited
from checks.temporal.model import Project

_FAMILIES = (starting, messaging, ids, queues, executors, limits, unawaited, lost)
RULES: tuple[Rule, ...] = tuple(rule for family in _FAMILIES for rule in family.RULES)


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings of every family."""
    for family in _FAMILIES:
        yield from family.judge(project)
