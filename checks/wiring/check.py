"""The check `wiring`."""

from __future__ import annotations

from checks.model import CheckContext, CheckResult


def check(context: CheckContext) -> CheckResult:
    """Not written yet."""
    return CheckResult("wiring", {}, blocked="not written yet")
