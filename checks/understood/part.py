"""What the runner adds to a command for one program that it understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from checks.model import EMPTY
from checks.project import Python
from checks.understood.collected import Collected

Collect = Callable[[int | None], Collected]
"""Evidence after an exit status (None: ended by a signal)."""


class Surroundings(NamedTuple):
    """Where a gate runs: absolute project `root`, its Python, the gate's evidence `folder`, the whole environment."""

    root: Path
    python: Python
    folder: Path
    environment: Mapping[str, str]


def _as_written(command: str) -> str:
    return command


class Part(NamedTuple):
    """One understood program of a command line.

    `kind` is what it must have looked at; parts with the same `source` leave their evidence in the same place, so it is
    collected once. `direct` is started in place of the command where the command is nothing but this program.
    """

    kind: str
    source: str
    collect: Collect
    environment: Mapping[str, str] = EMPTY
    needs_python: bool = False
    rewrite: Callable[[str], str] = _as_written
    direct: tuple[str, ...] | None = None
