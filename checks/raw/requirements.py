"""Judges dependency and version strings by the grammar of PEP 508 and PEP 440, as far as a script needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_VERSION = (
    r"v?(?:\d+!)?\d+(?:\.\d+)*"
    r"(?:[-_.]?(?:alpha|beta|preview|pre|rc|a|b|c)[-_.]?\d*)?"
    r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?"
    r"(?:[-_.]?dev[-_.]?\d*)?"
)
_LOCAL = r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?"
_CLAUSE = re.compile(
    rf"(?:===\s*(?P<any>\S+)|(?P<exact>==|!=)\s*(?P<e>{_VERSION}(?:\.\*|{_LOCAL}))"
    rf"|(?P<order>~=|<=|>=|<|>)\s*(?P<o>{_VERSION}))",
    re.IGNORECASE,
)
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*"
    r"(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>\S+)|\((?P<inside>[^)]*)\)|(?P<bare>[^;]*))\s*"
    r"(?:;\s*(?P<marker>\S.*))?",
    re.DOTALL,
)
_EXTRA = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One dependency: its normalised name, and the extras it asks for."""

    name: str
    extras: tuple[str, ...] = ()


def normalise(name: str) -> str:
    """The name under which a distribution is known whatever its spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache(maxsize=4096)
def parse_requirement(text: str) -> Requirement | None:
    """The requirement, or None where `text` is none."""
    match = _REQUIREMENT.fullmatch(text.strip())
    if match is None or not _are_clauses(match["inside"] or match["bare"] or ""):
        return None
    extras = [part.strip() for part in (match["extras"] or "").split(",") if part.strip()]
    if not all(_EXTRA.fullmatch(part) for part in extras):
        return None
    return Requirement(normalise(match["name"]), tuple(extras))


def is_specifier(text: str) -> bool:
    """Whether `text` is a version specifier such as `>=3.10,<4`."""
    return bool(text.strip()) and _are_clauses(text)


def lowest_version(text: str) -> tuple[int, ...]:
    """The lowest release that a valid specifier surely excludes nothing below of, `()` without a lower bound."""
    bounds = [_lower_bound(clause) for clause in text.split(",")]
    return max(bounds, default=())


def _are_clauses(text: str) -> bool:
    clauses = [clause.strip() for clause in text.strip().removesuffix(",").split(",")]
    return clauses == [""] or all(_is_clause(clause) for clause in clauses)


def _is_clause(clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    return match is not None and not (match["order"] == "~=" and "." not in match["o"])


def _lower_bound(clause: str) -> tuple[int, ...]:
    match = re.match(r"\s*(?:>=|~=|===?|>)\s*v?(?:\d+!)?(\d+(?:\.\d+)*)", clause)
    return tuple(int(part) for part in match[1].split(".")) if match else ()
