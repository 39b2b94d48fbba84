"""What Compose accepts and what still cannot work: rules over the merged model, whoever merged it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from checks.deploy.compose.addresses import static_addresses
from checks.deploy.compose.built import build_secrets, built
from checks.deploy.compose.commands import commands, container_ports, healthchecks
from checks.deploy.compose.consistency import cycles
from checks.deploy.compose.databases import credentials, needed_settings
from checks.deploy.compose.env_files import example_of
from checks.deploy.compose.granted import granted
from checks.deploy.compose.hiding import hidden_packages
from checks.deploy.compose.images import builds, health, names, tags
from checks.deploy.compose.kafka import advertised
from checks.deploy.compose.leftovers import covered_mounts, endless_jobs, unused
from checks.deploy.compose.logins import logins
from checks.deploy.compose.loopbacks import configured_loopbacks, development_servers, loopbacks
from checks.deploy.compose.nginx import contexts, php_code
from checks.deploy.compose.places import Places, shown
from checks.deploy.compose.ports import port_collisions
from checks.deploy.compose.reaching import reaching
from checks.deploy.compose.read_only import read_only_roots
from checks.deploy.compose.stores import misplaced_scripts, shared_data, stores
from checks.deploy.compose.system import System
from checks.deploy.compose.traefik import traefik_ports
from checks.deploy.compose.upstreams import upstreams
from checks.model import EMPTY, Diagnostic, Severity

_NOT_FILES = frozenset({".d", ".sock", ".log", ".pid"})


def unworkable(
    model: Mapping[str, Any], places: Places, root: Path, written: Mapping[str, dict[str, Any]] = EMPTY
) -> tuple[Diagnostic, ...]:
    """Every rule over one model in its normal form, as `config --format json` prints it.

    `written` are all services, as the files have them.
    """
    services = {name: item or {} for name, item in (model.get("services") or {}).items()}
    system = System(services, model, places, root, written)
    return tuple(dict.fromkeys(found for rule in WORKABLE for found in rule(system)))


def _cycles(system: System) -> Iterator[Diagnostic]:
    """Compose before 2.24 accepts them, and waits for ever."""
    for found in cycles(system.services):
        yield system.places.diagnostic(found.rule, found.path, found.message)


def _mounts(system: System) -> Iterator[Diagnostic]:
    for name, service in system.services.items():
        mounts = service.get("volumes") or []
        for index, mount in enumerate(mounts):
            source = Path(str(mount.get("source") or ""))
            if mount.get("type") == "bind" and _is_missing_file(system, source):
                file, line = system.places.find_item(("services", name, "volumes"), index, len(mounts))
                message = f"`{shown(source, system.root)}` does not exist: Docker would make a folder of that name"
                example = example_of(source)
                made = example is None and _is_made_later(system, source)
                message += "; `.gitignore` names it, so whoever sets up makes it" if made else ""
                severity = Severity.WARNING if example or made else Severity.ERROR
                hint = f"cp {shown(example, system.root)} {shown(source, system.root)}" if example else None
                yield Diagnostic("compose.missing-bind-source", severity, message, file, line, hint=hint)


def _is_made_later(system: System, source: Path) -> bool:
    """Whether git is told to leave the file out."""
    ignored = system.root / ".gitignore"
    if not ignored.is_file():
        return False
    way = shown(source, system.root)
    lines = {line.strip().strip("/") for line in ignored.read_text(encoding="utf-8", errors="replace").splitlines()}
    return bool(lines & {way, source.name, f"*{source.suffix}", *(str(folder) for folder in Path(way).parents)} - {"."})


def _is_missing_file(system: System, source: Path) -> bool:
    return bool(source.suffix) and source.suffix not in _NOT_FILES and system.inside(source) and not source.exists()


def _held_files(system: System) -> Iterator[Diagnostic]:
    for kind, severity in (("configs", Severity.ERROR), ("secrets", Severity.WARNING)):
        for name, item in (system.model.get(kind) or {}).items():
            source = Path(str((item or {}).get("file") or system.root))
            if system.inside(source) and not source.exists():
                message = f"the file `{shown(source, system.root)}` of {kind[:-1]} `{name}` does not exist"
                message += "; it may be made outside the project" if kind == "secrets" else ""
                yield system.places.diagnostic("missing-held-file", (kind, name, "file"), message, severity=severity)


WORKABLE: tuple[Callable[[System], Iterator[Diagnostic]], ...] = (
    _cycles,
    port_collisions,
    builds,
    built,
    build_secrets,
    health,
    _mounts,
    _held_files,
    tags,
    reaching,
    container_ports,
    loopbacks,
    development_servers,
    configured_loopbacks,
    traefik_ports,
    needed_settings,
    credentials,
    commands,
    healthchecks,
    endless_jobs,
    covered_mounts,
    unused,
    upstreams,
    stores,
    shared_data,
    misplaced_scripts,
    names,
    advertised,
    static_addresses,
    read_only_roots,
    contexts,
    php_code,
    granted,
    logins,
    hidden_packages,
)
