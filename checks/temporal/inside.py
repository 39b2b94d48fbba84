"""Every rule about the code inside of workflows: one way through it, one list of rules."""

from __future__ import annotations

from collections.abc import Iterator

from checks.model import Diagnostic, Rule
from checks.temporal import (
    activity_calls,
    answers,
    attributes,
    awaits,
    determinism,
    habits,
    keywords,
    loops,
    timeouts,
    waits,
)
from checks.temporal.model import Project, Sdk
from checks.temporal.reach import follow
from checks.temporal.state import States

RULES: tuple[Rule, ...] = (
    *determinism.RULES,
    *activity_calls.RULES,
    *timeouts.RULES,
    *keywords.RULES,
    *awaits.RULES,
    *waits.RULES,
    *attributes.RULES,
    *answers.RULES,
    *habits.RULES,
    *loops.RULES,
)


def judge(project: Project, sdk: Sdk | None) -> Iterator[Diagnostic]:
    """All findings about what workflows run."""
    code = follow(project)
    states = States(code)
    yield from determinism.judge(code)
    yield from activity_calls.judge(project)
    yield from timeouts.judge(project, sdk)
    yield from keywords.judge(project, sdk)
    yield from awaits.judge(code)
    yield from waits.judge(code, states)
    yield from attributes.judge(code, states)
    yield from answers.judge(code)
    yield from habits.judge(code)
    yield from loops.judge(code)
