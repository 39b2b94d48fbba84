"""The check `checklist`."""

from __future__ import annotations

from checks.model import CheckContext, CheckResult


def check(context: CheckContext) -> CheckResult:
    """Not written yet."""
    return CheckResult("checklist", {}, blocked="not written yet")
