"""The HTTP applications of a project and their routes: FastAPI, Starlette, Flask, Quart, aiohttp.

An application or router is known by the name it is given (`api/main.py:app`, or a local name within a factory). What
is added to it, anywhere, counts; where a part cannot be known the application is not complete.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Binding, BindingKind, Call, Definition, FunctionNode, Scope, ScopeKind
from checks.wiring.code.sources import ProjectSources
from checks.wiring.model import App, Route

_FASTAPI = {"fastapi.FastAPI", "fastapi.applications.FastAPI"}
_STARLETTE = {"starlette.applications.Starlette"}
_FLASK = {"flask.Flask", "quart.Quart"}
_AIOHTTP = {"aiohttp.web.Application"}
_ROUTERS = {"fastapi.APIRouter", "fastapi.routing.APIRouter", "starlette.routing.Router"}
_BLUEPRINTS = {"flask.Blueprint", "quart.Blueprint"}
_TABLES = {"aiohttp.web.RouteTableDef"}
_APPS = _FASTAPI | _STARLETTE | _FLASK | _AIOHTTP
_HOLDERS = _APPS | _ROUTERS | _BLUEPRINTS | _TABLES
_SPELLED = {name.rpartition(".")[2] for name in _HOLDERS}
_VERBS = {"get", "post", "put", "patch", "delete", "head", "options", "trace"}
_SHARES = {"include_router", "mount", "register_blueprint", "add_subapp", "add_routes"}
_DEPTH = 8
IN_ORDER = _FASTAPI | _STARLETTE
"""The frameworks that ask their routes one after the other."""


@dataclass(slots=True, eq=False)
class Holder:
    """Something that routes are added to: an application, a router, a blueprint."""

    key: str
    kind: str
    call: ast.Call
    scope: Scope
    prefix: str | None
    routes: list[Route] = field(default_factory=list)
    parts: list[tuple[Holder | None, str | None, Place]] = field(default_factory=list)
    complete: bool = True

    @property
    def is_app(self) -> bool:
        """Whether a server can run it."""
        return self.kind in _APPS


class Routes:
    """Finds every application of a project with all its routes."""

    def __init__(self, sources: ProjectSources, names: Names) -> None:
        self.sources = sources
        self.names = names
        self.holders: dict[tuple[Scope, str], Holder] = {}
        self._calls: dict[ast.Call, tuple[str, Scope]] = {}
        self._callers: defaultdict[str, list[Call]] | None = None
        self._modules = tuple(sources.own_modules())
        for module in self._modules:
            for call in module.calls:
                self._hold(call)
        self._bind()
        for module in self._modules:
            for definition in module.definitions:
                self._decorated(definition)
            for call in module.calls:
                self._called(call)

    # Finding the holders

    def _hold(self, call: Call) -> None:
        function = call.node.func
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        kind = self.names.of(function, call.scope) if last in _SPELLED else None
        if kind in _HOLDERS:
            self._calls[call.node] = (kind, call.scope)

    def _bind(self) -> None:
        for module in self._modules:
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
            self.holders[(scope, name)] = self._holder(f"{file}:{qualname}", kind, node, where)

    def _holder(self, key: str, kind: str, node: ast.Call, scope: Scope) -> Holder:
        word = "url_prefix" if kind in _BLUEPRINTS else "prefix"
        given = next((each.value for each in node.keywords if each.arg == word), None)
        prefix = "" if given is None else self._text(given, scope)
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
            name = self.names.of(entry.func, holder.scope) if isinstance(entry, ast.Call) else None
            path = self._first(entry, holder.scope, "path") if isinstance(entry, ast.Call) else None
            if name is None or not name.startswith("starlette.routing.") or path is None:
                holder.complete = False
            elif name.endswith(".Route") and isinstance(entry, ast.Call):
                holder.routes.append(Route(self._methods(entry, holder.scope), path, _place(holder.scope, entry)))
            elif name.endswith(".WebSocketRoute"):
                holder.routes.append(Route(("WEBSOCKET",), path, _place(holder.scope, entry)))
            else:
                holder.parts.append((None, path, _place(holder.scope, entry)))

    def holder_of(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> Holder | None:
        """What application or router an expression names."""
        if depth <= 0:
            return None
        if isinstance(node, ast.Name):
            where, bindings = self.names.lookup(node.id, scope)
            if where is not None and (where, node.id) in self.holders:
                return self.holders[(where, node.id)]
            if where is not None and len(bindings) == 1 and bindings[0].kind is BindingKind.VALUE:
                bound = bindings[0].node
                return self.holder_of(bound, where, depth - 1) if isinstance(bound, ast.expr) else None
            if where is not None and len(bindings) == 1 and isinstance(bindings[0].node, ast.arg):
                return self._handed(where, node.id, depth)
        if isinstance(node, ast.Call):
            return self._made(node, scope, depth)
        ref = self.names.of(node, scope)
        return self._by_ref(ref, depth) if ref else None

    def _by_ref(self, ref: str, depth: int) -> Holder | None:
        file, colon, name = ref.partition(":")
        module = self.sources.load(file) if colon and name and file in self.sources.files else None
        return self.holder_of(ast.Name(name, ast.Load()), module.scope, depth - 1) if module else None

    def _made(self, node: ast.Call, scope: Scope, depth: int) -> Holder | None:
        """What a factory of the project returns."""
        ref = self.names.of(node.func, scope)
        definition = self.names.definition(ref) if ref and ":" in ref else None
        return self.returned(definition, depth) if definition is not None else None

    def returned(self, definition: Definition, depth: int = _DEPTH) -> Holder | None:
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
            for module in self._modules:
                for call in module.calls:
                    name = self.names.of(call.node.func, call.scope)
                    if name and ":" in name:
                        self._callers[name].append(call)
        return self._callers[ref]

    # What is added to them

    def _decorated(self, definition: Definition) -> None:
        if isinstance(definition.node, ast.ClassDef):
            return
        for decorator in definition.node.decorator_list:
            if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                self._add(decorator, decorator.func, definition.outer, definition.node)

    def _called(self, call: Call) -> None:
        node = call.node
        if not isinstance(node.func, ast.Attribute):
            return
        if node.func.attr in _SHARES:
            self._share(call)
        elif node.func.attr in ("add_api_route", "add_route", "add_url_rule", "add_api_websocket_route"):
            self._add(node, node.func, call.scope, None)
        elif node.func.attr.startswith("add_") and isinstance(node.func.value, ast.Attribute):
            self._aiohttp(node, node.func, call.scope)

    def _add(self, node: ast.Call, function: ast.Attribute, scope: Scope, handler: FunctionNode | None) -> None:
        method = function.attr
        known = method in _VERBS or method in ("route", "api_route", "websocket", "websocket_route") or handler is None
        holder = self.holder_of(function.value, scope) if known else None
        if holder is None:
            return
        path = self._first(node, scope, "rule" if method == "add_url_rule" else "path")
        if path is None:
            holder.complete = False
            return
        methods = (method.upper(),) if method in _VERBS else self._methods(node, scope)
        if "websocket" in method:
            methods = ("WEBSOCKET",)
        holder.routes.append(Route(methods, _normal(path, holder.kind), _place(scope, node)))

    def _aiohttp(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> None:
        """`app.router.add_get("/health", health)`."""
        base = function.value
        if not isinstance(base, ast.Attribute) or base.attr != "router":
            return
        holder = self.holder_of(base.value, scope)
        if holder is not None:
            verb = function.attr.removeprefix("add_")
            path = self._first(node, scope, "path")
            if path is None or verb not in _VERBS:
                holder.complete = False
            else:
                holder.routes.append(Route((verb.upper(),), path, _place(scope, node)))

    def _share(self, call: Call) -> None:
        node, scope = call.node, call.scope
        assert isinstance(node.func, ast.Attribute)  # noqa: S101 -- for the type checker: the caller looked
        holder = self.holder_of(node.func.value, scope)
        if holder is None:
            return
        place = _place(scope, node)
        keywords = {each.arg: each.value for each in node.keywords}
        if node.func.attr in ("mount", "add_subapp"):
            prefix = self._first(node, scope, "path")
            given = node.args[1] if len(node.args) > 1 else keywords.get("app")
            part = self.holder_of(given, scope) if given is not None else None
            holder.parts.append((part, prefix, place))
        elif node.func.attr == "add_routes":
            self._add_routes(holder, node, scope)
        else:
            given = node.args[0] if node.args else keywords.get("router")
            part = self.holder_of(given, scope) if given is not None else None
            word = "url_prefix" if node.func.attr == "register_blueprint" else "prefix"
            prefix = self._text(keywords[word], scope) if word in keywords else ""
            holder.parts.append((part, prefix, place))

    def _add_routes(self, holder: Holder, node: ast.Call, scope: Scope) -> None:
        given = node.args[0] if node.args else None
        if isinstance(given, (ast.List, ast.Tuple)):
            for entry in given.elts:
                name = self.names.of(entry.func, scope) if isinstance(entry, ast.Call) else None
                verb = (name or "").rpartition(".")[2]
                path = self._first(entry, scope, "path") if isinstance(entry, ast.Call) else None
                if verb in _VERBS and path is not None:
                    holder.routes.append(Route((verb.upper(),), path, _place(scope, entry)))
                else:
                    holder.complete = False
            return
        part = self.holder_of(given, scope) if given is not None else None
        holder.parts.append((part, "", _place(scope, node)))

    # Reading the words

    def _first(self, node: ast.Call, scope: Scope, keyword: str) -> str | None:
        given = node.args[0] if node.args else next((each.value for each in node.keywords if each.arg == keyword), None)
        return self._text(given, scope) if given is not None else None

    def _text(self, node: ast.expr, scope: Scope) -> str | None:
        if isinstance(node, ast.JoinedStr):
            values = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
            parts = [self._text(each, scope) for each in values]
            return None if None in parts else "".join(part for part in parts if part is not None)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._text(node.left, scope), self._text(node.right, scope)
            return None if left is None or right is None else left + right
        found = self.names.constant(node, scope)
        if isinstance(found, str):
            return found
        return self._setting(node, scope)

    def _setting(self, node: ast.expr, scope: Scope) -> str | None:
        """`settings.API_V1_STR`: the default of a field that nobody is expected to set."""
        if not isinstance(node, ast.Attribute):
            return None
        owner = self.names.class_of(node.value, scope)
        definition = self.names.definition(owner) if owner else None
        if definition is None:
            return None
        bindings = definition.own.bindings.get(node.attr, [])
        value = bindings[0].node if len(bindings) == 1 else None
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None

    def _methods(self, node: ast.Call, scope: Scope) -> tuple[str, ...]:
        given = next((each.value for each in node.keywords if each.arg == "methods"), None)
        found = self.names.value(given, scope) if given is not None else None
        if found is not None and isinstance(found[0], (ast.List, ast.Tuple, ast.Set)):
            words = [self.names.constant(each, found[1]) for each in found[0].elts]
            return tuple(word.upper() for word in words if isinstance(word, str)) or ("GET",)
        return ("GET",)

    # The whole

    def app_holders(self) -> tuple[Holder, ...]:
        """What servers can run, in order."""
        return tuple(holder for holder in self.holders.values() if holder.is_app)

    def apps(self) -> tuple[App, ...]:
        """Every application, with all that is included in it."""
        return tuple(
            self.app(holder, tuple(dict.fromkeys(self._names_of(scope, name, holder))))
            for (scope, name), holder in self.holders.items()
            if holder.is_app
        )

    def _names_of(self, scope: Scope, name: str, holder: Holder) -> Iterator[str]:
        module = _dotted(scope.module.file)
        if scope.kind is ScopeKind.MODULE:
            yield f"{module}:{name}"
            return
        function = scope.qualname
        yield f"{module}:{function}"
        for other, bindings in scope.module.scope.bindings.items():
            for binding in bindings:
                made = binding.node if binding.kind is BindingKind.VALUE else None
                if isinstance(made, ast.Call) and self._made(made, scope.module.scope, _DEPTH) is holder:
                    yield f"{module}:{other}"

    def app(self, holder: Holder, names: tuple[str, ...]) -> App:
        """An application with its routes, those that its framework adds included."""
        routes, complete = self._flattened(holder, "", _DEPTH)
        built_in, sure = self._built_in(holder)
        place = _place(holder.scope, holder.call)
        return App(names, tuple(dict.fromkeys((*routes, *built_in))), place, complete and sure)

    def _flattened(self, holder: Holder, prefix: str, depth: int) -> tuple[list[Route], bool]:
        own = holder.prefix
        if own is None or depth <= 0:
            return [], False
        base = prefix + own
        routes: list[Route] = []
        complete = holder.complete
        for each in _in_order(holder):
            if isinstance(each, Route):
                routes.append(Route(each.methods, base + each.path or "/", each.place))
                continue
            part, extra, _ = each
            if part is None or extra is None:
                complete = False
                continue
            more, whole = self._flattened(part, base + extra, depth - 1)
            if part.kind in _FASTAPI:
                more += [Route(r.methods, base + extra + r.path, r.place) for r in self._built_in(part)[0]]
            routes += more
            complete = complete and whole
        return routes, complete

    def _built_in(self, holder: Holder) -> tuple[list[Route], bool]:
        if holder.kind in _FLASK and not any(each.arg == "static_folder" for each in holder.call.keywords):
            return [Route(("GET",), "/static/{filename}", _place(holder.scope, holder.call))], True
        if holder.kind not in _FASTAPI:
            return [], True
        keywords: Mapping[str | None, ast.expr] = {each.arg: each.value for each in holder.call.keywords}
        defaults = {"openapi_url": "/openapi.json", "docs_url": "/docs", "redoc_url": "/redoc"}
        found: dict[str, str] = {}
        sure = True
        for word, default in defaults.items():
            given = keywords.get(word)
            off = isinstance(given, ast.Constant) and given.value is None
            path = default if given is None else self._text(given, holder.scope)
            sure = sure and (path is not None or off)
            if path:
                found[word] = path
        if "openapi_url" not in found:
            return [], sure
        place = _place(holder.scope, holder.call)
        return [Route(("GET",), path, place) for path in found.values()], sure


def _in_order(holder: Holder) -> list[Route | tuple[Holder | None, str | None, Place]]:
    """Routes and included parts in the order in which they are added, where one file adds them all."""
    items: list[Route | tuple[Holder | None, str | None, Place]] = [*holder.routes, *holder.parts]
    places = [each.place if isinstance(each, Route) else each[2] for each in items]
    if len({place.file for place in places}) > 1:
        return items
    lines = {id(each): place.line or 0 for each, place in zip(items, places, strict=True)}
    return sorted(items, key=lambda each: lines[id(each)])


def _argument(node: ast.Call, name: str, names: list[str]) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    position = names.index(name) if name in names else len(node.args)
    return node.args[position] if position < len(node.args) else None


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _normal(path: str, kind: str) -> str:
    """Flask writes `<int:id>` where the others write `{id}`."""
    if kind not in _FLASK | _BLUEPRINTS:
        return path
    return path.replace("<", "{").replace(">", "}")


def _place(scope: Scope, node: ast.AST) -> Place:
    line = getattr(node, "lineno", None)
    return Place(scope.module.file, line, getattr(node, "col_offset", -1) + 1)
