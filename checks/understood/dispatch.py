"""Which commands the runner understands, and what it adds to each without changing what the command does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from checks import commands
from checks.model import EMPTY, Gate
from checks.understood.collected import Collected
from checks.understood.own_checks import own_parts
from checks.understood.part import Collect, Part, Surroundings

__all__ = ["Prepared", "Surroundings", "prepare"]


class Prepared(NamedTuple):
    """What is started for a gate, how its evidence is collected, and the kinds of items it must have looked at."""

    argv: tuple[str, ...]
    collect: Collect
    environment: Mapping[str, str] = EMPTY
    needs_python: bool = False
    kinds: tuple[str, ...] = ("commands",)

    @property
    def understood(self) -> bool:
        """Whether more is known of the command than its exit status."""
        return self.kinds != ("commands",)


def prepare(gate: Gate, around: Surroundings) -> Prepared:
    """Recognise the programs in the gate's command; where it knows none, the exit status alone judges."""
    simple = commands.simple_commands(gate.command)
    parts = tuple(_parts(gate, simple, around))
    if not parts:
        return Prepared(commands.argv(gate.command), lambda _: Collected({"commands": 1}))
    return Prepared(
        argv=_argv(gate, parts),
        collect=_joined({part.source: part.collect for part in parts}),
        environment={name: value for part in parts for name, value in part.environment.items()},
        needs_python=any(part.needs_python for part in parts),
        kinds=tuple(dict.fromkeys(part.kind for part in parts)),
    )


def _parts(gate: Gate, simple: tuple[commands.Simple, ...], around: Surroundings) -> Iterator[Part]:
    yield from own_parts(simple, around)
    if "pytest" in gate.command or "py.test" in gate.command:
        from checks.understood.pytest import mentions_pytest, pytest_part

        if mentions_pytest(gate.command):
            yield pytest_part(gate, around)


def _argv(gate: Gate, parts: tuple[Part, ...]) -> tuple[str, ...]:
    direct = parts[0].direct
    if direct is not None and len(parts) == 1 and not commands.needs_shell(gate.command):
        return direct
    command = gate.command
    for part in parts:
        command = part.rewrite(command)
    return commands.argv(command)


def _joined(sources: Mapping[str, Collect]) -> Collect:
    """What each of several programs did, as one: the items of all, and the first reason for a failure."""
    if len(sources) == 1:
        return next(iter(sources.values()))

    def collect(exit_code: int | None) -> Collected:
        every = [source(exit_code) for source in sources.values()]
        return Collected(
            {kind: amount for found in every for kind, amount in found.evidence.items()},
            tuple(diagnostic for found in every for diagnostic in found.diagnostics),
            next((found.failure for found in every if found.failure), None),
            "; ".join(found.blocked for found in every if found.blocked) or None,
        )

    return collect
