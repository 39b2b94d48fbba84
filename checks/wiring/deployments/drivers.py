"""Database URLs against what the code does with them, and against the drivers that the project installs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from checks.model import Diagnostic, Place
from checks.temporal.scopes import Call
from checks.wiring.deployments.origins import Origin, Origins, calls_by_node
from checks.wiring.deployments.reach import kept_under
from checks.wiring.deployments.rules import DATABASE_DRIVER, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Unit
from checks.wiring.system import System

_SYNC = frozenset({"sqlalchemy.create_engine", "sqlalchemy.engine.create_engine", "sqlmodel.create_engine"})
_ASYNC = frozenset({"sqlalchemy.ext.asyncio.create_async_engine", "sqlalchemy.ext.asyncio.engine.create_async_engine"})
_PLAIN = frozenset(
    {"asyncpg.connect", "asyncpg.create_pool", "psycopg.connect", "psycopg.Connection.connect", "psycopg2.connect",
     "psycopg.AsyncConnection.connect", "psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool"}
)  # fmt: skip
_KEYWORDS = ("url", "dsn", "conninfo")
_ASYNC_ONLY = frozenset({"asyncpg", "aiosqlite", "aiomysql", "asyncmy", "psycopg_async"})
_ASYNC_ABLE = _ASYNC_ONLY | {"psycopg", "oracledb", "aioodbc"}
_DEFAULT_DRIVERS = {"postgresql": "psycopg2", "mysql": "mysqldb", "mariadb": "mysqldb", "sqlite": "pysqlite"}
_DISTRIBUTIONS: Mapping[str, str] = {
    "asyncpg": r"asyncpg",
    "psycopg": r"psycopg(?!2)(?:-(?:binary|c))?",
    "psycopg2": r"psycopg2(?:-?binary|cffi)?|psycopg2binary",
    "pg8000": r"pg8000",
    "aiosqlite": r"aiosqlite",
    "aiomysql": r"aiomysql",
    "asyncmy": r"asyncmy",
    "pymysql": r"pymysql",
    "mysqldb": r"mysqlclient",
}
_DECLARING = re.compile(
    r"(?i)(^|/)(pyproject\.toml|setup\.(py|cfg)|pipfile|environment\.ya?ml|[^/]*dockerfile[^/]*)$|requirements.*\.(txt|in)$"
)
_SCHEME = re.compile(r"([a-z][a-z0-9]*)(?:\+([a-z0-9_]+))?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """A call that opens a database, with what it is told."""

    call: Call
    name: str
    origin: Origin


class Openings:
    """Every call of the project that opens a database, found once."""

    def __init__(self, system: System, uses: Uses) -> None:
        self.system, self.uses = system, uses

    @cached_property
    def _origins(self) -> Origins | None:
        return self.uses.origins

    @cached_property
    def _by_file(self) -> dict[str, list[Opening]]:
        return {}

    def of(self, unit: Unit) -> Iterator[Opening]:
        """Those that a unit may come to."""
        for part in self.uses.parts_of(unit):
            inside = {id(node) for node in part.calls}
            for opening in self._in_file(part.module.file):
                if id(opening.call.node) in inside:
                    yield opening

    def matters(self, unit: Unit, opening: Opening) -> bool:
        """Whether the unit works with what is opened; an engine at the top of a file may just come along."""
        module = opening.call.scope.module
        if opening.call.scope.inside_function():
            return True
        kept = kept_under(module, opening.call.node)
        return not kept or self.uses.loads_any(unit, module.file, kept)

    def _in_file(self, file: str) -> list[Opening]:
        if file not in self._by_file:
            self._by_file[file] = list(self._found(file))
        return self._by_file[file]

    def _found(self, file: str) -> Iterator[Opening]:
        origins = self._origins
        module = origins.index.sources.load(file) if origins else None
        for call in calls_by_node(module).values() if module else ():
            name = origins.names.of(call.node.func, call.scope) if origins else None
            given = _url(call.node) if name in _SYNC | _ASYNC | _PLAIN else None
            for origin in origins.of(given, call.scope) if origins and given is not None else ():
                yield Opening(call, name or "", origin)

    @cached_property
    def declared(self) -> str:
        """What all files that declare dependencies say, in small letters; empty where there is none."""
        texts = [self._text(file) for file in self.system.files if _DECLARING.search(file)]
        return "\n".join(texts).lower()

    def _text(self, file: str) -> str:
        try:
            return (self.system.root / file).read_bytes()[: 1 << 18].decode(errors="replace")
        except OSError:
            return ""


def _url(node: ast.Call) -> ast.expr | None:
    if node.args:
        return node.args[0]
    return next((each.value for each in node.keywords if each.arg in _KEYWORDS), None)


def judge(scene: Scene, openings: Openings) -> Iterator[Diagnostic]:
    """Findings about every database that a unit opens."""
    for unit in scene.deployment.units:
        for opening in openings.of(unit):
            said = opening.origin.value_in(unit)
            found = _SCHEME.match(said[0].strip()) if said else None
            if said is not None and found is not None:
                yield from _judged(opening, found[1].lower(), (found[2] or "").lower(), said[1], openings.declared)


def _judged(opening: Opening, scheme: str, driver: str, place: Place, declared: str) -> Iterator[Diagnostic]:
    shown = f"{scheme}+{driver}://" if driver else f"{scheme}://"
    at = f"{opening.call.scope.module.file}:{opening.call.node.lineno}"
    called = opening.name.rpartition(".")[2]
    fault, hint = _misfit(opening.name, scheme, driver)
    if fault is not None:
        yield finding(DATABASE_DRIVER, place, f"`{shown}` is handed to `{called}` ({at}), {fault}", hint)
        return
    meant = driver or _DEFAULT_DRIVERS.get(scheme, "")
    if opening.name not in _PLAIN and declared and not _is_declared(meant, declared):
        message = f"`{shown}` needs the driver `{meant}` ({at} opens it), which no dependency of the project declares"
        hint = f"declare `{meant}`, or name in the URL the driver that is there"
        yield finding(DATABASE_DRIVER, place, message, hint)


def _is_declared(driver: str, declared: str) -> bool:
    pattern = _DISTRIBUTIONS.get(driver)
    return pattern is None or re.search(rf"(?<![a-z0-9])(?:{pattern})(?![a-z])", declared) is not None


def _misfit(name: str, scheme: str, driver: str) -> tuple[str | None, str | None]:
    """Why the call refuses such a URL, and what it takes."""
    if name in _PLAIN:
        if driver and scheme in ("postgresql", "postgres"):
            return f"which does not know `+{driver}`", f"write `{scheme}://`: the driver is for SQLAlchemy"
        return None, None
    if scheme == "postgres":
        return "and SQLAlchemy knows no `postgres`", "write `postgresql`"
    if name in _ASYNC and (driver or _DEFAULT_DRIVERS.get(scheme, "")) not in _ASYNC_ABLE:
        return ("which needs an async driver", _async_hint(scheme)) if scheme in _DEFAULT_DRIVERS else (None, None)
    if name in _SYNC and driver in _ASYNC_ONLY:
        return "which cannot wait for an async driver", "use `create_async_engine`, or a driver that blocks"
    return None, None


def _async_hint(scheme: str) -> str:
    drivers = {"postgresql": "asyncpg", "sqlite": "aiosqlite"}
    return f"write `{scheme}+{drivers.get(scheme, 'asyncmy')}://`"
