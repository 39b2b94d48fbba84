"""Asking a service: what it is set, what it starts, where it listens, and who reaches it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.deploy.compose.containers import container_of, started_by
from checks.deploy.compose.env_files import env_file_lines
from checks.deploy.compose.known import IMAGES, Known
from checks.deploy.compose.places import shown
from checks.deploy.compose.system import System
from checks.deploy.dockerfile.image import repository
from checks.deploy.dockerfile.running import Running
from checks.model import Diagnostic, Severity


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable of a service, and where it was written; `value` None where Compose hands on the host's.

    `raw` is the text before any variable was put in.
    """

    name: str
    value: str | None
    file: str
    line: int | None
    raw: str = ""


def settings(system: System, name: str) -> dict[str, Setting]:
    """The environment of a service, env files below it."""
    found: dict[str, Setting] = {}
    for item in system.written.get(name, {}).get("env_file") or []:
        for key, (text, path, number) in env_file_lines(Path(str(item["path"]))).items():
            found[key] = Setting(key, text, shown(path, system.root), number)
    service = system.services[name]
    own = system.written.get(name, {}).get("environment") or {}
    for key, value in (service.get("environment") or {}).items():
        if key in found and key not in own:
            continue
        found[key] = Setting(key, _text(value), *_place(system, name, key))
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value).replace("$$", "$")


def _place(system: System, name: str, key: str) -> tuple[str, int | None, str]:
    """Where a variable is set, and as what; in the list form each item has its own line."""
    path = ("services", name, "environment")
    for document in reversed(system.places.documents):
        if (line := document.line_of((*path, key))) is not None:
            return document.name, line, str(document.raw((*path, key)))
        listed = document.raw(path)
        if isinstance(listed, list):
            for index, item in enumerate(listed):
                if str(item).partition("=")[0] == key:
                    return document.name, document.line_of((*path, index)), str(item)
    return (*system.places.find((*path, key)), "$")


def words(system: System, name: str, key: str) -> tuple[str, ...] | None:
    """`command` or `entrypoint` of a service as words; None where it says nothing."""
    value = system.services[name].get(key)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError:
            return None
    return tuple(str(word).replace("$$", "$") for word in value)


def image_of(system: System, name: str) -> tuple[str, str]:
    """Repository and tag of a service's image; empty where it is built here."""
    service = system.services[name]
    image = str(service.get("image") or "")
    if service.get("build") or not image:
        return "", ""
    return repository(image), image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def known_of(system: System, name: str) -> Known | None:
    """What is known of a service's image."""
    return IMAGES.get(image_of(system, name)[0])


def published(system: System, name: str) -> list[tuple[int, int | None]]:
    """The container ports of a service, each with the host's port that leads to it."""
    pairs: list[tuple[int, int | None]] = []
    for port in system.services[name].get("ports") or []:
        on_host = str(port.get("published") or "")
        pairs.append((int(port["target"]), int(on_host) if on_host.isdecimal() else None))
    return pairs


def offered(system: System, name: str) -> set[int]:
    """The ports that the files name for a service, whoever listens there."""
    exposed = (str(port).partition("/")[0] for port in system.services[name].get("expose") or [])
    return {target for target, _ in published(system, name)} | {int(port) for port in exposed if port.isdecimal()}


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a service listens for certain, and why that is known; `may` are ports it may answer on besides."""

    ports: frozenset[int]
    because: str
    may: frozenset[int] = frozenset()
    said: bool = True


def listening(system: System, name: str) -> Listening | None:
    """Where a service listens; None where that cannot be known."""
    known = known_of(system, name)
    if known is not None:
        return _of_image(system, name, known)
    servers = [each for each in started(system, name) if each.server]
    others = [each for each in started(system, name) if not each.server and each.program not in _PASSING]
    if len(servers) != 1 or servers[0].port is None or any(each.file or each.module for each in others):
        return None
    server = servers[0]
    because = f"`{server.program}` listens on port `{server.port}`" + ("" if server.said else " when nothing is said")
    return Listening(frozenset({servers[0].port}), because, said=server.said)


_PASSING = frozenset({"alembic", "echo", "sleep", "wait-for-it.sh", "wait-for", "sh", "bash", "mkdir", "chmod"})


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
    # MinIO's console is told where to listen: `--console-address :9001`.
    consoles = re.findall(r"--console-address[= ]\S*?:(\d+)", " ".join(command))
    extra = frozenset((*known.extra, *(int(port) for port in consoles)))
    return Listening(known.ports, f"image `{repo}` listens on {listed}", extra)


def started(system: System, name: str) -> tuple[Running, ...]:
    """The programs that a service starts, by its own words or its Dockerfile's."""
    container = container_of(system, name)
    if container is None:
        return ()
    return started_by(container, words(system, name, "entrypoint"), words(system, name, "command"))


def hosts(system: System) -> dict[str, str]:
    """Every host name under which a service is reached, with the service."""
    found: dict[str, str] = {}
    for name, service in system.services.items():
        for network in (service.get("networks") or {}).values():
            found.update({str(alias).lower(): name for alias in (network or {}).get("aliases") or []})
        for other in (service.get("container_name"), service.get("hostname")):
            if other:
                found[str(other).lower()] = name
    return {**found, **{name.lower(): name for name in system.services}}


def networks(system: System, name: str) -> frozenset[str] | None:
    """The networks of a service; None where it shares another's, or the host's."""
    service = system.services[name]
    if service.get("network_mode"):
        return None
    return frozenset(service.get("networks") or {"default": None})


def own_names(system: System, name: str) -> Iterator[str]:
    """Host names that only this service knows: extra hosts, links."""
    service = system.services[name]
    extra = service.get("extra_hosts") or []
    for item in extra:
        yield str(item).replace("=", ":").partition(":")[0].lower()
    for key in ("links", "external_links"):
        for item in service.get(key) or []:
            yield str(item).rpartition(":")[2].lower()


def found_at(
    setting: Setting, rule: str, message: str, hint: str | None = None, severity: Severity = Severity.ERROR
) -> Diagnostic:
    """A finding at a variable; `rule` without `compose.`."""
    return Diagnostic(f"compose.{rule}", severity, message, setting.file, setting.line, hint=hint)


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, or an empty one."""
    return value if isinstance(value, dict) else {}
