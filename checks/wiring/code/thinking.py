"""What thinks expressions through, as its parts see each other, and the frame that a piece of code runs in."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Scope
from checks.wiring.code.flow import Condition, Part
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Value, World

DEPTH = 12
"""How many steps a thought may go down."""


@dataclass(slots=True, eq=False)
class Frame:
    """Names whose values are known while a piece of code runs: parameters, and the element of a loop."""

    scope: Scope
    given: Mapping[str, Value] = field(default_factory=dict)
    truths: dict[Condition, tuple[bool | None, dict[str, Place]]] = field(default_factory=dict)
    """Conditions that were thought through in this frame, with what they asked of the world."""

    def anew(self) -> Frame:
        """The same where nothing was thought yet: for another world."""
        return Frame(self.scope, self.given)

    def with_given(self, given: Mapping[str, Value]) -> Frame:
        """The same with further names."""
        return Frame(self.scope, {**self.given, **given})


class Thinking(ABC):
    """What every part of the thinking needs of the others."""

    names: Names
    world: World

    @abstractmethod
    def of(self, node: ast.expr, scope: Scope, frame: Frame, depth: int = DEPTH) -> Value:
        """What an expression comes to; UNKNOWN where it raises, or only a run would tell."""

    @abstractmethod
    def of_ref(self, ref: str, depth: int) -> Value:
        """What a name of the project stands for."""

    @abstractmethod
    def holds(self, path: Sequence[Condition], frame: Frame, depth: int = DEPTH) -> bool | None:
        """Whether all conditions hold: None where that is not certain."""

    @abstractmethod
    def part(self, scope: Scope) -> Part:
        """What a module or function does, read once."""

    @staticmethod
    def truth(value: Value) -> bool | None:
        """Whether a value counts as true; None where that is not known."""
        if value is UNKNOWN:
            return None
        if value is ENVIRON or isinstance(value, (Instance, ClassValue)):
            return True
        if isinstance(value, tuple) and UNKNOWN in value:
            return None
        return bool(value)
