"""What the project's Python code offers and asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from checks.model import Place
from checks.wiring.code.reads import reads
from checks.wiring.code.worlds import UNKNOWN, Value
from checks.wiring.model import App, Port, Read, Started, Unit

if TYPE_CHECKING:
    from checks.wiring.code.index import Index


@dataclass(frozen=True, eq=False)
class Code:
    """The code of a project, read once by `checks.wiring.code.reading`.

    `console_scripts` maps the name of a script in pyproject.toml to `module:function`; `modules` a dotted name, as it
    is imported with the project (or its `src`) on the path, to its file. `Started.workdir` is taken as a folder of the
    project; where a `unit` is given, as one of its container, with the files that its image holds.
    """

    root: Path
    console_scripts: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    index: Index | None = field(default=None, repr=False)

    @cached_property
    def apps(self) -> tuple[App, ...]:
        """Every HTTP application."""
        return self.index.apps if self.index else ()

    def every_read(self) -> tuple[Read, ...]:
        """Every reading of an environment variable outside of tests."""
        return reads(self.index.everything) if self.index else ()

    def reads_of(self, started: Started, unit: Unit | None = None) -> tuple[Read, ...] | None:
        """What a program reads; required is what stops it where nothing is set. None where it is not the project's."""
        walk = self.index.walk(started, {}, unit, thorough=True) if self.index else None
        if walk is None or self.index is None:
            return None
        empty = dict.fromkeys((need.name for need in walk.needs.values() if need.why == "unset"), "")
        return reads(walk, self.index.walk(started, empty, unit))

    def file_of(self, started: Started, unit: Unit | None = None) -> Place | None:
        """Where the program that is started begins; None where it is not the project's own."""
        return self.index.place_of(started, unit) if self.index else None

    def app_of(self, started: Started, unit: Unit | None = None) -> App | None:
        """The HTTP application that a program serves; None where it serves none, or that cannot be known."""
        return self.index.app_of(started, unit) if self.index else None

    def port_of(self, started: Started, variables: Mapping[str, str | None], unit: Unit | None = None) -> Port | None:
        """The port that a program listens on; None where that cannot be known.

        `variables` are all that are set; one whose value cannot be known is set to None.
        """
        from checks.wiring.code.serving import port_of

        return port_of(self.index, started, known(variables), unit) if self.index else None

    def host_of(self, started: Started, variables: Mapping[str, str | None], unit: Unit | None = None) -> str | None:
        """The address that a program listens on (`127.0.0.1`, `0.0.0.0`); None where that cannot be known."""
        from checks.wiring.code.serving import host_of

        return host_of(self.index, started, known(variables), unit) if self.index else None


def known(variables: Mapping[str, str | None]) -> dict[str, Value]:
    """The variables of a unit as a world has them; what a template has still to fill in is not known either."""
    return {name: UNKNOWN if value is None or _is_template(value) else value for name, value in variables.items()}


def _is_template(value: str) -> bool:
    return "{{" in value or "{%" in value
