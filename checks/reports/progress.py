"""One line that says what runs right now, on a terminal only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TextIO

from checks.model import Gate, GateResult

_WIDTH = 100


class Silence:
    """Nobody watches."""

    def started(self, gate: Gate) -> None:
        """Say nothing."""

    def ended(self, result: GateResult) -> None:
        """Say nothing."""

    def waiting(self, running: Sequence[str]) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class Progress:
    """Rewrites one line of a terminal: what runs, for how long, how many gates have ended."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream, self._total = stream, total
        self._since: dict[str, float] = {}
        self._ended = 0

    def started(self, gate: Gate) -> None:
        """A gate begins: name it at once."""
        self._since[gate.name] = time.monotonic()
        self._draw()

    def ended(self, result: GateResult) -> None:
        """A gate has ended: a line of its own stays."""
        self._since.pop(result.name, None)
        self._ended += 1
        self._stream.write(f"\r\x1b[K{result.status.value.replace('_', ' ')}: {result.name}\n")
        self._draw()

    def waiting(self, running: Sequence[str]) -> None:
        """Let the seconds move."""
        self._draw()

    def close(self) -> None:
        """Leave an empty line behind."""
        self._stream.write("\r\x1b[K")
        self._stream.flush()

    def _draw(self) -> None:
        now = time.monotonic()
        running = ", ".join(f"{name} {now - since:.0f} s" for name, since in self._since.items())
        self._stream.write(f"\r\x1b[K{self._ended}/{self._total} {running}"[:_WIDTH])
        self._stream.flush()
