"""The check `kubernetes`."""

from __future__ import annotations

from checks.model import CheckContext, CheckResult


def check(context: CheckContext) -> CheckResult:
    """Not written yet."""
    return CheckResult("kubernetes", {}, blocked="not written yet")
