"""Reads what is added to applications and routers: by decorators, by calls, by including one in another."""

from __future__ import annotations

import ast

from checks.temporal.names import Names
from checks.temporal.scopes import Call, Definition, Scope
from checks.wiring.code.holder import BLUEPRINTS, FLASK, VERBS, Holder
from checks.wiring.code.holders import Holders
from checks.wiring.code.route_words import RouteWords
from checks.wiring.code.syntax import place_of
from checks.wiring.model import Route

_SHARES = {"include_router", "mount", "register_blueprint", "add_subapp", "add_routes"}
_DECORATORS = VERBS | {"route", "api_route", "websocket", "websocket_route"}


class AddedRoutes:
    """Adds to every holder what the project's code adds to it."""

    def __init__(self, holders: Holders, names: Names) -> None:
        self.holders = holders
        self.names = names
        self.words = RouteWords(names)

    def collect(self) -> None:
        """Goes through every module once."""
        for module in self.holders.modules:
            for definition in module.definitions:
                self._decorated(definition)
            for call in module.calls:
                self._called(call)

    def _decorated(self, definition: Definition) -> None:
        if isinstance(definition.node, ast.ClassDef):
            return
        for decorator in definition.node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else None
            if isinstance(decorator, ast.Call) and isinstance(function, ast.Attribute) and function.attr in _DECORATORS:
                self._add(decorator, function, definition.outer)

    def _called(self, call: Call) -> None:
        node = call.node
        if isinstance(node.func, ast.Call):  # `app.get(path)(handler)`
            inner = node.func
            if isinstance(inner.func, ast.Attribute) and inner.func.attr in _DECORATORS:
                self._add(inner, inner.func, call.scope)
        if not isinstance(node.func, ast.Attribute):
            return
        if node.func.attr in _SHARES:
            self._share(call)
        elif node.func.attr in ("add_api_route", "add_route", "add_url_rule", "add_api_websocket_route"):
            self._add(node, node.func, call.scope)
        elif node.func.attr.startswith("add_") and isinstance(node.func.value, ast.Attribute):
            self._aiohttp(node, node.func, call.scope)

    def _add(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> None:
        method = function.attr
        holder = self.holders.holder_of(function.value, scope)
        if holder is None:
            return
        path = self.words.first(node, scope, "rule" if method == "add_url_rule" else "path")
        if path is None:
            holder.complete = False
            return
        methods = (method.upper(),) if method in VERBS else self.words.methods(node, scope)
        if "websocket" in method:
            methods = ("WEBSOCKET",)
        holder.routes.append(Route(methods, _normal(path, holder.kind), place_of(node, scope)))

    def _aiohttp(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> None:
        """`app.router.add_get("/health", health)`."""
        base = function.value
        if not isinstance(base, ast.Attribute) or base.attr != "router":
            return
        holder = self.holders.holder_of(base.value, scope)
        if holder is not None:
            verb = function.attr.removeprefix("add_")
            path = self.words.first(node, scope, "path")
            if path is None or verb not in VERBS:
                holder.complete = False
            else:
                holder.routes.append(Route((verb.upper(),), path, place_of(node, scope)))

    def _share(self, call: Call) -> None:
        node, scope = call.node, call.scope
        assert isinstance(node.func, ast.Attribute)  # noqa: S101 -- for the type checker: the caller looked
        holder = self.holders.holder_of(node.func.value, scope)
        if holder is None:
            return
        place = place_of(node, scope)
        keywords = {each.arg: each.value for each in node.keywords}
        if node.func.attr in ("mount", "add_subapp"):
            prefix = self.words.first(node, scope, "path")
            given = node.args[1] if len(node.args) > 1 else keywords.get("app")
            part = self.holders.holder_of(given, scope) if given is not None else None
            holder.parts.append((part, prefix, place))
        elif node.func.attr == "add_routes":
            self._add_routes(holder, node, scope)
        else:
            given = node.args[0] if node.args else keywords.get("router")
            part = self.holders.holder_of(given, scope) if given is not None else None
            word = "url_prefix" if node.func.attr == "register_blueprint" else "prefix"
            prefix = self.words.text(keywords[word], scope) if word in keywords else ""
            holder.parts.append((part, prefix, place))

    def _add_routes(self, holder: Holder, node: ast.Call, scope: Scope) -> None:
        given = node.args[0] if node.args else None
        if isinstance(given, (ast.List, ast.Tuple)):
            for entry in given.elts:
                name = self.names.of(entry.func, scope) if isinstance(entry, ast.Call) else None
                verb = (name or "").rpartition(".")[2]
                path = self.words.first(entry, scope, "path") if isinstance(entry, ast.Call) else None
                if verb in VERBS and path is not None:
                    holder.routes.append(Route((verb.upper(),), path, place_of(entry, scope)))
                else:
                    holder.complete = False
            return
        part = self.holders.holder_of(given, scope) if given is not None else None
        holder.parts.append((part, "", place_of(node, scope)))


def _normal(path: str, kind: str) -> str:
    """Flask writes `<int:id>` where the others write `{id}`."""
    if kind not in FLASK | BLUEPRINTS:
        return path
    return path.replace("<", "{").replace(">", "}")
