"""How a rule of this room is written."""

from __future__ import annotations

from checks.model import Rule, Severity


def rule(name: str, title: str, why: str, wrong: str, right: str, severity: Severity = Severity.ERROR) -> Rule:
    """The rule `kubernetes.NAME`."""
    return Rule(f"kubernetes.{name}", severity, title, why, wrong, right)
