"""Asking a service: what it is set, what it starts, where it listens, and who reaches it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.deploy.compose.containers import container_of, started_by
from checks.deploy.compose.env_files import env_file_lines
from checks.deploy.compose.known import IMAGES, Known
from checks.deploy.compose.places import shown
from checks.deploy.compose.system import System, remembered
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


@remembered
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
    return place_in(system, name, "environment", key)


def place_in(system: System, name: str, section: str, key: str) -> tuple[str, int | None, str]:
    """The same for any part of a service that is a mapping or a list of `NAME=value`."""
    path = ("services", name, section)
    for document in reversed(system.places.documents):
        if (line := document.line_of((*path, key))) is not None:
            return document.name, line, str(document.raw((*path, key)))
        listed = document.raw(path)
        if isinstance(listed, list):
            for index, item in enumerate(listed):
                if str(item).partition("=")[0] == key:
                    return document.name, document.line_of((*path, index)), str(item)
    return (*system.places.find((*path, key)), "$")


def is_shared(system: System, setting: Setting, name: str) -> bool:
    """Whether another service has the same variable: one of them may have it for nothing."""
    others = (settings(system, other).get(setting.name) for other in system.services if other != name)
    return any(other is not None and other.value == setting.value for other in others)


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


@remembered
def started(system: System, name: str) -> tuple[Running, ...]:
    """The programs that a service starts, by its own words or its Dockerfile's."""
    container = container_of(system, name)
    if container is None:
        return ()
    return started_by(container, words(system, name, "entrypoint"), words(system, name, "command"))


@remembered
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
    """The networks of a service, or of the one whose network it shares; None where that is the host's or unknown."""
    owner = shared_with(system, name)
    service = system.services.get(owner, {})
    if service.get("network_mode") or owner not in system.services:
        return None
    return frozenset(service.get("networks") or {"default": None})


def shared_with(system: System, name: str) -> str:
    """The service whose network a service shares in the end; itself where it has its own."""
    seen = [name]
    while (mode := str(system.services.get(seen[-1], {}).get("network_mode") or "")).startswith(
        ("service:", "container:")
    ):
        kind, _, other = mode.partition(":")
        owner = hosts(system).get(other.lower(), other) if kind == "container" else other
        if owner in seen:
            break
        seen.append(owner)
    return seen[-1]


def sharers(system: System, name: str) -> frozenset[str]:
    """The services that share one network with `name`, itself among them: localhost is the same for all."""
    mode = system.services[name].get("network_mode")
    if mode == "host":
        return frozenset(each for each, item in system.services.items() if item.get("network_mode") == "host")
    owner = shared_with(system, name)
    return frozenset(each for each in system.services if shared_with(system, each) == owner) | {name}


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
