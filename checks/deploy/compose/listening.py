"""Where a service listens, as far as its image, its command or its code says so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from checks.deploy.compose.containers import container_of
from checks.deploy.compose.known import Known
from checks.deploy.compose.node import node_server
from checks.deploy.compose.services import image_of, known_of, settings, sharers, started, words
from checks.deploy.compose.system import System, remembered

_PASSING = frozenset({"alembic", "echo", "sleep", "wait-for-it.sh", "wait-for", "sh", "bash", "mkdir", "chmod"})


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a service listens for certain, and why that is known; `may` are ports it may answer on besides."""

    ports: frozenset[int]
    because: str
    may: frozenset[int] = frozenset()
    said: bool = True


@remembered
def listening(system: System, name: str) -> Listening | None:
    """Where a service listens, with those that share its network; None where that cannot be known."""
    own = _own(system, name)
    for other in sharers(system, name) - {name}:
        theirs = _own(system, other)
        if own is None or theirs is None:
            return None
        own = replace(own, may=own.may | theirs.ports | theirs.may)
    return own


def _own(system: System, name: str) -> Listening | None:
    known = known_of(system, name)
    if known is not None:
        return _of_image(system, name, known)
    every = started(system, name)
    servers = [each for each in every if each.server]
    others = [each for each in every if not each.server and each.program not in _PASSING]
    if len(every) == 1 and not servers:
        return _of_node(system, name)
    if len(servers) != 1 or servers[0].port is None or any(each.file or each.module for each in others):
        return None
    server = servers[0]
    because = f"`{server.program}` listens on port `{server.port}`" + ("" if server.said else " when nothing is said")
    return Listening(frozenset({servers[0].port}), because, said=server.said)


def _of_node(system: System, name: str) -> Listening | None:
    told = container_of(system, name)
    variables = {key: setting.value for key, setting in settings(system, name).items()}
    found = node_server(started(system, name)[0], told.container, variables) if told is not None else None
    return Listening(frozenset({found.port}), f"`{found.file}` listens on port `{found.port}`") if found else None


def _of_image(system: System, name: str, known: Known) -> Listening | None:
    said = settings(system, name)
    command = (*(words(system, name, "entrypoint") or ()), *(words(system, name, "command") or ()))
    changed = any(setting in said for setting in known.settings)
    changed = changed or any(option in word for option in known.options for word in command)
    if system.services[name].get("entrypoint") is not None and known.kind != "redis":
        return None
    targets = [str(mount.get("target")) for mount in system.services[name].get("volumes") or []]
    targets += [str(item.get("target")) for item in system.services[name].get("configs") or []]
    changed = changed or any(target.startswith(folder) for folder in known.configured for target in targets)
    if changed:
        return None
    repo = image_of(system, name)[0]
    listed = ", ".join(f"`{port}`" for port in sorted(known.ports))
    return Listening(known.ports, f"image `{repo}` listens on {listed}", frozenset((*known.extra, *consoles(command))))


def consoles(command: tuple[str, ...]) -> frozenset[int]:
    """Where MinIO's console is told to listen: `--console-address :9001`."""
    return frozenset(int(port) for port in re.findall(r"--console-address[= ]\S*?:(\d+)", " ".join(command)))
