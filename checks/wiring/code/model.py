"""What the project's Python code offers and asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from checks.model import EMPTY, Place
from checks.wiring.model import App, Port, Read, Started


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """The code of a project, read once by `checks.wiring.code.reading`.

    `console_scripts` maps the name of a script in pyproject.toml to `module:function`; `modules` a dotted name, as it
    is imported with the project (or its `src`) on the path, to its file.
    """

    root: Path
    console_scripts: Mapping[str, str] = EMPTY
    modules: Mapping[str, str] = EMPTY
    apps: tuple[App, ...] = ()

    def every_read(self) -> tuple[Read, ...]:
        """Every reading of an environment variable outside of tests."""
        return ()

    def reads_of(self, started: Started) -> tuple[Read, ...] | None:
        """What a program reads on its way; None where the program is not ours, or cannot be followed."""
        return None

    def file_of(self, started: Started) -> Place | None:
        """Where the program that is started begins; None where it is not the project's own."""
        return None

    def app_of(self, started: Started) -> App | None:
        """The HTTP application that a program serves; None where it serves none, or that cannot be known."""
        return None

    def port_of(self, started: Started, variables: Mapping[str, str]) -> Port | None:
        """The port that a program listens on under these variables; None where that cannot be known."""
        return None
