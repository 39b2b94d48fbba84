"""Addresses that the code falls back to where a deployment says nothing: right on a desk, wrong in a container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.model import Diagnostic, Place
from checks.wiring.deployments.rules import LOCAL_DEFAULT, finding
from checks.wiring.deployments.scene import Scene, known
from checks.wiring.deployments.targets import LOCAL, Target, host_of, target_of
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Read, Unit

_HOST = re.compile(r"(?:^|_)(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$")
# What a server is told to listen on.
_BIND = re.compile(
    r"^(?:API|APP|WEB|SERVER|UVICORN|BIND|LISTEN|HTTP|METRICS|WEBHOOK|PROMETHEUS|SERVICE)?_?"
    r"(?:BIND_|LISTEN_)?(?:HOST|ADDR|ADDRESS)$"
)
_PORTS: Mapping[str, int] = {
    "POSTGRES": 5432,
    "PG": 5432,
    "DB": 5432,
    "DATABASE": 5432,
    "REDIS": 6379,
    "TEMPORAL": 7233,
    "RABBITMQ": 5672,
    "MONGO": 27017,
    "MYSQL": 3306,
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A default that would serve, and the unit that it would serve in."""

    unit: Unit
    read: Read
    target: Target


def judge(scene: Scene, uses: Uses) -> Iterator[Diagnostic]:
    """Findings about every unit that would fall back to an address where nobody is."""
    found: dict[tuple[Read, str], list[tuple[_Asked, Place]]] = {}
    for unit in scene.deployment.units:
        for asked in _defaults(unit, uses):
            provider = _provider(scene, asked)
            if provider is not None and not _is_known(scene, asked, provider[0], uses):
                found.setdefault((asked.read, provider[0]), []).append((asked, provider[1]))
    for (_, host), everyone in found.items():
        yield _finding([asked for asked, _ in everyone], host, everyone[0][1])


def count(scene: Scene, uses: Uses) -> int:
    """How many addresses serve by default."""
    return sum(1 for unit in scene.deployment.units for _ in _defaults(unit, uses))


def _defaults(unit: Unit, uses: Uses) -> Iterator[_Asked]:
    if unit.open or (unit.built is None and not unit.starts):
        return
    for started in unit.starts:
        reads = uses.reads(started, unit)
        for read in reads:
            target = _target(read, unit, reads) if _is_unset(read, unit, started.assigned) else None
            if target is not None and uses.uses(started, unit, read):
                yield _Asked(unit, read, target)


def _is_unset(read: Read, unit: Unit, assigned: Mapping[str, str]) -> bool:
    return read.default is not None and read.name not in unit.variables and read.name not in assigned


def _target(read: Read, unit: Unit, reads: Sequence[Read]) -> Target | None:
    text = read.default or ""
    whole = target_of(text)
    if whole is not None:
        return whole
    name = read.name.upper()
    if not _HOST.search(name) or _BIND.match(name) or host_of(text) is None or text == "0.0.0.0":  # noqa: S104
        return None
    return Target(text.lower(), _port_beside(name, unit, reads))


def _port_beside(name: str, unit: Unit, reads: Sequence[Read]) -> int | None:
    """The port that `X_PORT` says beside `X_HOST`, else the usual one of what is called X."""
    stem = _HOST.sub("", name)
    port_name = f"{stem}_PORT"
    said = known(unit).get(port_name) or next((one.default for one in reads if one.name.upper() == port_name), None)
    if said and said.isdecimal():
        return int(said)
    return next((port for word, port in _PORTS.items() if word in stem.split("_")), None)


def _provider(scene: Scene, asked: _Asked) -> tuple[str, Place] | None:
    """The neighbour that is meant, where the default leads nowhere."""
    target, unit = asked.target, asked.unit
    if target.port is None or (not target.is_local and target.host in scene.hosts):
        return None
    if target.is_local and (_is_shared(scene, unit) or target.port in scene.ports(unit)):
        return None
    if not target.is_local and not _is_name(target.host, scene):
        return None
    return scene.provider(target.port, unit)


def _is_known(scene: Scene, asked: _Asked, host: str, uses: Uses) -> bool:
    """Whether the unit is told the neighbour's address by another variable that its program reads.

    Then the default stands behind that one, is an older name of it, or is meant for people outside.
    """
    read = {one.name for started in asked.unit.starts for one in uses.reads(started, asked.unit)}
    for name, variable in asked.unit.variables.items():
        told = target_of(variable.value or "") if name in read else None
        if told is not None and told.port == asked.target.port and scene.at(told.host) == scene.at(host):
            return True
    return False


def _is_shared(scene: Scene, unit: Unit) -> bool:
    """Whether something else may answer on the container's own loopback."""
    return len(scene.pod(unit)) > 1 or any(host in scene.hosts for host in LOCAL)


def _is_name(host: str, scene: Scene) -> bool:
    """Whether a host name could only be one of this deployment."""
    return "." not in host and host != "host" and bool(scene.deployment.addresses)


def _finding(everyone: list[_Asked], host: str, place: Place) -> Diagnostic:
    """One setting that is missing is one fault, however many units lack it."""
    unit, read, target = everyone[0].unit, everyone[0].read, everyone[0].target
    names = ", ".join(dict.fromkeys(f"`{asked.unit.name.rpartition('/')[2]}`" for asked in everyone))
    reason = "which is its own container" if target.is_local else "a name that nothing here has"
    message = (
        f"`{read.name}` is not set for {names}, so `{target}` serves ({read.place}), {reason}: "
        f"`{host}` is what listens on port {target.port} ({place})"
    )
    value = f"{host}:{target.port}"
    return finding(LOCAL_DEFAULT, unit.place, message, f"set `{read.name}` here, with `{value}` in it")
