"""What was thought through before, with the answers of the world that it rests on.

The programs of a system go through the same modules, in environments that differ in little. What one walk found out is
true for the next one as well where its world answers the same to everything that was asked.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from checks.model import Place
from checks.temporal.scopes import Scope
from checks.wiring.code.flow import Part, read_part
from checks.wiring.code.noted import Note
from checks.wiring.code.worlds import ClassValue, Instance, Text, Value, World

_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Things that were thought, by what they are about, each with the answers that it rests on."""

    def __init__(self) -> None:
        self._by_key: dict[Hashable, list[tuple[tuple[tuple[str, object], ...], _T]]] = {}

    def find(self, key: Hashable, world: World) -> _T | None:
        """What was thought of `key` in a world that answers as this one does."""
        for answers, thought in self._by_key.get(key, ()):
            if all(world.answer(question) == said for question, said in answers):
                world.touched.update(question for question, _ in answers)
                return thought
        return None

    def amount(self) -> int:
        """How much was thought."""
        return sum(len(each) for each in self._by_key.values())

    def keep(self, key: Hashable, world: World, thought: _T) -> None:
        """Keeps what was thought, resting on what the world has been asked."""
        answers = tuple((question, world.answer(question)) for question in sorted(world.touched))
        self._by_key.setdefault(key, []).insert(0, (answers, thought))


@dataclass(slots=True, eq=False)
class Memory:
    """Everything that the walks through one project share."""

    parts: dict[Scope, Part] = field(default_factory=dict)
    notes: Kept[tuple[Note, ...]] = field(default_factory=Kept)
    values: Kept[tuple[Value, dict[str, Place]]] = field(default_factory=Kept)
    _numbers: dict[Hashable, int] = field(default_factory=dict)

    def amount(self) -> int:
        """How many functions and modules were thought through, each time in another world."""
        return self.notes.amount()

    def part(self, scope: Scope) -> Part:
        """What a module or function does, read once."""
        if scope not in self.parts:
            self.parts[scope] = read_part(scope)
        return self.parts[scope]

    def number(self, value: Value) -> int:
        """A number for a value: the same for another one only where code could not tell them apart."""
        return self._numbers.setdefault(self._shape(value), len(self._numbers))

    def _shape(self, value: Value) -> Hashable:
        if isinstance(value, Instance):
            if value.number is None:
                given = tuple(sorted((name, self.number(each)) for name, each in value.given.items()))
                value.number = self._numbers.setdefault((value.definition, given), len(self._numbers))
            return (Instance, value.number)
        if isinstance(value, ClassValue):
            return (ClassValue, value.definition)
        if isinstance(value, Text):
            return (Text, str(value), value.place)
        if isinstance(value, tuple):
            return (tuple, *(self.number(each) for each in value))
        if isinstance(value, dict):
            return (dict, *((self.number(key), self.number(each)) for key, each in value.items()))
        return (type(value), value)
