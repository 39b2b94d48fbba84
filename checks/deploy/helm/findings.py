"""Findings of the check `helm`: how they are made, and said once where several renderings show them."""

from __future__ import annotations

from collections.abc import Iterable

from checks.model import Diagnostic, Place, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

_BY_OBJECT = frozenset({"helm.deployed-differently"})  # one template may make several objects


def finding(rule: str, severity: Severity, message: str, place: Place, hint: str | None = None) -> Diagnostic:
    """A diagnostic; `rule` without `helm.`."""
    return Diagnostic(f"helm.{rule}", severity, message, place.file, place.line, place.column, hint)


def merged(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each place says a rule once: several renderings of a chart break in the same way."""
    once: dict[tuple[object, ...], Diagnostic] = {}
    for each in found:
        alone = each.line is None or each.rule in _BY_OBJECT
        once.setdefault((each.rule, each.file, each.line, each.message if alone else None), each)
    return list(once.values())
