"""Where a program listens: from the words of its command line, the variables that servers know, and its own code."""

from __future__ import annotations

from collections.abc import Mapping

from checks.model import Place
from checks.wiring.code.index import Index
from checks.wiring.code.worlds import Value
from checks.wiring.model import Kind, Port, Started, Unit

_PORTS = {"uvicorn": 8000, "gunicorn": 8000, "hypercorn": 8000, "daphne": 8000, "fastapi": 8000, "flask": 5000}
_EVERYWHERE = "0.0.0.0"  # noqa: S104 -- what a program is said to listen on
_LOCAL = "127.0.0.1"
_BINDS = {"gunicorn": ("-b", "--bind"), "hypercorn": ("-b", "--bind"), "daphne": ("-b", "--bind")}


def port_of(index: Index, started: Started, variables: Mapping[str, Value], unit: Unit | None) -> Port | None:
    """The port, with the place that says so, else where the program begins."""
    begin = index.place_of(started, unit)
    place = begin or (unit.argv_place if unit else None) or (unit.place if unit else None) or Place(".")
    if started.port is not None:
        return Port(started.port, None, place)
    if started.kind is Kind.APP:
        number = _server_port(started, variables)
        return Port(number, None, place) if number is not None else None
    serving = _served(index, started, variables, unit)
    if serving is None:
        return None
    return Port(serving[1], None, serving[2]) if serving[1] is not None else None


def host_of(index: Index, started: Started, variables: Mapping[str, Value], unit: Unit | None) -> str | None:
    """The address that a program binds."""
    if started.kind is not Kind.APP:
        serving = _served(index, started, variables, unit)
        return serving[0] if serving is not None else None
    server = started.server or "uvicorn"
    given = _option(started.arguments, ("--host", "-h")) or _option(started.argv, ("--host", "-h"))
    bind = _option((*started.arguments, *started.argv), _BINDS.get(server, ()))
    if bind is not None:
        return None if "$" in bind or bind.startswith("unix:") else bind.rpartition(":")[0] or _EVERYWHERE
    if given is not None:
        return None if "$" in given else given
    if not started.complete or not {f"{server.upper()}_HOST", "GUNICORN_CMD_ARGS"}.isdisjoint(variables):
        return None
    return _EVERYWHERE if server == "fastapi" and "dev" not in started.argv[:3] else _LOCAL


def _server_port(started: Started, variables: Mapping[str, Value]) -> int | None:
    server = started.server or "uvicorn"
    words = (*started.arguments, *started.argv)
    if not started.complete or _option(words, ("--port", "-p", "--bind", "-b", "--uds", "--fd", "--config", "-c")):
        return None
    if {f"{server.upper()}_PORT", "GUNICORN_CMD_ARGS", "FLASK_RUN_PORT"} & variables.keys() or server not in _PORTS:
        return None
    return None if server == "gunicorn" and "PORT" in variables else _PORTS[server]


def _option(words: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else words[position + 1] if position + 1 < len(words) else None
    return None


def _served(
    index: Index, started: Started, variables: Mapping[str, Value], unit: Unit | None
) -> tuple[str | None, int | None, Place] | None:
    """What the one call that serves says."""
    walk = index.walk(started, variables, unit)
    if walk is None or len(walk.serving) != 1:
        return None
    serving = walk.serving[0]
    port = serving.default_port if serving.port is None else serving.port
    host = serving.default_host if serving.host is None else serving.host
    if isinstance(port, str) and port.isdigit():
        port = int(port)
    known_host = str(host) if isinstance(host, str) else None
    return known_host, port if isinstance(port, int) else None, serving.place
