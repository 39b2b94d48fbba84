"""The check `install`."""

from __future__ import annotations

from checks.model import CheckContext, CheckResult


def check(context: CheckContext) -> CheckResult:
    """Not written yet."""
    return CheckResult("install", {}, blocked="not written yet")
