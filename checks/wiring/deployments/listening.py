"""Ports: what a program listens on against what manifests and probes ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.model import Diagnostic, Place
from checks.wiring.deployments.rules import PORT, UNREACHABLE, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.targets import target_of
from checks.wiring.model import Address, Port, Role, Unit

_BESIDE = re.compile(r"METRIC|DEBUG|PROMETHEUS|ADMIN|HEALTH|GRPC|SOCKET")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about every unit whose port is certain."""
    for unit in scene.deployment.units:
        listening = scene.listens(unit)
        if listening is not None and unit.role is not Role.INIT:
            yield from _declared(scene, unit, listening)
            yield from _probed(scene, unit, listening)
            yield from _served(scene, unit, listening)
        yield from _bound(scene, unit)
        yield from _called(scene, unit)


def _called(scene: Scene, unit: Unit) -> Iterator[Diagnostic]:
    """A setting with the address of a unit that listens on another port; Services have ports of their own."""
    for variable in unit.variables.values():
        target = target_of(variable.value or "")
        units = scene.at(target.host) if target is not None and target.port else ()
        address = scene.hosts.get(target.host) if target is not None else None
        listening = scene.listens(units[0]) if len(units) == 1 and address and address.ports is None else None
        if target is not None and listening is not None and target.port not in scene.ports(units[0]):
            said = f"port {target.port} of `{target.host}`, which `{variable.name}` names, is"
            yield _mismatch(listening, variable.place, said)


def count(scene: Scene) -> int:
    """How many units have a port to judge."""
    return sum(scene.listens(unit) is not None for unit in scene.deployment.units)


def _declared(scene: Scene, unit: Unit, listening: Port) -> Iterator[Diagnostic]:
    """One declared port, and it is another one: nobody reaches the program."""
    if scene.deployment.kind == "compose" and len(scene.pod(unit)) > 1:
        return  # another service may listen there, in the same network
    numbers = {port.number for port in unit.ports}
    if len(numbers) == 1 and listening.number not in numbers and not _is_mentioned(unit, *numbers):
        port = unit.ports[0]
        yield _mismatch(listening, port.place, f"port {port.number} of `{_name(unit)}` is")


def _is_mentioned(unit: Unit, number: int) -> bool:
    """Whether the command names a port, or a setting of its own: a debugger, or metrics, may listen on it."""
    texts = (*unit.argv, *(one.value or "" for name, one in unit.variables.items() if _BESIDE.search(name)))
    return any(re.search(rf"(?<!\d){number}(?!\d)", text) for text in texts)


def _probed(scene: Scene, unit: Unit, listening: Port) -> Iterator[Diagnostic]:
    """A probe's port that no container of the Pod has."""
    others = {port.number for one in scene.pod(unit) for port in one.ports}
    alone = len(scene.pod(unit)) == 1
    for probe in unit.probes:
        number = probe.port
        if isinstance(number, int) and number != listening.number and number not in others and alone:
            yield _mismatch(listening, probe.place, f"port {number}, which the {probe.purpose} check asks, is")


def _served(scene: Scene, unit: Unit, listening: Port) -> Iterator[Diagnostic]:
    """A Service that sends to a port where nobody listens."""
    for address in scene.deployment.addresses:
        if unit.name in address.units and address.ports is not None and len(scene.pod(unit)) == 1:
            yield from _sent(address, unit, listening)


def _sent(address: Address, unit: Unit, listening: Port) -> Iterator[Diagnostic]:
    declared = {port.number for port in unit.ports}
    for number, target in (address.ports or {}).items():
        if isinstance(target, int) and target != listening.number and target not in declared:
            said = f"port {number} of Service `{address.hosts[0]}` leads to port {target}, which is"
            yield _mismatch(listening, address.place, said)


def _mismatch(listening: Port, place: Place, said: str) -> Diagnostic:
    message = f"{said} not the one that the program listens on: {listening.number} ({listening.place})"
    hint = f"write {listening.number} here, or let the program listen on the other port"
    return finding(PORT, place, message, hint)


def _name(unit: Unit) -> str:
    return unit.name.rpartition("/")[2]


def _bound(scene: Scene, unit: Unit) -> Iterator[Diagnostic]:
    """A server that only its own container reaches, although others are meant to."""
    host = scene.binds(unit)
    said_elsewhere = unit.built is not None and unit.argv_place == Place(
        unit.built.dockerfile, unit.built.lines.get("command")
    )
    asked = _asked_from_outside(scene, unit) if host in _LOOPBACK and not said_elsewhere else None
    if asked is not None:
        message = f"the server of `{_name(unit)}` listens on `{host}`, which nothing outside its container reaches"
        where = unit.argv_place or unit.place
        yield finding(UNREACHABLE, where, f"{message}; {asked}", "let it listen on `0.0.0.0`, as with `--host 0.0.0.0`")


def _asked_from_outside(scene: Scene, unit: Unit) -> str | None:
    """Who wants in: a published port, a Service, a probe of Kubernetes."""
    for entry in scene.deployment.entries:
        if scene.at(entry.target) == (unit,) and len(scene.pod(unit)) == 1:
            return f"it is asked from outside ({entry.place})"
    if scene.deployment.kind != "compose":
        for address in scene.deployment.addresses:
            if unit.name in address.units and len(scene.pod(unit)) == 1:
                return f"Service `{address.hosts[0]}` leads to it ({address.place})"
    return None
