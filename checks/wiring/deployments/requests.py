"""Calls from one service of the system to another: the path is a route of the one that is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from checks.model import Diagnostic, Place
from checks.temporal.scopes import Call, Module
from checks.wiring.deployments.origins import Origin, Origins, calls_by_node
from checks.wiring.deployments.paths import begins, fits, nearest, routed
from checks.wiring.deployments.rules import CALL_PATH, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.targets import target_of
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import App, Unit

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_CLIENTS = frozenset({"httpx.AsyncClient", "httpx.Client", "aiohttp.ClientSession"})
_ANY = "{}"


@dataclass(frozen=True, slots=True)
class Request:
    """A call with a base that the environment says, and the path behind it; `{}` stands for what is not known."""

    call: Call
    method: str
    base: Origin
    path: str


class Requests:
    """Every such call of the project, found once a file."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self._by_file: dict[str, list[Request]] = {}

    @cached_property
    def origins(self) -> Origins | None:
        """What follows expressions."""
        return self.uses.origins

    def of(self, unit: Unit) -> Iterator[Request]:
        """Those that a unit may come to."""
        for part in self.uses.parts_of(unit):
            inside = {id(node) for node in part.calls}
            yield from (one for one in self._in(part.module) if id(one.call.node) in inside)

    def _in(self, module: Module) -> list[Request]:
        if module.file not in self._by_file:
            calls = calls_by_node(module).values()
            self._by_file[module.file] = [found for call in calls for found in self._request(call, module)]
        return self._by_file[module.file]

    def _request(self, call: Call, module: Module) -> Iterator[Request]:
        func = call.node.func
        if not isinstance(func, ast.Attribute) or func.attr not in _METHODS or not call.node.args or not self.origins:
            return
        split = _split(call.node.args[0])
        if split is None:
            return
        base, path = split
        node = base if base is not None else _base_of_client(func.value, call, module)
        for origin in self.origins.of(node, call.scope) if node is not None else ():
            yield Request(call, func.attr.upper(), origin, path)


def _split(node: ast.expr) -> tuple[ast.expr | None, str] | None:
    """`f"{base}/a/{id}"` and `base + "/a"` as base and path; the base is None for a plain path."""
    if isinstance(node, ast.Constant):
        return (None, node.value) if isinstance(node.value, str) and node.value.startswith("/") else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.right, ast.Constant):
        return (node.left, node.right.value) if isinstance(node.right.value, str) else None
    if not isinstance(node, ast.JoinedStr) or not node.values:
        return None
    first = node.values[0]
    rest = node.values[1:] if isinstance(first, ast.FormattedValue) else node.values
    path = "".join(_ANY if isinstance(each, ast.FormattedValue) else _text(each) for each in rest)
    return (first.value if isinstance(first, ast.FormattedValue) else None, path) if path.startswith("/") else None


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _base_of_client(client: ast.expr, call: Call, module: Module) -> ast.expr | None:
    """The `base_url` of the one client that the same function makes."""
    if not isinstance(client, ast.Name):
        return None
    made = [
        next((word.value for word in each.node.keywords if word.arg == "base_url"), None)
        for each in module.calls
        if each.scope is call.scope and isinstance(each.node.func, ast.Attribute)
        and ast.unparse(each.node.func) in _CLIENTS
    ]  # fmt: skip
    return made[0] if len(made) == 1 else None


def judge(scene: Scene, requests: Requests) -> Iterator[Diagnostic]:
    """Findings about paths that the called application does not have."""
    for unit in scene.deployment.units:
        for request in requests.of(unit):
            said = request.base.value_in(unit)
            target = target_of(said[0]) if said is not None and not request.base.partly else None
            units = scene.at(target.host) if target is not None else ()
            app = routed(scene, units[0]) if len(units) == 1 else None
            if said is not None and target is not None and app is not None:
                yield from _judged(request, said[0], target.host, app)


def _judged(request: Request, base: str, host: str, app: App) -> Iterator[Diagnostic]:
    prefix = urlsplit(base).path.rstrip("/")
    if prefix and not any(begins(route.path, prefix) for route in app.routes):
        return  # then the setting itself is wrong, which is said where it stands
    path = (prefix + request.path).partition("?")[0].partition("#")[0]
    parts = [part for part in path.split("/") if part]
    if not parts or parts[0] == _ANY or any(_ANY in part and part != _ANY for part in parts):
        return
    fitting = [route for route in app.routes if fits(route.path, path)]
    place = Place(request.call.scope.module.file, request.call.node.lineno, request.call.node.col_offset + 1)
    if not fitting:
        message = f"`{request.method} {path}` is called at `{host}`, which has no route of that path"
        yield finding(CALL_PATH, place, message, nearest(path, app))
    elif not any(request.method in route.methods or not route.methods for route in fitting):
        takes = ", ".join(f"`{method}`" for method in fitting[0].methods)
        message = f"`{request.method} {path}` is called at `{host}`, which takes {takes} there ({fitting[0].place})"
        yield finding(CALL_PATH, place, message)
