"""Databases keep their data where a volume is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from checks.deploy.compose.places import shown
from checks.deploy.compose.ports import together
from checks.deploy.compose.services import image_of, known_of, settings, words
from checks.deploy.compose.system import System
from checks.deploy.dockerfile.sources import within
from checks.model import Diagnostic, Severity

_DATA = {"postgres": "/var/lib/postgresql/data", "mysql": "/var/lib/mysql", "mongo": "/data/db", "redis": "/data"}
_NEW_POSTGRES = 18
_SERVERS = ("postgres", "mysqld", "mariadbd", "mongod", "redis-server", "valkey-server")
_INITIAL = "docker-entrypoint-initdb.d"
_NEAR = 0.75


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


def shared_data(system: System) -> Iterator[Diagnostic]:
    """Two servers on one folder: the second finds the first one's data, and each destroys the other's."""
    seen: dict[tuple[str, str], str] = {}
    # In the order of the files: Compose sorts what it prints.
    for name in sorted(system.services, key=lambda name: list(system.written or system.services).index(name)):
        for index, source, inside in _data_mounts(system, name):
            other = seen.setdefault((source, inside), name)
            if other != name and together(system, other, name):
                kept = source if "/" not in source else shown(Path(source), system.root)
                message = f"`{name}` and `{other}` keep their data in the same place, `{kept}`"
                count = len(system.services[name].get("volumes") or [])
                file, line = system.places.find_item(("services", name, "volumes"), index, count)
                hint = "give each a volume of its own"
                apart = bool(system.services[other].get("profiles")) != bool(system.services[name].get("profiles"))
                message += "; one may be started in place of the other" if apart else ""
                severity = Severity.WARNING if apart else Severity.ERROR
                yield Diagnostic("compose.shared-data", severity, message, file, line, hint=hint)


def _data_mounts(system: System, name: str) -> Iterator[tuple[int, str, str]]:
    """What a database server writes its data to: which mount, what is mounted, and the folder in it."""
    data = _data_folder(system, name)
    for index, mount in enumerate(system.services[name].get("volumes") or []):
        target = str(mount.get("target")).rstrip("/")
        inside = within(data, target) if data else None
        plain = mount.get("source") and not mount.get("read_only") and not mount.get("volume", {}).get("subpath")
        if inside is not None and plain:
            yield index, str(mount["source"]), inside


def _data_folder(system: System, name: str) -> str | None:
    """Where a service that is started as a database server keeps its data; None where it is not, or nobody knows."""
    known = known_of(system, name)
    data = _DATA.get(known.kind) if known is not None else None
    command = words(system, name, "command") or ()
    server = not command or command[0].startswith("-") or command[0].endswith(_SERVERS)
    told = any(word.startswith(("--dir", "--datadir", "--dbpath", "-D")) or ".conf" in word for word in command)
    if data is None or known is None or not server or told or system.services[name].get("entrypoint") is not None:
        return None
    image, tag = image_of(system, name)
    if _is_new(image, tag):
        data = f"/var/lib/postgresql/{tag.partition('.')[0].partition('-')[0]}/docker"
    said = settings(system, name).get("PGDATA") if known.kind == "postgres" else None
    return (said.value if said else None) or data


def misplaced_scripts(system: System) -> Iterator[Diagnostic]:
    """Scripts for a database's first start that lie where it does not look."""
    for name, service in system.services.items():
        known = known_of(system, name)
        if known is None or known.kind not in ("postgres", "mysql", "mongo"):
            continue
        start = " ".join((*(words(system, name, "entrypoint") or ()), *(words(system, name, "command") or ())))
        for index, mount in enumerate(service.get("volumes") or []):
            first = str(mount.get("target")).strip("/").partition("/")[0]
            near = SequenceMatcher(None, first, _INITIAL).ratio() > _NEAR and first != _INITIAL
            if (
                mount.get("type") == "bind"
                and near
                and f"/{first}" not in start
                and not first.endswith((".sh", "entrypoint"))
            ):
                message = f"`{name}` runs scripts of `/{_INITIAL}` at its first start, and these lie in `/{first}`"
                yield _diagnostic(system, name, index, message, f"mount them in `/{_INITIAL}`")


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
