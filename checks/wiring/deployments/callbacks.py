"""Addresses of this system that its code tells to others: a webhook or callback has to be a route that is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.model import Diagnostic, Place
from checks.wiring.deployments.paths import fits, nearest
from checks.wiring.deployments.rules import CALL_PATH, finding
from checks.wiring.model import App
from checks.wiring.system import System

_OWN = re.compile(
    r"^(?:self_|own_)?(?:public|external|callback|webhooks?)_?(?:\w+_)?(?:url|uri|base)$|_public_url$", re.I
)
_INWARD = frozenset(("webhooks", "webhook", "hooks", "callbacks", "callback"))
_ANY = "{}"


def judge(system: System) -> Iterator[Diagnostic]:
    """Findings about `f"{settings.public_base_url}/webhooks/..."`, where there is one application, all of it known."""
    apps, index = system.code.apps, system.code.index
    if index is None or len(apps) != 1 or not apps[0].complete or not apps[0].routes:
        return
    for module in index.sources.own_modules():
        for node in ast.walk(module.tree):
            path = _path(node) if isinstance(node, ast.JoinedStr) else None
            if path is not None and _is_ours(path, apps[0]) and not any(fits(one.path, path) for one in apps[0].routes):
                message = f"`{path}` is given out as an address of this application, which has no route of that path"
                yield finding(
                    CALL_PATH, Place(module.file, getattr(node, "lineno", 1)), message, nearest(path, apps[0])
                )


def _path(node: ast.JoinedStr) -> str | None:
    """The path behind a base that is the system's own by its name; `{}` stands for what is not known."""
    first = node.values[0] if node.values else None
    if not isinstance(first, ast.FormattedValue) or len(node.values) < 2:
        return None
    base = first.value
    while isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute) and base.func.attr in ("rstrip", "strip"):
        base = base.func.value
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    if not _OWN.search(name):
        return None
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else _ANY for part in node.values[1:])
    path = text.partition("?")[0].partition("#")[0]
    whole = all(part == _ANY or _ANY not in part for part in path.split("/"))
    return path if path.startswith("/") and whole else None


def _is_ours(path: str, app: App) -> bool:
    """Whether a path begins as routes of the application do, so that it can be meant for nothing else."""
    parts = [part for part in path.split("/") if part]
    known = [[part for part in route.path.split("/") if part] for route in app.routes]
    if not parts or parts[0] == _ANY or not any(route[:1] == parts[:1] for route in known):
        return False
    return parts[0] in _INWARD or (
        len(parts) > 2 and parts[1] != _ANY and any(route[:2] == parts[:2] for route in known)
    )
