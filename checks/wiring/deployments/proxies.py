"""Paths that an nginx hands on: what arrives has to be a route of the application behind it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.deploy.dockerfile.sources import within
from checks.model import Diagnostic, Place
from checks.wiring.deployments.paths import begins, fits, nearest, routed
from checks.wiring.deployments.rules import ENTRY_PATH, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import App

_NAME = re.compile(r"\.(?:conf|conf\.template|nginx|template)\Z|nginx[^/]*\Z")
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_LOCATION = re.compile(r"\blocation\s+(?:(=|\^~|~\*?)\s*)?([^\s{~=]\S*)\s*\{([^{}]*)\}")
_PASS = re.compile(r"\bproxy_pass\s+https?://([\w.-]+)(?::\d+)?(/[^\s;]*)?\s*;")
_UPSTREAM = re.compile(r"\bupstream\s+([\w.-]+)\s*\{[^{}]*?\bserver\s+([\w.-]+)")
_OTHERWISE = re.compile(r"\brewrite\b|\breturn\b|\balias\b|X-Forwarded-Prefix|\$")
_GIVEN = ("/docs", "/redoc", "/openapi.json")
_LIMIT = 1 << 18


@dataclass(frozen=True, slots=True)
class Location:
    """What one `location` hands on: `path` as it comes in, `becomes` in its place (None: unchanged), and to whom."""

    path: str
    becomes: str | None
    host: str
    place: Place
    exact: bool


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about the files of nginx that units of a deployment mount, or have in their images."""
    for file in scene.system.files:
        if _NAME.search(file) and _is_used(scene, file):
            for location in read_locations(_text(scene, file), file):
                yield from _judged(scene, location)


def _is_used(scene: Scene, file: str) -> bool:
    full = os.path.normpath(scene.system.root / file)
    for unit in scene.deployment.units:
        sources = [what.partition(" ")[2] for what in unit.mounts.values() if what.startswith("bind ")]
        copied = [str(scene.system.root / each.source) for each in unit.built.copied] if unit.built else []
        server = "nginx" in f"{unit.image or ''} {unit.built.base if unit.built else ''} {unit.name}"
        if server and any(within(full, os.path.normpath(source)) is not None for source in (*sources, *copied)):
            return True
    return False


def _text(scene: Scene, file: str) -> str:
    try:
        return (scene.system.root / file).read_bytes()[:_LIMIT].decode("utf-8", "replace")
    except OSError:
        return ""


def read_locations(text: str, file: str) -> Iterator[Location]:
    """The plain locations of a file that hand on everything below one path; patterns and rewrites are not followed."""
    text = _COMMENT.sub(lambda found: " " * len(found[0]), text)
    upstreams = {found[1]: found[2] for found in _UPSTREAM.finditer(text)}
    for found in _LOCATION.finditer(text):
        kind, path, body = found[1], found[2], found[3]
        passed = _PASS.search(body)
        rest = re.sub(r"\b(?:proxy_set_header|add_header)\b[^;]*;", "", body) if "Prefix" not in body else "$"
        if passed is None or not path.startswith("/") or (kind or "").startswith("~") or _OTHERWISE.search(rest):
            continue
        line = text.count("\n", 0, found.start(3) + passed.start()) + 1
        host = upstreams.get(passed[1], passed[1])
        yield Location(path, passed[2], host, Place(file, line), kind == "=")


def _judged(scene: Scene, location: Location) -> Iterator[Diagnostic]:
    units = scene.at(location.host)
    app = scene.app(units[0]) if len(units) == 1 else None
    if app is None or location.path == "/":
        return
    if location.becomes is None or location.becomes == location.path:
        if routed(scene, units[0]) is not None and not _has(app, location.path, location.exact):
            message = f"`{location.path}` is handed on to `{location.host}`, where no route has or begins with it"
            yield finding(ENTRY_PATH, location.place, message, nearest(location.path, app))
        return
    lost = _lost(app, location)
    if lost is not None:
        message = (
            f"`{location.path}` is handed on as `{location.becomes}`: `{lost[0]}` ({lost[1]}) is asked as `{lost[2]}`, "
            f"which is no route of `{location.host}`"
        )
        yield finding(ENTRY_PATH, location.place, message, "leave the path out of `proxy_pass`: it is handed on whole")


def _has(app: App, path: str, exact: bool) -> bool:
    known = (*(route.path for route in app.routes), *_GIVEN)
    return any(fits(route, path) or (not exact and begins(route, path)) for route in known)


def _lost(app: App, location: Location) -> tuple[str, Place, str] | None:
    """A route below the path, where every one of them arrives under a path that is none.

    Nobody has the same routes once more under the other path, so that this is certain also where some are not known.
    """
    below = [route for route in app.routes if route.path.startswith(location.path) and not location.exact]
    arrived = [(location.becomes or "/") + route.path[len(location.path) :] for route in below]
    if not below or any(fits(route.path, path) for route in app.routes for path in arrived):
        return None
    return below[0].path, below[0].place, arrived[0]
