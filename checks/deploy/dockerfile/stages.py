"""A Dockerfile as its stages: from which image each starts, and which variables are known where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from checks.deploy.dockerfile.instructions import Fault, Instruction, assignments, parse
from checks.deploy.dockerfile.variables import PLATFORM, expand
from checks.model import EMPTY


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `base` is the image or stage it starts from, None where that cannot be known."""

    index: int
    name: str | None
    base: str | None
    parent: int | None
    start: Instruction
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole Dockerfile. `arguments` are the ARGs before the first FROM (None: without a value that is known)."""

    stages: tuple[Stage, ...]
    arguments: Mapping[str, str | None]
    given: Mapping[str, str]
    before: tuple[Instruction, ...]
    faults: tuple[Fault, ...] = ()

    def stage(self, target: str | None) -> Stage | None:
        """The stage of that name or number; the last one where none is named."""
        if not target:
            return self.stages[-1] if self.stages else None
        if target.isdecimal() and int(target) < len(self.stages):
            return self.stages[int(target)]
        named = [stage for stage in self.stages if stage.name == target.lower()]
        return named[-1] if named else None

    def lineage(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage with those it starts from, the outermost first."""
        way = [stage]
        while way[-1].parent is not None:
            way.append(self.stages[way[-1].parent])
        return tuple(reversed(way))

    def outer_base(self, stage: Stage) -> str | None:
        """The image from elsewhere that the stage starts from in the end."""
        return self.lineage(stage)[0].base


@dataclass
class Variables:
    """What is known while a stage is gone through: ENV wins over ARG."""

    recipe: Recipe
    environment: dict[str, str | None] = field(default_factory=dict)
    arguments: dict[str, str | None] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, str | None]:
        """Every variable that an instruction sees here."""
        return {**self.arguments, **self.environment}

    def see(self, instruction: Instruction) -> None:
        """Takes in an ARG or ENV."""
        if instruction.keyword == "ARG":
            for name, text in assignments(instruction.value):
                self.arguments[name] = self._argument(name, text)
        elif instruction.keyword == "ENV":
            known = self.known
            for name, text in assignments(instruction.value):
                self.environment[name] = expand(text, known) if text is not None else None

    def _argument(self, name: str, text: str | None) -> str | None:
        if name in self.recipe.given:
            return self.recipe.given[name]
        if text is not None:
            return expand(text, self.known)
        if name in self.recipe.arguments:
            return self.recipe.arguments[name]
        return None


def read_recipe(text: str, given: Mapping[str, str] = EMPTY) -> Recipe:
    """The stages of a Dockerfile; `given` are the build arguments that somebody passes."""
    parsed = parse(text)
    before: list[Instruction] = []
    groups: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in parsed.instructions:
        if instruction.keyword == "FROM":
            groups.append((instruction, []))
        elif groups:
            groups[-1][1].append(instruction)
        else:
            before.append(instruction)
    arguments = _global_arguments(before, given)
    stages = tuple(_stages(groups, arguments))
    return Recipe(stages, arguments, given, tuple(before), parsed.faults)


def _global_arguments(before: list[Instruction], given: Mapping[str, str]) -> dict[str, str | None]:
    known: dict[str, str | None] = dict.fromkeys(PLATFORM)
    for instruction in before:
        if instruction.keyword == "ARG":
            for name, text in assignments(instruction.value):
                default = expand(text, known) if text is not None else None
                known[name] = given.get(name, default)
    return known


def _stages(
    groups: list[tuple[Instruction, list[Instruction]]], arguments: Mapping[str, str | None]
) -> Iterator[Stage]:
    numbers: dict[str, int] = {}
    for index, (start, instructions) in enumerate(groups):
        words = start.value.split()
        base = expand(words[0], arguments) if words else None
        named = len(words) == 3 and words[1].upper() == "AS"
        name = words[2].lower() if named else None
        parent = numbers.get(base.lower()) if base else None
        yield Stage(index, name, base, parent, start, tuple(instructions))
        if name:
            numbers[name] = index
