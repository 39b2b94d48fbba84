"""Addresses that are written into the code, of neighbours that run in another container."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Place
from checks.temporal.scopes import Call
from checks.wiring.deployments.origins import Origin, Origins, calls_by_node
from checks.wiring.deployments.rules import HARD_CODED, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.targets import LOCAL, Target, target_of
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Unit

# Calls that open a connection to what their first text names.
_CONNECTING = frozenset(
    {"connect", "create_engine", "create_async_engine", "create_pool", "from_url", "ConnectionPool", "MongoClient",
     "AsyncIOMotorClient", "get", "post", "put", "patch", "delete", "request", "urlopen", "connect_robust"}
)  # fmt: skip
_CLIENTS = frozenset(
    {"requests", "httpx", "aiohttp", "urllib", "temporalio", "sqlalchemy", "asyncpg", "psycopg", "psycopg2", "redis",
     "pymongo", "motor", "aio_pika", "sqlmodel", "psycopg_pool", "pika", "smtplib"}
)  # fmt: skip
# Calls that are told a host by keyword, with the port that they take by themselves.
_BY_KEYWORDS = {"Redis": 6379, "StrictRedis": 6379, "connect": 5432, "ConnectionParameters": 5672, "SMTP": 25}


def judge(scene: Scene, uses: Uses) -> Iterator[Diagnostic]:
    """Findings about every local address that a unit's code calls while a neighbour listens on that port."""
    origins = uses.origins
    if origins is None:
        return
    for unit in scene.deployment.units:
        if unit.built is None or len(scene.pod(unit)) > 1 or "localhost" in scene.hosts:
            continue
        for call, target in _called(unit, uses, origins):
            provider = scene.provider(target.port, unit) if target.port else None
            if provider is not None and target.port not in scene.ports(unit):
                yield _finding(unit, call, target, *provider)


def _called(unit: Unit, uses: Uses, origins: Origins) -> Iterator[tuple[Call, Target]]:
    for part in uses.parts_of(unit):
        known = calls_by_node(part.module)
        for node in part.calls:
            call = known.get(id(node))
            target = _target(call, origins) if call is not None else None
            if call is not None and target is not None:
                yield call, target


def _target(call: Call, origins: Origins) -> Target | None:
    """The local address that a call is told, by its first text or by `host=` and `port=`."""
    func = call.node.func
    last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    dotted = origins.names.of(func, call.scope) or ""
    name = dotted.rpartition(".")[2]
    is_client = dotted.partition(".")[0] in _CLIENTS
    if call.node.args and last in _CONNECTING:
        target = _of_text(call.node.args[0], call, origins)
        is_request = target is not None and target.scheme in ("http", "https") and ":" not in dotted
        return target if target is not None and target.is_local and (is_client or is_request) else None
    return _of_keywords(call, origins, _BY_KEYWORDS[name]) if is_client and name in _BY_KEYWORDS else None


def _of_text(node: ast.expr, call: Call, origins: Origins) -> Target | None:
    found = _text(node, call, origins)
    if found is None or found.text is None:
        return None
    begun = found.partly and "/" not in found.text.partition("://")[2]
    return target_of(found.text) if not begun else None


def _text(node: ast.expr | None, call: Call, origins: Origins) -> Origin | None:
    """The one constant that an expression stands for; nothing that the environment may say otherwise."""
    found = origins.of(node, call.scope) if node is not None else ()
    return found[0] if len(found) == 1 and found[0].read is None else None


def _of_keywords(call: Call, origins: Origins, usual: int) -> Target | None:
    given = {each.arg: each.value for each in call.node.keywords if each.arg}
    host = _text(given.get("host"), call, origins)
    port = origins.names.constant(given["port"], call.scope) if "port" in given else usual
    known = host is not None and host.text in LOCAL and isinstance(port, int)
    return Target(host.text, port) if known and host and host.text and isinstance(port, int) else None


def _finding(unit: Unit, call: Call, target: Target, host: str, place: Place) -> Diagnostic:
    name = unit.name.rpartition("/")[2]
    message = (
        f"`{target}` is called from the container of `{name}` ({unit.place}), where nothing listens on it: "
        f"`{host}` is what listens on port {target.port} ({place})"
    )
    where = Place(call.scope.module.file, call.node.lineno, call.node.col_offset + 1)
    return finding(HARD_CODED, where, message, "take the address from the environment, and set it in the deployment")
