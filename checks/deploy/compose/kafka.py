"""Kafka tells every client where to go on: that address must lead from the client to the broker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checks.deploy.compose.reaching import LOOPBACK
from checks.deploy.compose.references import references
from checks.deploy.compose.services import Setting, found_at, hosts, networks, settings, sharers
from checks.deploy.compose.system import System
from checks.model import Diagnostic

_LISTENER = re.compile(r"(?P<name>\w+)://(?P<host>[^:,\s]*):(?P<port>\d+)")
_ADVERTISED = re.compile(r"^KAFKA_(?:CFG_)?ADVERTISED_LISTENERS$")


def advertised(system: System) -> Iterator[Diagnostic]:
    """Brokers that send the containers of others to these containers themselves."""
    known = hosts(system)
    for name in system.services:
        said = settings(system, name)
        told = next((setting for key, setting in said.items() if _ADVERTISED.match(key)), None)
        if told is None or networks(system, name) is None:
            continue
        local = _local_ports(told, said)
        for each in references(system):
            alone = each.service not in sharers(system, name) and networks(system, each.service) is not None
            if known.get(each.host) == name and alone and each.certain and each.port in local:
                message = f"`{name}` advertises `{local[each.port]}`, and `{each.service}`, which asks it on port "
                message += f"`{each.port}`, is sent to itself by that"
                hint = f"advertise `{name}:{each.port}` there, and give the host a listener of its own"
                yield found_at(told, "advertised-localhost", message, hint)
                break


def _local_ports(told: Setting, said: Mapping[str, Setting]) -> dict[int | None, str]:
    """The ports on which the broker listens and advertises localhost, with what it says."""
    own = next((said[key] for key in ("KAFKA_LISTENERS", "KAFKA_CFG_LISTENERS") if key in said), None)
    ports = {match["name"]: int(match["port"]) for match in _LISTENER.finditer((own and own.value) or "")}
    return {
        ports.get(match["name"], int(match["port"])): f"{match['host']}:{match['port']}"
        for match in _LISTENER.finditer(told.value or "")
        if match["host"].lower() in LOOPBACK
    }
