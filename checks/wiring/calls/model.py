"""A call of a program, wherever it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from checks.model import Place
from checks.wiring.model import Started, Unit


class Origin(StrEnum):
    """What kind of text a call stands in: the value completes `this ... calls`."""

    CODE = "code"
    DEPLOYMENT = "deployment"
    SCRIPT = "script"
    README = "README"


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls what: `folder` is the project's folder that the program starts in, None where that is not known.

    `variables` are those that a deployment sets for it; `through` is the function that the words go through.
    """

    started: Started
    place: Place
    origin: Origin
    folder: str | None = "."
    unit: Unit | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    through: str | None = None

    @property
    def text(self) -> str:
        """The command as a person would type it, shortened."""
        words = [f'"{word}"' if " " in word or not word else word for word in self.started.argv]
        line = " ".join(words).replace("$VALUE", "...").replace("$SUBSTITUTED", "...")
        return line if len(line) <= 120 else f"{line[:117]}..."
