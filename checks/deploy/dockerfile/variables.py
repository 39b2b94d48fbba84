"""ARG and ENV: which variables an instruction sees, and a text with them put in."""

from __future__ import annotations

import re
from collections.abc import Mapping

Known = Mapping[str, str | None]
"""Variables by name; None: set to something that cannot be known."""

PLATFORM = frozenset(
    {"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH",
     "BUILDVARIANT", "TARGETSTAGE"}
)  # fmt: skip
PREDEFINED = PLATFORM | frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (upper, upper.lower())
)
_VARIABLE = re.compile(
    r"\\(.)|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+?])((?:[^{}]|\{[^{}]*\})*)|([#%/][^}]*))?\})"
)


def expand(text: str, known: Known) -> str | None:
    """`text` with its variables put in; None where one of them cannot be known."""
    unknown = False

    def value(match: re.Match[str]) -> str:
        nonlocal unknown
        if match[1] is not None:
            return match[1]
        found = _value(match, known)
        unknown = unknown or found is None
        return found or ""

    result = _VARIABLE.sub(value, text)
    return None if unknown else result


def names(text: str) -> list[tuple[str, bool]]:
    """The variables in `text`, each with whether the text has a default for it."""
    return [
        (match[2] or match[3], bool(match[4] and "-" in match[4]) or bool(match[4] and "+" in match[4]))
        for match in _VARIABLE.finditer(text)
        if match[1] is None
    ]


def _value(match: re.Match[str], known: Known) -> str | None:
    name, operator, word, pattern = match[2] or match[3], match[4] or "", match[5] or "", match[6]
    if pattern is not None:
        return None
    if name not in known:  # the base image may set it
        return expand(word, known) if operator.endswith("-") else None
    value = known[name]
    if value is None:
        return None
    there = bool(value) if operator.startswith(":") else True
    if operator.endswith("+"):
        return expand(word, known) if there else ""
    return value if there or not operator.endswith("-") else expand(word, known)
