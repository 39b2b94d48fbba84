"""What one walk knows so far, and how it notes what it meets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Definition
from checks.wiring.code.memory import Memory
from checks.wiring.code.noted import Found, Need, Note, Stop, Way
from checks.wiring.code.programs import Program
from checks.wiring.code.values import Values
from checks.wiring.code.worlds import Value, World


class Notes(ABC):
    """The notes of one walk through one program in one world."""

    def __init__(self, names: Names, world: World, memory: Memory) -> None:
        self.names = names
        self.world = world
        self.memory = memory
        self.values = Values(names, world, memory)
        self.notes: list[Note] = []
        """What happens in the piece of code that is looked at now."""

    @abstractmethod
    def program(self, program: Program) -> None:
        """Everything that a program runs on its way."""

    @abstractmethod
    def module(self, file: str, way: Way) -> None:
        """A module as it is imported, after the packages around it."""

    @abstractmethod
    def definition(self, definition: Definition, given: Mapping[str, Value], way: Way) -> None:
        """A function that is called, or a class that an object is made of."""

    def _note_consulted(self) -> None:
        for name, place in self.world.consulted.items():
            self._read(name, place, None)

    def _read(self, name: str, place: Place, default: Value) -> None:
        text = str(default) if isinstance(default, (str, int, float)) else None
        self.notes.append(Found(str(name), place, text))

    def _need(self, need: Need, error: str, way: Way) -> None:
        self.notes.append(Stop(need, error, way))

    def _blame(
        self,
        asked: Mapping[str, Place],
        error: str,
        way: Way,
        detail: str,
        still: Callable[[], bool] = lambda: False,
    ) -> None:
        """The variables that are behind an exception; `still` says whether it comes to it in the present world."""
        values = self.world.values
        if values is None:
            return
        absent = [name for name in asked if values.get(name) is None]
        empty = [name for name in asked if values.get(name) == ""]
        lacking = [*absent, *empty]
        for name in lacking:
            sure = way.sure and (len(lacking) == 1 or self._alone(name, lacking, still))
            why = "unset" if name in absent else "empty"
            self._need(Need(str(name), why, asked[name], sure, values.get(name)), error, way)
        known = [name for name in asked if isinstance(values.get(name), str)]
        if not absent and not empty and len(known) == len(asked) == 1:
            name = known[0]
            self._need(Need(str(name), "refused", asked[name], way.sure, str(values[name]), detail), error, way)

    def _alone(self, name: str, lacking: list[str], still: Callable[[], bool]) -> bool:
        """Whether it would come to the same if all other variables had something in them."""
        values = self.world.values
        self.world.values = {**(values or {}), **{other: "something" for other in lacking if other != name}}
        try:
            return still()
        finally:
            self.world.values = values
