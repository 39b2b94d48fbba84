"""Host ports that cannot be given twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity

_ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # compared with, never bound


@dataclass(frozen=True, slots=True)
class _Published:
    service: str
    index: int
    count: int
    address: str
    number: int
    protocol: str

    def meets(self, other: _Published) -> bool:
        """Whether the host could not give both."""
        same = (self.number, self.protocol) == (other.number, other.protocol)
        anywhere = self.address in _ANY_ADDRESS or other.address in _ANY_ADDRESS
        return same and (anywhere or self.address == other.address)


def port_collisions(system: System) -> Iterator[Diagnostic]:
    """Two services, or replicas of one, that want the same host port at the same time."""
    every = [port for name, service in system.services.items() for port in _published(name, service)]
    for first, second in combinations(every, 2):
        if first.meets(second) and together(system, first.service, second.service):
            other = "twice by itself" if first.service == second.service else f"by `{first.service}` too"
            message = f"host port {second.number} is published {other}"
            if _takes_over(system, first.service, second.service):
                message += "; one may be started in place of the other"
                yield _port_diagnostic(system, second, message)._replace(severity=Severity.WARNING)
            else:
                yield _port_diagnostic(system, second, message)
    for port in every:
        replicas = _replicas(system.services[port.service])
        if replicas > 1:
            message = f"{replicas} replicas of `{port.service}` cannot all publish host port {port.number}"
            yield _port_diagnostic(system, port, message)


def _published(name: str, service: Mapping[str, Any]) -> list[_Published]:
    ports = service.get("ports") or []
    return [
        _Published(
            name, index, len(ports), str(port.get("host_ip") or ""), int(port["published"]), str(port.get("protocol"))
        )
        for index, port in enumerate(ports)
        if str(port.get("published", "")).isdecimal() and int(port["published"])
    ]


def _port_diagnostic(system: System, port: _Published, message: str) -> Diagnostic:
    file, line = system.places.find_item(("services", port.service, "ports"), port.index, port.count)
    hint = "give each its own host port"
    return Diagnostic("compose.port-collision", Severity.ERROR, message, file, line, hint=hint)


def together(system: System, first: str, second: str) -> bool:
    """Services of different profiles are alternatives of each other, as a rule."""
    ours, theirs = (set(system.services[name].get("profiles") or []) for name in (first, second))
    return not ours or not theirs or bool(ours & theirs)


def _takes_over(system: System, first: str, second: str) -> bool:
    """Whether a further file (`docker-compose.debug.yml`) adds the one: often it is for use instead of the other.

    An override that Compose takes by itself, and what is included, is always there.
    """
    documents = system.places.documents
    if first == second or not documents or any("include" in document.value for document in documents):
        return False
    writers = [
        {document.name for document in documents if document.line_of(("services", name)) is not None}
        for name in (first, second)
    ]
    apart = all(writers) and not writers[0] & writers[1]
    return apart and not any(".override." in name for names in writers for name in names)


def _replicas(service: Mapping[str, Any]) -> int:
    count = str(service.get("scale") or (service.get("deploy") or {}).get("replicas") or 1)
    return int(count) if count.isdecimal() else 1
