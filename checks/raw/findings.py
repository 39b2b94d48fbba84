"""Collects what is found in one file, each finding at the severity of its rule."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from checks.model import Diagnostic, Rule, Severity


@dataclass(slots=True)
class Findings:
    """The diagnostics of one file; `severities` says how grave each rule is."""

    file: str
    severities: dict[str, Severity]
    found: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        rule: str,
        message: str,
        at: ast.AST | int | None = None,
        hint: str | None = None,
        sure: bool = True,
        column: int | None = None,
    ) -> None:
        """Notes a finding at a node or line; one that is not sure is a warning whatever its rule."""
        line = at if isinstance(at, int) or at is None else getattr(at, "lineno", None)
        if isinstance(at, ast.AST) and (offset := getattr(at, "col_offset", None)) is not None:
            column = offset + 1
        severity = self.severities[rule] if sure else Severity.WARNING
        self.found.append(Diagnostic(rule, severity, message, self.file, line, column, hint))


def severities_of(rules: tuple[Rule, ...]) -> dict[str, Severity]:
    """The severity of each rule by its id."""
    return {rule.id: rule.severity for rule in rules}
