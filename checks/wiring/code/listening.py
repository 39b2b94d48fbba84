"""Where a program listens, as its own code says: `uvicorn.run`, a socket, gRPC."""

from __future__ import annotations

import ast

from checks.temporal.scopes import Scope
from checks.temporal.sources import folder_of
from checks.wiring.code.noted import Serving
from checks.wiring.code.notes import Notes
from checks.wiring.code.programs import Program
from checks.wiring.code.relevance import SERVERS, SOCKETS
from checks.wiring.code.syntax import argument, place_of
from checks.wiring.code.thinking import Frame
from checks.wiring.code.worlds import UNKNOWN


class Listening(Notes):
    """The part of a walk that sees servers being started."""

    def _serves(self, node: ast.Call, name: str, scope: Scope, frame: Frame) -> None:
        last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in SERVERS:
            self._serve(name, node, scope, frame)
        elif name in SOCKETS:
            self._bind(name, node, scope, frame)
        elif last == "add_insecure_port":
            self._grpc(node, scope, frame)
        elif last == "run" and isinstance(node.func, ast.Attribute) and self._is_flask(node.func.value, scope):
            self._serve("flask.Flask.run", node, scope, frame)

    def _serve(self, name: str, node: ast.Call, scope: Scope, frame: Frame) -> None:
        host, port = argument(node, 99, "host"), argument(node, 99, "port")
        app = argument(node, 0, "app")
        where, number = (self.values.of(each, scope, frame) if each is not None else None for each in (host, port))
        self.notes.append(Serving(name, where, number, app, scope, place_of(node, scope)))
        text = self.values.of(app, scope, frame) if app is not None else UNKNOWN
        if isinstance(text, str):
            module, _, attribute = text.partition(":")
            file = self.names.sources.find(module, folder_of(scope.module.file))
            if file is not None:
                self.program(Program(file, attribute or None))

    def _is_flask(self, node: ast.expr, scope: Scope) -> bool:
        found = self.names.value(node, scope)
        call = found[0] if found else None
        return isinstance(call, ast.Call) and self.names.of(call.func, scope) in ("flask.Flask", "quart.Quart")

    def _bind(self, name: str, node: ast.Call, scope: Scope, frame: Frame) -> None:
        """`HTTPServer(("0.0.0.0", 8080), Handler)`."""
        address = self.values.of(node.args[0], scope, frame) if node.args else UNKNOWN
        if isinstance(address, tuple) and len(address) == 2:
            host = "0.0.0.0" if address[0] == "" else address[0]  # noqa: S104 -- what an empty name binds
            self.notes.append(Serving(name, host, address[1], None, scope, place_of(node, scope)))

    def _grpc(self, node: ast.Call, scope: Scope, frame: Frame) -> None:
        """`server.add_insecure_port("[::]:50051")`."""
        address = self.values.of(node.args[0], scope, frame) if node.args else UNKNOWN
        host, _, port = str(address).rpartition(":") if isinstance(address, str) else ("", "", "")
        number = int(port) if port.isdigit() else UNKNOWN
        self.notes.append(Serving("grpc", host or UNKNOWN, number, None, scope, place_of(node, scope)))
