"""Reads what the watch of a dry run noted (`dry_probe.py` writes it)."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Position = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something a dry run tried: what it aimed at, and where in the project's code, if that is known."""

    target: str
    place: Position | None


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that ended a dry run; `refused` where it came from a refusal of the watch."""

    type: str
    message: str
    place: Position | None = None
    refused: bool = False
    module: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class DryRecord:
    """Everything noted during one dry run; `ran` are the entered functions with the line they begin on."""

    started: bool = False
    finished: bool = False
    imported: bool = False
    ran: frozenset[tuple[str, int]] = frozenset()
    network: tuple[Attempt, ...] = ()
    writes: tuple[Attempt, ...] = ()
    databases: tuple[Attempt, ...] = ()
    programs: tuple[Attempt, ...] = ()
    faults: tuple[str, ...] = ()
    raised: Raised | None = None

    @property
    def refused(self) -> bool:
        """Whether the watch refused anything."""
        return bool(self.network or self.writes)


@dataclass(slots=True)
class _Notes:
    entries: list[dict[str, Any]] = field(default_factory=list)

    def has(self, key: str) -> bool:
        return any(key in entry for entry in self.entries)

    def attempts(self, key: str) -> tuple[Attempt, ...]:
        found = (Attempt(str(entry[key]), entry.get("place")) for entry in self.entries if key in entry)
        return tuple(dict.fromkeys(found))


def read_record(path: Path) -> DryRecord:
    """What a record says; one that does not exist says that the watch never began."""
    notes = _Notes(list(_entries(path)))
    ran = frozenset((entry["ran"], entry["line"]) for entry in notes.entries if "ran" in entry)
    error = next((entry["error"] for entry in notes.entries if entry.get("error")), None)
    return DryRecord(
        started=notes.has("started"),
        finished=notes.has("finished"),
        imported=notes.has("imported"),
        ran=ran,
        network=notes.attempts("network"),
        writes=notes.attempts("write"),
        databases=notes.attempts("database"),
        programs=notes.attempts("program"),
        faults=tuple(str(entry["fault"]) for entry in notes.entries if "fault" in entry),
        raised=Raised(**error) if error else None,
    )


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="backslashreplace").splitlines()
    except OSError:
        return []
    return [entry for line in lines if (entry := _entry(line)) is not None]


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = ast.literal_eval(line)
    except (ValueError, SyntaxError):
        return None  # cut off by the end of the process
    return entry if isinstance(entry, dict) else None
