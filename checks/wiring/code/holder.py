"""The vocabulary of routes: what they are added to, by the names of the frameworks."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from checks.model import Place
from checks.temporal.scopes import Scope
from checks.wiring.model import Route

FASTAPI = {"fastapi.FastAPI", "fastapi.applications.FastAPI"}
STARLETTE = {"starlette.applications.Starlette"}
FLASK = {"flask.Flask", "quart.Quart"}
_AIOHTTP = {"aiohttp.web.Application"}
_ROUTERS = {"fastapi.APIRouter", "fastapi.routing.APIRouter", "starlette.routing.Router"}
BLUEPRINTS = {"flask.Blueprint", "quart.Blueprint"}
_TABLES = {"aiohttp.web.RouteTableDef"}
APPS = FASTAPI | STARLETTE | FLASK | _AIOHTTP
HOLDERS = APPS | _ROUTERS | BLUEPRINTS | _TABLES
VERBS = {"get", "post", "put", "patch", "delete", "head", "options", "trace"}
DEPTH = 8
IN_ORDER = FASTAPI | STARLETTE
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
        return self.kind in APPS
