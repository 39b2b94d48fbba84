"""The records that the pytest plug-in leaves, read back as frozen types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FINISHED = "finished"
_TESTS = ("passed", "failed", "skipped", "error", "xfailed", "xpassed")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong in a session, as the plug-in saw it; `kind` is the plug-in's word for it."""

    kind: str
    message: str
    test: str = ""
    file: str | None = None
    line: int | None = None
    when: str = ""
    module: str | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One pytest session. `own_exit` is the status pytest came to, `exit` what its hooks made of it.

    `outcomes` counts tests by what became of them, a file that skips itself as one; `ended` are the tests that ran to
    their end; `now` says where an unfinished session was.
    """

    stage: str
    started: float
    pytest: str
    outcomes: Mapping[str, int]
    problems: tuple[Problem, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    collected: int = 0
    dropped: int = 0
    deselected: int = 0
    reruns: int = 0
    ended: int = 0
    uncollected: int = 0
    skipped_files: int = 0
    mode: str | None = None
    interrupted: str | None = None
    exit: int | None = None
    own_exit: int | None = None
    closed: bool = False
    now: str = ""

    @property
    def finished(self) -> bool:
        """Whether pytest itself reached the end of the session."""
        return self.stage == FINISHED

    @property
    def only_asked(self) -> bool:
        """`pytest --help` and its like: pytest started and closed without any session."""
        return self.stage in ("loaded", "configured") and self.closed and not self.problems

    @property
    def tests(self) -> int:
        """Tests that came to an outcome."""
        return sum(self.outcomes.values())

    @property
    def never_ran(self) -> int:
        """Collected tests that no outcome and no end is known of."""
        return max(0, self.collected - max(self.ended, self.tests - self.skipped_files))


def read_sessions(folder: Path) -> tuple[Session, ...]:
    """Every session recorded in the folder, in the order of their starts."""
    found = [_read(path) for path in folder.glob("pytest-*.json")]
    return tuple(sorted((session for session in found if session), key=lambda session: session.started))


def total(sessions: Iterable[Session], outcome: str) -> int:
    """How many tests of all sessions came to this outcome."""
    return sum(session.outcomes.get(outcome, 0) for session in sessions)


def _read(path: Path) -> Session | None:
    try:
        data = json.loads(path.read_text(encoding="ascii"))
        return _session(data, _now(path.with_suffix(".now")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _now(path: Path) -> str:
    try:
        return path.read_bytes().split(b"\0", 1)[0].decode("utf-8", "replace")
    except OSError:
        return ""


def _session(data: dict[str, Any], now: str) -> Session:
    return Session(
        stage=data["stage"],
        started=float(data["started"]),
        pytest=data["pytest"],
        outcomes={kind: int(data["outcomes"].get(kind, 0)) for kind in _TESTS},
        problems=tuple(_problem(problem) for problem in data["problems"]),
        reasons={_clean(reason): count for reason, count in data["reasons"].items()},
        collected=data["collected"],
        dropped=data["dropped"],
        deselected=data["deselected"],
        reruns=data["reruns"],
        ended=data["ended_tests"],
        skipped_files=data["skipped_files"],
        uncollected=data.get("uncollected", 0),
        mode=data.get("mode"),
        interrupted=_clean(data["interrupted"]) if data.get("interrupted") else None,
        exit=data.get("exit"),
        own_exit=data.get("own_exit"),
        closed=data.get("closed", False),
        now=_clean(now),
    )


def _problem(data: Mapping[str, Any]) -> Problem:
    return Problem(
        kind=data["rule"],
        message=_clean(data["message"]),
        test=_clean(data.get("test") or ""),
        file=data.get("file"),
        line=data.get("line"),
        when=data.get("when") or "",
        module=data.get("module"),
        refused=data.get("refused", False),
    )


def _clean(text: str) -> str:
    """What a test printed into a message may be no text at all: shown, never passed on."""
    encodable = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
        for letter in encodable
    )
