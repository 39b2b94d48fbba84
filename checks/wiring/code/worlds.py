"""The values that code works with when nobody runs it: constants, the environment, and what cannot be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from checks.model import Place
from checks.temporal.scopes import Definition


class Mark(Enum):
    """Values that are no constants. UNKNOWN: only a run would tell. ENVIRON: the environment as a whole."""

    UNKNOWN = "unknown"
    ENVIRON = "environ"


UNKNOWN, ENVIRON = Mark.UNKNOWN, Mark.ENVIRON
Value = Any
"""A constant, a tuple or dict of values, a `Mark`, a `Text`, an `Instance` or a `ClassValue`."""


class Text(str):
    """A text with the place where somebody wrote it: the name of a variable that is handed on from there."""

    __slots__ = ("place",)
    place: Place

    @classmethod
    def at(cls, text: str, place: Place) -> Text:
        """`text`, written at `place`."""
        made = cls(text)
        made.place = place
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of one of the project's classes; `given` are the arguments that it was made with, as far as known."""

    definition: Definition
    given: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassValue:
    """One of the project's classes itself."""

    definition: Definition


@dataclass(slots=True, eq=False)
class World:
    """An environment to think a program through in.

    `values` None: nothing is known of any variable. Else a variable that is not in it is not set; one whose value is
    UNKNOWN is set. `consulted` collects what was asked for: each name with the place that asked.
    """

    values: Mapping[str, Value] | None
    consulted: dict[str, Place] = field(default_factory=dict)

    def get(self, name: str, place: Place) -> Value:
        """The value of a variable; None where it is not set."""
        self.consulted.setdefault(name, getattr(name, "place", place))
        if self.values is None:
            return UNKNOWN
        return self.values.get(name)

    def has(self, name: str, place: Place) -> Value:
        """Whether a variable is set."""
        self.consulted.setdefault(name, getattr(name, "place", place))
        return UNKNOWN if self.values is None else name in self.values

    def get_folded(self, name: str, place: Place) -> Value:
        """The value of a variable whose name may be written in capitals or not."""
        if self.values is not None and name not in self.values:
            folded = {each.lower(): each for each in self.values}
            found = folded.get(name.lower())
            if found is not None:
                self.consulted.setdefault(name, place)
                return self.values[found]
        return self.get(name, place)
