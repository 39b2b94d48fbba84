"""Every rule of the check `temporal`, for `explain` and for the tests that walk their cases."""

from __future__ import annotations

from checks.model import Rule, Severity
from checks.temporal import across, allow, api, definitions, inside, loading, registration, replay, typed

SYNTAX = Rule(
    id="temporal.syntax",
    severity=Severity.ERROR,
    title="a file that mentions Temporal and is no Python",
    why="Nothing in it can be imported, so its workflows and activities do not exist.",
    wrong="@workflow.defn\nclass Hiring\n    ...\n",
    right="@workflow.defn\nclass Hiring:\n    ...\n",
)
RULES: tuple[Rule, ...] = (
    SYNTAX,
    *definitions.RULES,
    *api.RULES,
    *inside.RULES,
    *registration.RULES,
    *across.RULES,
    *loading.RULES,
    *typed.RULES,
    *replay.RULES,
    *allow.RULES,
)
