"""Reads what Poetry's own tables of pyproject.toml ask for."""

from __future__ import annotations

import re
from typing import Any


def requirement_of(name: str, wanted: Any) -> str | None:
    """`httpx = "^0.27"` as other installers write it; None where it is not for the registry, or cannot be said so."""
    if isinstance(wanted, str):
        return name + specifier(wanted)
    if not isinstance(wanted, dict) or {"git", "path", "url", "source", "python", "markers", "platform"} & set(wanted):
        return None
    extras = ",".join(str(each) for each in wanted.get("extras", []))
    version = wanted.get("version", "*")
    return f"{name}[{extras}]{specifier(version)}" if extras else name + specifier(str(version))


def specifier(text: str) -> str:
    """Poetry's `^1.2`, `~1.2`, `1.2.*`, `*` in the common grammar."""
    return ",".join(filter(None, (_clause(each.strip()) for each in text.split("||")[0].split(","))))


def _clause(text: str) -> str:
    if text in ("", "*"):
        return ""
    if text.startswith("^"):
        return f">={text[1:]},<{_next(text[1:])}"
    if text.startswith("~") and not text.startswith("~="):
        parts = text[1:].split(".")
        return f">={text[1:]},<{_raised(parts, min(1, len(parts) - 1))}"
    return text if re.match(r"[<>=!~]", text) else f"=={text}"


def _next(version: str) -> str:
    """The first version that a caret excludes: the leftmost part that is not zero goes up."""
    parts = re.split(r"[.]", re.split(r"[-+a-z]", version)[0])
    place = next((index for index, part in enumerate(parts) if part not in ("0", "")), len(parts) - 1)
    return _raised(parts, place)


def _raised(parts: list[str], place: int) -> str:
    number = parts[place] if parts[place].isdigit() else "0"
    return ".".join([*parts[:place], str(int(number) + 1)])
