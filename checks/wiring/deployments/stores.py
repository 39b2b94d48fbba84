"""Databases that units should share: one says PostgreSQL and the other a file, or each has a file of its own."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Diagnostic, Place
from checks.wiring.deployments.drivers import Openings
from checks.wiring.deployments.rules import SEPARATE_FILES, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import Role, Unit

_SQLITE = re.compile(r"sqlite(?:\+\w+)?:///(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Store:
    """What one unit opens: a file (`path`, and what is mounted there), or a server (`path` None)."""

    unit: Unit
    url: str
    place: Place
    path: str | None
    mount: str | None


def judge(scene: Scene, openings: Openings) -> Iterator[Diagnostic]:
    """Findings about units that open the same setting and come to different databases."""
    by_name: defaultdict[str, list[_Store]] = defaultdict(list)
    for unit in scene.deployment.units:
        for name, store in dict(_stores(unit, openings)).items():
            by_name[name].append(store)
    for name, stores in by_name.items():
        yield from _judged(name, stores)


def _stores(unit: Unit, openings: Openings) -> Iterator[tuple[str, _Store]]:
    for opening in openings.of(unit):
        said = opening.origin.value_in(unit)
        known = opening.origin.read is not None and said is not None and "://" in said[0]
        if known and opening.origin.read and said and openings.matters(unit, opening):
            yield opening.origin.read.name, _store(unit, said[0], said[1])


def _store(unit: Unit, url: str, place: Place) -> _Store:
    found = _SQLITE.match(url)
    if found is None:
        return _Store(unit, url, place, None, None)
    path = posixpath.normpath(posixpath.join(unit.workdir or "/", found[1].partition("?")[0]))
    covering = [target for target in unit.mounts if path == target or path.startswith(f"{target}/")]
    return _Store(unit, url, place, path, unit.mounts[max(covering, key=len)] if covering else None)


def _judged(name: str, stores: list[_Store]) -> Iterator[Diagnostic]:
    servers = [store for store in stores if store.path is None]
    files = [store for store in stores if store.path is not None and "memory" not in store.url]
    if servers:
        for store in files:
            other = servers[0]
            message = (
                f"`{_name(store)}` opens a file of its own (`{_scheme(store)}`, {store.place}), while `{name}` of "
                f"`{_name(other)}` is `{_scheme(other)}` ({other.place})"
            )
            yield finding(SEPARATE_FILES, store.unit.place, message, f"set `{name}` here, too")
    elif len({(store.mount, store.path) for store in files if store.mount}) != 1 or any(not one.mount for one in files):
        yield from _apart(name, files)


def _apart(name: str, files: list[_Store]) -> Iterator[Diagnostic]:
    """Every container has a file system of its own."""
    lasting = [store for store in files if store.unit.role in (Role.SERVICE, Role.INIT)]
    if len(lasting) > 1 and len({store.mount for store in lasting} | {None}) <= 1:
        first, second = lasting[0], lasting[1]
        message = (
            f"`{name}` is a file in each container: `{_name(first)}` and `{_name(second)}` do not see each other's "
            f"(`{_scheme(second)}`, {second.place})"
        )
        place = first.unit.place if first.place.file.endswith(".py") else first.place
        yield finding(SEPARATE_FILES, place, message, "let both mount one volume there, or use a server")


def _scheme(store: _Store) -> str:
    return store.url.partition("://")[0] + "://"


def _name(store: _Store) -> str:
    return store.unit.name.rpartition("/")[2]
