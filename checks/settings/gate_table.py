"""The `gates` mapping of a config: which gates a project wants, and what it says of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from checks.catalog import NAME
from checks.model import EMPTY, CatalogEntry, Gate, Place
from checks.settings import gate_fields
from checks.settings.problems import Problems, listed, nearest, shown
from checks.settings.values import Value, fields, known_fields

DEFAULT_LIMIT_S = 300.0
LONGEST_NAME = 100
GATES_KEYS = ("default", "optional")
GATE_KEYS = ("command", "timeout_seconds", "floor", "env", "workdir", "needs")


class _Definition(NamedTuple):
    """One entry of `optional`, before the catalog adds what it leaves open."""

    name: str
    place: Place
    command: str | None = None
    limit_s: float | None = None
    floor: Mapping[str, int] = EMPTY
    environment: Mapping[str, str] = EMPTY
    workdir: str = "."
    needs: tuple[Value, ...] = ()


def read_gates(value: Value, catalog: Mapping[str, CatalogEntry], problems: Problems) -> tuple[Gate, ...]:
    """The gates in the order of `default`, then of `optional`."""
    said = known_fields(value, "`gates`", GATES_KEYS, problems, "gates: {default: [validate, dry]}")
    if said is None:
        return ()
    defined = _definitions(said["optional"][1], catalog, problems) if "optional" in said else {}
    wanted = _defaults(said["default"][1], defined, catalog, problems) if "default" in said else {}
    if not wanted and not defined and not problems:
        problems.add(value.place, "`gates` names no gate", "for example `gates: {default: [validate, dry]}`")
    for name, definition in defined.items():
        wanted[name] = definition
    _check_needs(wanted, problems)
    return tuple(_gate(definition, catalog) for definition in wanted.values())


def _defaults(
    value: Value, defined: Mapping[str, _Definition], catalog: Mapping[str, CatalogEntry], problems: Problems
) -> dict[str, _Definition]:
    wanted: dict[str, _Definition] = {}
    right = (*catalog, *(name for name in defined if name not in catalog))
    for item in gate_fields.texts(value, "`default`", "default: [validate, dry]", problems):
        name = item.text
        if name in wanted:
            hint = f"the first stands in line {wanted[name].place.line}: keep one"
            problems.add(item.place, f"gate {shown(name)} is listed twice in `default`", hint)
        elif name in defined or name in catalog:
            wanted[name] = defined.get(name) or _Definition(name, item.place)
        else:
            problems.unknown(item.place, "gate", name, right)
    return wanted


def _definitions(value: Value, catalog: Mapping[str, CatalogEntry], problems: Problems) -> dict[str, _Definition]:
    found = fields(value, "`optional`", problems, "optional: {}") or {}
    return {name: _definition(key, item, catalog, problems) for name, (key, item) in found.items()}


def _definition(key: Value, value: Value, catalog: Mapping[str, CatalogEntry], problems: Problems) -> _Definition:
    name = key.text
    _check_name(key, problems)
    bare = _Definition(name, key.place)
    if value.is_scalar():
        import json  # late: only for the hint

        hint = f"write `{name[:LONGEST_NAME]}: {{command: {json.dumps(value.text[:LONGEST_NAME])}}}`"
        problems.add(value.place, f"gate {shown(name)} must be a mapping, not {value.described()}", hint)
        return bare
    said = known_fields(value, f"gate {shown(name)}", GATE_KEYS, problems, f"{name[:LONGEST_NAME]}: {{}}")
    if said is None:
        return bare
    if "command" not in said and name not in catalog and not _has_misspelt_command(value):
        hint = f"only a gate of the catalog may leave it out: {listed(tuple(catalog))}"
        problems.add(key.place, f"gate {shown(name)} has no `command`", hint)
    return _said_definition(bare, {name: item for name, (_, item) in said.items()}, problems)


def _has_misspelt_command(value: Value) -> bool:
    return any(nearest(key.text, ("command",), 0.8) for key, _ in value.pairs if key.is_scalar())


def _said_definition(bare: _Definition, said: Mapping[str, Value], problems: Problems) -> _Definition:
    return _Definition(
        bare.name,
        bare.place,
        gate_fields.command(said["command"], problems) if "command" in said else None,
        gate_fields.limit(said["timeout_seconds"], problems) if "timeout_seconds" in said else None,
        gate_fields.floor(said["floor"], problems) if "floor" in said else {},
        gate_fields.environment(said["env"], problems) if "env" in said else {},
        gate_fields.workdir(said["workdir"], problems) if "workdir" in said else ".",
        tuple(gate_fields.texts(said["needs"], "`needs`", "needs: [validate]", problems)) if "needs" in said else (),
    )


def _check_name(key: Value, problems: Problems) -> None:
    name = key.text
    if not re.fullmatch(NAME, name):
        fitting = name.strip().lower().replace("_", "-").replace(" ", "-")
        hint = f"for example `{fitting}`" if re.fullmatch(NAME, fitting) else None
        rule = "small letters, digits and `-`, beginning with a letter or digit"
        problems.add(key.place, f"{shown(name)} is no name for a gate: {rule}", hint)
    elif len(name) > LONGEST_NAME:
        problems.add(key.place, f"the gate's name {shown(name)} is longer than {LONGEST_NAME} letters")


def _check_needs(wanted: Mapping[str, _Definition], problems: Problems) -> None:
    right = tuple(wanted)
    for definition in wanted.values():
        for need in definition.needs:
            if need.text not in wanted:
                problems.unknown(need.place, "gate in `needs`:", need.text, right)
    if any(definition.needs for definition in wanted.values()):
        _check_cycle(wanted, problems)


def _check_cycle(wanted: Mapping[str, _Definition], problems: Problems) -> None:
    from graphlib import CycleError, TopologicalSorter  # late: few configs have needs

    graph = {name: {need.text for need in definition.needs} & wanted.keys() for name, definition in wanted.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))  # graphlib names the needed one first
        place = next(need.place for need in wanted[circle[0]].needs if need.text == circle[1])
        problems.add(place, f"gates need each other in a circle: {' needs '.join(map(shown, circle[:20]))}")


def _gate(definition: _Definition, catalog: Mapping[str, CatalogEntry]) -> Gate:
    entry = catalog.get(definition.name)
    # A floor speaks of the catalog's command; another command counts other things, or nothing.
    same = entry is not None and definition.command in {None, entry.command}
    return Gate(
        name=definition.name,
        command=definition.command or (entry.command if entry else ""),
        timeout_s=definition.limit_s or (entry.timeout_s if entry else DEFAULT_LIMIT_S),
        floor={**(entry.floor if entry and same else {}), **definition.floor},
        environment=definition.environment,
        workdir=definition.workdir,
        needs=tuple(dict.fromkeys(need.text for need in definition.needs)),
        place=definition.place,
    )


def catalog_gate(entry: CatalogEntry) -> Gate:
    """A gate as the catalog has it, that nobody asked for."""
    return Gate(entry.name, entry.command, entry.timeout_s, entry.floor, requested=False)
