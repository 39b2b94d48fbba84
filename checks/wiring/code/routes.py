"""The HTTP applications of a project and their routes: FastAPI, Starlette, Flask, Quart, aiohttp.

An application or router is known by the name it is given (`api/main.py:app`, or a local name within a factory). What
is added to it, anywhere, counts; where a part cannot be known the application is not complete.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import BindingKind, Definition, Scope, ScopeKind
from checks.wiring.code.added_routes import AddedRoutes
from checks.wiring.code.holder import DEPTH, FASTAPI, FLASK, STARLETTE, Holder
from checks.wiring.code.holders import Holders
from checks.wiring.code.route_words import RouteWords
from checks.wiring.code.sources import ProjectSources
from checks.wiring.code.syntax import place_of
from checks.wiring.model import App, Route

IN_ORDER = FASTAPI | STARLETTE
"""The frameworks that ask their routes one after the other."""


class Routes:
    """Every application of a project with all its routes."""

    def __init__(self, sources: ProjectSources, names: Names) -> None:
        self.words = RouteWords(names)
        self.holders = Holders(sources, names)
        AddedRoutes(self.holders, names).collect()

    def holder_of(self, node: ast.expr, scope: Scope) -> Holder | None:
        """What application or router an expression names."""
        return self.holders.holder_of(node, scope)

    def returned(self, definition: Definition) -> Holder | None:
        """The application that a factory returns."""
        return self.holders.returned(definition)

    def app_holders(self) -> tuple[Holder, ...]:
        """What servers can run, in order."""
        return tuple(holder for holder in self.holders.known.values() if holder.is_app)

    def apps(self) -> tuple[App, ...]:
        """Every application, with all that is included in it."""
        return tuple(
            self.app(holder, tuple(dict.fromkeys(self._names_of(scope, name, holder))))
            for (scope, name), holder in self.holders.known.items()
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
                if isinstance(made, ast.Call) and self.holders.made(made, scope.module.scope, DEPTH) is holder:
                    yield f"{module}:{other}"

    def app(self, holder: Holder, names: tuple[str, ...]) -> App:
        """An application with its routes, those that its framework adds included."""
        routes, complete = self._flattened(holder, "", DEPTH)
        built_in, sure = self._built_in(holder)
        place = place_of(holder.call, holder.scope)
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
            if part.kind in FASTAPI:
                more += [Route(r.methods, base + extra + r.path, r.place) for r in self._built_in(part)[0]]
            routes += more
            complete = complete and whole
        return routes, complete

    def _built_in(self, holder: Holder) -> tuple[list[Route], bool]:
        if holder.kind in FLASK and not any(each.arg == "static_folder" for each in holder.call.keywords):
            return [Route(("GET",), "/static/{filename}", place_of(holder.call, holder.scope))], True
        if holder.kind not in FASTAPI:
            return [], True
        keywords: Mapping[str | None, ast.expr] = {each.arg: each.value for each in holder.call.keywords}
        defaults = {"openapi_url": "/openapi.json", "docs_url": "/docs", "redoc_url": "/redoc"}
        found: dict[str, str] = {}
        sure = True
        for word, default in defaults.items():
            given = keywords.get(word)
            off = isinstance(given, ast.Constant) and given.value is None
            path = default if given is None else self.words.text(given, holder.scope)
            sure = sure and (path is not None or off)
            if path:
                found[word] = path
        if "openapi_url" not in found:
            return [], sure
        place = place_of(holder.call, holder.scope)
        return [Route(("GET",), path, place) for path in found.values()], sure


def _in_order(holder: Holder) -> list[Route | tuple[Holder | None, str | None, Place]]:
    """Routes and included parts in the order in which they are added, where one file adds them all."""
    items: list[Route | tuple[Holder | None, str | None, Place]] = [*holder.routes, *holder.parts]
    places = [each.place if isinstance(each, Route) else each[2] for each in items]
    if len({place.file for place in places}) > 1:
        return items
    lines = {id(each): place.line or 0 for each, place in zip(items, places, strict=True)}
    return sorted(items, key=lambda each: lines[id(each)])


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
