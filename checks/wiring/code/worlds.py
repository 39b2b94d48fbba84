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
_MAIN = "\0main "
_NOTHING_KNOWN = "nothing known"
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


@dataclass(slots=True, eq=False)
class Instance:
    """An object of one of the project's classes; `given` are the arguments that it was made with, as far as known.

    `number` is the memory's: it is the same for objects that are made of the same.
    """

    definition: Definition
    given: Mapping[str, Value] = field(default_factory=dict)
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ClassValue:
    """One of the project's classes itself."""

    definition: Definition


@dataclass(slots=True, eq=False)
class World:
    """An environment to think a program through in; `main` is the file that is started.

    `values` None: nothing is known of any variable. Else a variable that is not in it is not set; one whose value is
    UNKNOWN is set. `consulted` collects what was asked for: each name with the place that asked. `touched` are all the
    questions that a thought rests on: where their answers are the same, so is the thought.
    """

    values: Mapping[str, Value] | None
    main: str | None = None
    consulted: dict[str, Place] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    _folded: tuple[Mapping[str, Value], dict[str, str]] | None = None

    def get(self, name: str, place: Place) -> Value:
        """The value of a variable; None where it is not set."""
        self._ask(name, place)
        return UNKNOWN if self.values is None else self.values.get(name)

    def has(self, name: str, place: Place) -> Value:
        """Whether a variable is set."""
        self._ask(name, place)
        return UNKNOWN if self.values is None else name in self.values

    def get_folded(self, name: str, place: Place) -> Value:
        """The value of a variable whose name may be written in capitals or not."""
        self._ask(name, place)
        return UNKNOWN if self.values is None else self.values.get(self._spelled(name))

    def lacks(self, name: str) -> bool:
        """Whether a variable is surely not set."""
        self.touched.add(name)
        return self.values is not None and self.values.get(name) is None

    def is_main(self, file: str) -> bool:
        """Whether a file is the one that is started."""
        self.touched.add(f"{_MAIN}{file}")
        return file == self.main

    def answer(self, question: str) -> object:
        """What this world says to one of the questions in `touched`."""
        if question.startswith(_MAIN):
            return question[len(_MAIN) :] == self.main
        if self.values is None:
            return _NOTHING_KNOWN
        spelled = self._spelled(question)
        return (question in self.values, spelled, self.values.get(spelled))

    def _ask(self, name: str, place: Place) -> None:
        self.touched.add(name)
        self.consulted.setdefault(name, getattr(name, "place", place))

    def _spelled(self, name: str) -> str:
        """The name as it is written in this world."""
        assert self.values is not None  # noqa: S101 -- for the type checker: the callers looked
        if name in self.values:
            return name
        if self._folded is None or self._folded[0] is not self.values:
            self._folded = (self.values, {each.lower(): each for each in self.values})
        return self._folded[1].get(name.lower(), name)
