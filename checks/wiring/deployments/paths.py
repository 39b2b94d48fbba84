"""Paths: what probes, ingresses and URLs ask against the routes of the application that answers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from checks.model import Diagnostic, Place
from checks.wiring.deployments.rules import ENTRY_PATH, PROBE_PATH, URL_PATH, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import App, Entry, Probe, Role, Route, Unit, Variable

_GIVEN = ("/", "/docs", "/redoc", "/openapi.json")
_PATTERN = re.compile(r"[(*$|\\\[^]")
_METHOD = re.compile(r"(?:^|\s)(?:-X|--request)(?:\s|=)")
_UNREACHED = "the application has no route of that path"


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about every path that leads to an application whose routes are all known."""
    for unit in scene.deployment.units:
        app = routed(scene, unit)
        if app is not None and unit.role is not Role.INIT:
            for probe in unit.probes:
                yield from _probe(scene, unit, app, probe)
    for entry in scene.deployment.entries:
        yield from _entry(scene, entry)
    for unit in scene.deployment.units:
        for variable in unit.variables.values():
            yield from _url(scene, variable)


def count(scene: Scene) -> int:
    """How many paths there are to judge."""
    probes = (probe for unit in scene.deployment.units if routed(scene, unit) for probe in unit.probes)
    asked = sum(probe.path is not None for probe in probes)
    return asked + sum(
        entry.path is not None and _only_app(scene, entry.target) is not None for entry in scene.deployment.entries
    )


def routed(scene: Scene, unit: Unit) -> App | None:
    """The application of a unit, where every route of it is known as the client sees it."""
    app = scene.app(unit)
    if app is None or not app.complete or not app.routes:
        return None
    shifted = any("root-path" in word or "root_path" in word for one in unit.starts for word in one.arguments)
    return None if shifted else app


def _probe(scene: Scene, unit: Unit, app: App, probe: Probe) -> Iterator[Diagnostic]:
    if probe.path is None or not _is_asked(scene, unit, probe):
        return
    path = probe.path.partition("?")[0]
    fitting = [route for route in app.routes if fits(route.path, path)]
    if not fitting and path not in _GIVEN[1:]:
        message = f"the {probe.purpose} check asks `{path}`: {_UNREACHED}"
        yield finding(PROBE_PATH, probe.place, message, nearest(path, app))
    elif fitting and not _METHOD.search(" ".join(probe.command)) and not any(_answers_get(route) for route in fitting):
        route = fitting[0]
        message = f"the {probe.purpose} check asks `GET {path}`, which takes {_methods(route)} only ({route.place})"
        yield finding(PROBE_PATH, probe.place, message, nearest(path, app))


def _answers_get(route: Route) -> bool:
    return bool({"GET", "HEAD"} & set(route.methods)) or not route.methods


def _methods(route: Route) -> str:
    return ", ".join(f"`{method}`" for method in route.methods)


def _is_asked(scene: Scene, unit: Unit, probe: Probe) -> bool:
    """Whether the probe leads to the application, not to something else that listens beside it."""
    listening = scene.listens(unit)
    if listening is None or probe.port == listening.number:
        return True
    return not isinstance(probe.port, int) or len({port.number for port in unit.ports} | {probe.port}) == 1


def _entry(scene: Scene, entry: Entry) -> Iterator[Diagnostic]:
    app = _only_app(scene, entry.target)
    if app is None or entry.path is None or not entry.kept or _PATTERN.search(entry.path):
        return
    known = [route.path for route in app.routes]
    path = entry.path
    if path.rstrip("/") and not any(_meets(route, path, entry.exact) for route in (*known, *_GIVEN[1:])):
        said = f"`{path}` is led to `{entry.target}`, where no route has or begins with it"
        yield finding(ENTRY_PATH, entry.place, said, nearest(path, app))


def _meets(route: str, path: str, exact: bool) -> bool:
    return fits(route, path) or (not exact and begins(route, path))


def _only_app(scene: Scene, host: str) -> App | None:
    units = scene.at(host)
    return routed(scene, units[0]) if len(units) == 1 else None


def _url(scene: Scene, variable: Variable) -> Iterator[Diagnostic]:
    """A URL that leads into the deployment: its path is a route, or what routes begin with."""
    if variable.value is None or "://" not in variable.value:
        return
    parts = urlsplit(variable.value) if variable.value.startswith(("http://", "https://")) else None
    host = _host_of(parts.netloc) if parts else None
    app = _only_app(scene, host) if host else None
    if parts is None or app is None or not parts.path.rstrip("/") or re.search(r"[{}$%<]", parts.path):
        return
    if not any(fits(route.path, parts.path) or begins(route.path, parts.path) for route in app.routes):
        message = f"`{variable.name}` leads to `{parts.path}` of `{host}`, where no route has or begins with it"
        yield finding(URL_PATH, variable.place, message, nearest(parts.path, app))


def _host_of(netloc: str) -> str | None:
    return netloc.rpartition("@")[2].partition(":")[0] or None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _is_open(part: str) -> bool:
    return "{" in part or part.startswith("<")


def _takes_rest(part: str) -> bool:
    return ":path}" in part or part.startswith("<path:")


def fits(route: str, path: str) -> bool:
    """Whether a route answers a path; a slash at the end is redirected."""
    ours, theirs = _parts(route), _parts(path)
    for index, part in enumerate(ours):
        if _takes_rest(part):
            return len(theirs) >= index
        if index >= len(theirs) or not (part == theirs[index] or _is_open(part) or theirs[index] == "{}"):
            return False
    return len(ours) == len(theirs)


def begins(route: str, path: str) -> bool:
    """Whether a route lies below a path."""
    ours, theirs = _parts(route), _parts(path)
    return len(ours) >= len(theirs) and all(
        mine == other or _is_open(mine) for mine, other in zip(ours, theirs, strict=False)
    )


def nearest(path: str, app: App) -> str:
    """The route that was likely meant, else some of those that are there."""
    known = list(dict.fromkeys(route.path for route in app.routes))
    near = difflib.get_close_matches(path, known, 1, 0.4) or [one for one in known if one.endswith(path)][:1]
    if near:
        return f"the nearest route is `{near[0]}` ({_place_of(near[0], app.routes)})"
    return f"its routes: {', '.join(f'`{one}`' for one in known[:6])}"


def _place_of(path: str, routes: Sequence[Route]) -> Place:
    return next(route.place for route in routes if route.path == path)
