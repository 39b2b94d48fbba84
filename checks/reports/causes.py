"""Many findings with one cause are told once, with a count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from checks.model import Diagnostic, Severity

_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+|'[^']*'|\"[^\"]*\"|`[^`]*`")


class Cause(NamedTuple):
    """One distinct cause: its first finding, and all places where it was found, in order."""

    first: Diagnostic
    places: tuple[str, ...]


def group(diagnostics: Iterable[Diagnostic]) -> tuple[Cause, ...]:
    """Findings of one rule whose messages differ only in numbers and quoted names, errors before warnings."""
    groups: dict[tuple[str, str], list[Diagnostic]] = {}
    for found in diagnostics:
        groups.setdefault((found.rule, _shape(found.message)), []).append(found)
    causes = [Cause(found[0], tuple(place(each) for each in found)) for found in groups.values()]
    return tuple(sorted(causes, key=lambda cause: cause.first.severity is not Severity.ERROR))


def _shape(message: str) -> str:
    return _VARYING.sub("*", message)


def place(found: Diagnostic) -> str:
    """`file:line:column` as far as it is known."""
    return ":".join(str(part) for part in (found.file, found.line, found.column) if part is not None)
