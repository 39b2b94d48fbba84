"""Finds what routes are added to: every application, router and blueprint, and which of them an expression names."""

from __future__ import annotations

import ast
from collections import defaultdict

from checks.temporal.names import Names
from checks.temporal.scopes import Binding, BindingKind, Call, Definition, Scope
from checks.wiring.code.holder import BLUEPRINTS, DEPTH, HOLDERS, Holder
from checks.wiring.code.route_words import RouteWords
from checks.wiring.code.sources import ProjectSources
from checks.wiring.code.syntax import place_of
from checks.wiring.model import Route

_SPELLED = {name.rpartition(".")[2] for name in HOLDERS}


class Holders:
    """Everything that routes are added to."""

    def __init__(self, sources: ProjectSources, names: Names) -> None:
        self.sources = sources
        self.names = names
        self.words = RouteWords(names)
        self.known: dict[tuple[Scope, str], Holder] = {}
        self.modules = tuple(sources.own_modules())
        self._calls: dict[ast.Call, tuple[str, Scope]] = {}
        self._callers: defaultdict[str, list[Call]] | None = None
        for module in self.modules:
            for call in module.calls:
                self._hold(call)
        self._bind()

    def _hold(self, call: Call) -> None:
        function = call.node.func
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        kind = self.names.of(function, call.scope) if last in _SPELLED else None
        if kind in HOLDERS:
            self._calls[call.node] = (kind, call.scope)

    def _bind(self) -> None:
        for module in self.modules:
            scopes = [module.scope, *module.scopes.values()]
            for scope in scopes:
                for name, bindings in scope.bindings.items():
                    for binding in bindings:
                        self._bind_one(scope, name, binding)

    def _bind_one(self, scope: Scope, name: str, binding: Binding) -> None:
        node = binding.node
        if binding.kind is BindingKind.VALUE and isinstance(node, ast.Call) and node in self._calls:
            kind, where = self._calls[node]
            file = scope.module.file
            qualname = f"{scope.qualname}.{name}" if scope.qualname else name
            self.known[(scope, name)] = self._holder(f"{file}:{qualname}", kind, node, where)

    def _holder(self, key: str, kind: str, node: ast.Call, scope: Scope) -> Holder:
        word = "url_prefix" if kind in BLUEPRINTS else "prefix"
        given = next((each.value for each in node.keywords if each.arg == word), None)
        prefix = "" if given is None else self.words.text(given, scope)
        holder = Holder(key, kind, node, scope, prefix, complete=not any(each.arg is None for each in node.keywords))
        self._listed(holder, next((each.value for each in node.keywords if each.arg == "routes"), None))
        return holder

    def _listed(self, holder: Holder, node: ast.expr | None) -> None:
        """`Starlette(routes=[Route("/health", health), Mount("/api", app=...)])`."""
        if node is None:
            return
        found = self.names.value(node, holder.scope)
        entries = found[0].elts if found and isinstance(found[0], (ast.List, ast.Tuple)) else None
        if entries is None:
            holder.complete = False
        for entry in entries or ():
            self._list_one(holder, entry)

    def _list_one(self, holder: Holder, entry: ast.expr) -> None:
        scope = holder.scope
        name = self.names.of(entry.func, scope) if isinstance(entry, ast.Call) else None
        path = self.words.first(entry, scope, "path") if isinstance(entry, ast.Call) else None
        if name is None or not name.startswith("starlette.routing.") or path is None:
            holder.complete = False
        elif name.endswith(".Route") and isinstance(entry, ast.Call):
            holder.routes.append(Route(self.words.methods(entry, scope), path, place_of(entry, scope)))
        elif name.endswith(".WebSocketRoute"):
            holder.routes.append(Route(("WEBSOCKET",), path, place_of(entry, scope)))
        else:
            holder.parts.append((None, path, place_of(entry, scope)))

    def holder_of(self, node: ast.expr, scope: Scope, depth: int = DEPTH) -> Holder | None:
        """What application or router an expression names."""
        if depth <= 0:
            return None
        if isinstance(node, ast.Name):
            where, bindings = self.names.lookup(node.id, scope)
            if where is not None and (where, node.id) in self.known:
                return self.known[(where, node.id)]
            if where is not None and len(bindings) == 1 and bindings[0].kind is BindingKind.VALUE:
                bound = bindings[0].node
                return self.holder_of(bound, where, depth - 1) if isinstance(bound, ast.expr) else None
            if where is not None and len(bindings) == 1 and isinstance(bindings[0].node, ast.arg):
                return self._handed(where, node.id, depth)
        if isinstance(node, ast.Call):
            return self.made(node, scope, depth)
        ref = self.names.of(node, scope)
        return self._by_ref(ref, depth) if ref else None

    def _by_ref(self, ref: str, depth: int) -> Holder | None:
        file, colon, name = ref.partition(":")
        module = self.sources.load(file) if colon and name and file in self.sources.files else None
        return self.holder_of(ast.Name(name, ast.Load()), module.scope, depth - 1) if module else None

    def made(self, node: ast.Call, scope: Scope, depth: int) -> Holder | None:
        """What a factory of the project returns."""
        ref = self.names.of(node.func, scope)
        definition = self.names.definition(ref) if ref and ":" in ref else None
        return self.returned(definition, depth) if definition is not None else None

    def returned(self, definition: Definition, depth: int = DEPTH) -> Holder | None:
        """The application that a factory returns."""
        if isinstance(definition.node, ast.ClassDef):
            return None
        for statement in ast.walk(definition.node):
            if isinstance(statement, ast.Return) and statement.value is not None:
                found = self.holder_of(statement.value, definition.own, depth - 1)
                if found is not None:
                    return found
        return None

    def _handed(self, scope: Scope, name: str, depth: int) -> Holder | None:
        """`def register(app): app.include_router(...)`: the application that the one caller hands over."""
        node = scope.node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        ref = f"{scope.module.file}:{scope.qualname}"
        found = {
            id(holder): holder
            for call in self._calls_of(ref)
            if (given := _argument(call.node, name, names)) is not None
            and (holder := self.holder_of(given, call.scope, depth - 2)) is not None
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _calls_of(self, ref: str) -> list[Call]:
        if self._callers is None:
            self._callers = defaultdict(list)
            for module in self.modules:
                for call in module.calls:
                    name = self.names.of(call.node.func, call.scope)
                    if name and ":" in name:
                        self._callers[name].append(call)
        return self._callers[ref]


def _argument(node: ast.Call, name: str, names: list[str]) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    position = names.index(name) if name in names else len(node.args)
    return node.args[position] if position < len(node.args) else None
