"""Webhooks that others call from outside: an ingress that lets in some paths has to let in these as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from checks.model import Diagnostic
from checks.wiring.deployments.paths import begins, fits
from checks.wiring.deployments.rules import UNREACHED, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import Entry, Route

_OUTSIDE = frozenset(("webhook", "webhooks", "hooks"))
_WITHIN = frozenset(("internal", "private"))
_PATTERN = re.compile(r"[(*$|\\\[^]")


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about a deployment whose ingress leads to an application, and to none of its webhooks' paths."""
    entries = scene.deployment.entries
    if scene.deployment.kind == "compose" or any(
        one.path is None or not one.kept or _PATTERN.search(one.path) for one in entries
    ):
        return
    told: set[str] = set()
    for unit in scene.deployment.units:
        app = scene.app(unit)
        own = [one for one in entries if unit in scene.at(one.target)]
        for route in app.routes if app is not None and own else ():
            if route.path in told or not _is_outside(route) or _is_called_within(scene, route):
                continue
            if not any(_covers(one, route) for one in entries):
                told.add(route.path)
                listed = ", ".join(dict.fromkeys(f"`{one.path}`" for one in own))
                message = f"no path of the ingress leads to `{route.path}` ({route.place}): it lets in {listed} only"
                hint = "let the path in, where others call it from outside"
                yield finding(UNREACHED, own[0].place, message, hint)


def _is_outside(route: Route) -> bool:
    parts = set(route.path.strip("/").lower().split("/"))
    return bool(parts & _OUTSIDE) and not parts & _WITHIN and "POST" in route.methods


def _covers(entry: Entry, route: Route) -> bool:
    path = entry.path or "/"
    return fits(route.path, path) or (not entry.exact and begins(route.path, path))


def _is_called_within(scene: Scene, route: Route) -> bool:
    """Whether a setting of the deployment names the route under a host of its own: then neighbours call it."""
    for unit in scene.deployment.units:
        for variable in unit.variables.values():
            host, path = _address(variable.value or "")
            if host in scene.hosts and fits(route.path, path):
                return True
    return False


def _address(text: str) -> tuple[str | None, str]:
    try:
        parts = urlsplit(text if text.startswith("http") else "")
    except ValueError:
        return None, ""
    return parts.hostname, parts.path
