"""Databases keep their data where a volume is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.compose.services import image_of, known_of, settings
from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity

_DATA = {"postgres": "/var/lib/postgresql/data", "mysql": "/var/lib/mysql", "mongo": "/data/db", "redis": "/data"}
_NEW_POSTGRES = 18


def stores(system: System) -> Iterator[Diagnostic]:
    """Volumes of a database that its data does not come to lie in."""
    for name, service in system.services.items():
        known = known_of(system, name)
        data = _DATA.get(known.kind) if known is not None else None
        mounts = [item for item in service.get("volumes") or [] if item.get("type") in ("volume", "bind")]
        if data is None or not mounts or "PGDATA" in settings(system, name):
            continue
        targets = [str(mount.get("target")).rstrip("/") for mount in mounts]
        if known is not None and known.kind == "postgres" and _is_new(*image_of(system, name)):
            if data in targets:
                message = f"PostgreSQL {_NEW_POSTGRES} and later do not start with a volume at `{data}`"
                yield _diagnostic(system, name, targets.index(data), message, "write `/var/lib/postgresql`")
            continue
        yield from _lost(system, name, targets, data)


def _is_new(image: str, tag: str) -> bool:
    number = re.match(r"(\d+)", tag)
    return image == "postgres" and number is not None and int(number[1]) >= _NEW_POSTGRES


def _lost(system: System, name: str, targets: list[str], data: str) -> Iterator[Diagnostic]:
    named = [
        index
        for index, mount in enumerate(system.services[name].get("volumes") or [])
        if mount.get("type") == "volume" and mount.get("source")
    ]
    kept = any(target == data or target.startswith(f"{data}/") for target in targets)
    if named and not kept and not data.startswith(tuple(f"{target}/" for target in targets if target.count("/") < 3)):
        message = (
            f"`{name}` keeps its data in `{data}`, and the volume lies elsewhere: the data goes with the container"
        )
        yield _diagnostic(system, name, named[0], message, f"mount it at `{data}`", Severity.WARNING)


def _diagnostic(
    system: System, name: str, index: int, message: str, hint: str, severity: Severity = Severity.ERROR
) -> Diagnostic:
    count = len(system.services[name].get("volumes") or [])
    file, line = system.places.find_item(("services", name, "volumes"), index, count)
    return Diagnostic("compose.wrong-mount", severity, message, file, line, hint=hint)
