"""One deployment beside the code: who is reached under which name, and what runs and listens there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from checks.model import Place
from checks.wiring.code.model import Code
from checks.wiring.deployments.images import short
from checks.wiring.model import Address, App, Deployment, Kind, Port, Role, Started, Unit
from checks.wiring.system import System

# What well-known images listen on, by a part of the last part of their name.
_KNOWN_PORTS: Mapping[str, tuple[int, ...]] = {
    "postgres": (5432,),
    "pgvector": (5432,),
    "postgis": (5432,),
    "timescaledb": (5432,),
    "mysql": (3306,),
    "mariadb": (3306,),
    "redis": (6379,),
    "valkey": (6379,),
    "auto-setup": (7233,),
    "rabbitmq": (5672,),
    "mongo": (27017,),
    "minio": (9000,),
    "mailhog": (1025, 8025),
    "mailpit": (1025, 8025),
    "memcached": (11211,),
    "nats": (4222,),
    "localstack": (4566,),
    "elasticsearch": (9200,),
}


class Scene:
    """A deployment with the code that runs in it."""

    def __init__(self, system: System, deployment: Deployment) -> None:
        self.system = system
        self.deployment = deployment
        self._apps: dict[str, App | None] = {}
        self._ports: dict[str, Port | None] = {}

    @property
    def code(self) -> Code:
        """The project's code."""
        return self.system.code

    @cached_property
    def units(self) -> Mapping[str, Unit]:
        """The units by name."""
        return {unit.name: unit for unit in self.deployment.units}

    @cached_property
    def hosts(self) -> Mapping[str, Address]:
        """The addresses by host name, in small letters."""
        return {host.lower(): address for address in self.deployment.addresses for host in address.hosts}

    def at(self, host: str) -> tuple[Unit, ...]:
        """The units that answer under a host name."""
        address = self.hosts.get(host.lower())
        return tuple(self.units[name] for name in address.units if name in self.units) if address else ()

    def pod(self, unit: Unit) -> tuple[Unit, ...]:
        """The containers that run beside a unit and share its ports with it, itself among them."""
        owner = unit.name.partition(":")[0]
        if self.deployment.kind == "compose":
            shared = unit.beside or unit.name
            return tuple(one for one in self.deployment.units if shared in (one.name, one.beside))
        together = (one for one in self.deployment.units if one.name.partition(":")[0] == owner)
        return tuple(one for one in together if one.role is not Role.INIT or one is unit)

    def app(self, unit: Unit) -> App | None:
        """The one application that a unit serves; None where it serves none, several, or nobody can know."""
        if unit.name not in self._apps:
            found = [app for one in unit.starts if (app := self.code.app_of(one, unit)) is not None]
            self._apps[unit.name] = found[0] if len(found) == 1 else None
        return self._apps[unit.name]

    def server(self, unit: Unit) -> Started | None:
        """The one program of a unit that listens."""
        found = [one for one in unit.starts if one.kind is Kind.APP or self._port(one, unit) is not None]
        return found[0] if len(found) == 1 else None

    def listens(self, unit: Unit) -> Port | None:
        """The port that the project's program in a unit listens on; None where that is not certain."""
        if unit.name not in self._ports:
            server = self.server(unit)
            self._ports[unit.name] = self._port(server, unit) if server is not None else None
        return self._ports[unit.name]

    def _port(self, started: Started, unit: Unit) -> Port | None:
        """Nothing is certain where a variable that is not seen might say another port."""
        if started.port is None and unit.open:
            return None
        found = self.code.port_of(started, every(unit), unit)
        if found is not None and started.port == found.number and unit.argv_place is not None:
            return Port(found.number, found.name, unit.argv_place)
        return found

    def binds(self, unit: Unit) -> str | None:
        """The address that the server of a unit listens on; None where that cannot be known."""
        server = self.server(unit)
        if (
            server is None
            or unit.open
            or any("HOST" in one.name and one.value is None for one in unit.variables.values())
        ):
            return None
        return self.code.host_of(server, known(unit), unit)

    def provider(self, port: int, asking: Unit) -> tuple[str, Place] | None:
        """The host name, and where it is said, under which another unit offers a port."""
        own = {one.name for one in self.pod(asking)}
        for address in self.deployment.addresses:
            if not own & set(address.units) and address.hosts and self._offers(address, port):
                return address.hosts[0], address.place
        return None

    def _offers(self, address: Address, port: int) -> bool:
        if address.ports is not None:
            return port in address.ports
        return any(port in self.ports(self.units[name]) for name in address.units if name in self.units)

    def ports(self, unit: Unit) -> set[int]:
        """Every port that a unit may well listen on."""
        listening = self.listens(unit)
        found = {one.number for one in unit.ports} | ({listening.number} if listening else set())
        return found | self._exposed(unit) | set(_known_ports(unit.image))

    def _exposed(self, unit: Unit) -> set[int]:
        """What the image exposes counts where the image's own command runs."""
        built = unit.built
        own = built is not None and unit.argv_place is not None and unit.argv_place.file == built.dockerfile
        return set(built.exposed) if built is not None and own else set()


def _known_ports(image: str | None) -> Iterator[int]:
    name = short(image or "")
    for word, ports in _KNOWN_PORTS.items():
        if word in name and not name.endswith(("exporter", "-ui", "admin", "-express")):
            yield from ports


def known(unit: Unit) -> dict[str, str]:
    """The variables of a unit whose values are known."""
    return {name: one.value for name, one in unit.variables.items() if one.value is not None}


def every(unit: Unit) -> dict[str, str | None]:
    """The variables of a unit, None for a value that cannot be known."""
    return {name: one.value for name, one in unit.variables.items()}


def scenes(system: System) -> Iterator[Scene]:
    """Every deployment of a system."""
    return (Scene(system, deployment) for deployment in system.deployments)
