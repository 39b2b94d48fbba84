"""Which Python versions a specifier admits, as far as major and minor tell."""

from __future__ import annotations

import re
import sys

Version = tuple[int, int]
KNOWN: tuple[Version, ...] = tuple((3, minor) for minor in range(7, 31))
"""Every Python that may be asked for; also those to come."""
_CLAUSE = re.compile(r"(===|==|!=|<=|>=|~=|<|>)\s*v?(\d+(?:\.\d+)*)(\.\*)?")
_LATEST_PATCH = 99


def admits(specifier: str | None, version: Version) -> bool:
    """Whether some patch release of a minor version satisfies every clause."""
    if not specifier:
        return True
    clauses = [_clause(text) for text in specifier.split(",") if text.strip()]
    return any(all(_holds(*clause, (*version, patch)) for clause in clauses if clause) for patch in _patches(clauses))


def lowest(specifier: str | None) -> Version | None:
    """The oldest Python that it admits; None where it says nothing of that, or admits none."""
    if not specifier or not re.search(r">|~=|==", specifier):
        return None
    return next((version for version in KNOWN if admits(specifier, version)), None)


def admits_any(specifier: str | None) -> bool:
    """Whether there is any Python 3 for it."""
    return any(admits(specifier, version) for version in KNOWN)


def own_version() -> Version:
    """The Python that runs this program."""
    return sys.version_info[:2]


def shown(version: Version) -> str:
    """`3.11`."""
    return f"{version[0]}.{version[1]}"


def parse(text: str) -> Version | None:
    """`3.11` or `3.11.4` as major and minor."""
    match = re.match(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


_Clause = tuple[str, tuple[int, ...], bool]


def _clause(text: str) -> _Clause | None:
    match = _CLAUSE.fullmatch(text.strip())
    if match is None:
        return None
    return match[1], tuple(int(part) for part in match[2].split(".")), match[3] is not None


def _patches(clauses: list[_Clause | None]) -> set[int]:
    named = {clause[1][2] for clause in clauses if clause and len(clause[1]) > 2}
    return {0, 1, _LATEST_PATCH, *named, *(patch + 1 for patch in named), *(patch - 1 for patch in named if patch)}


def _holds(operator: str, wanted: tuple[int, ...], prefix: bool, version: tuple[int, ...]) -> bool:
    if operator == "~=":
        return version >= wanted and version[: len(wanted) - 1] == wanted[:-1]
    if prefix:
        same = version[: len(wanted)] == wanted
        return same if operator in ("==", "===") else not same
    full = (*wanted, 0, 0)[:3]
    comparisons = {
        ">=": version >= full,
        "<=": version <= full,
        ">": version > full,
        "<": version < full,
        "==": version == full,
        "===": version == full,
        "!=": version != full,
    }
    return comparisons[operator]
