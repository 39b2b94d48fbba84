"""What else runs when something is called: functions that are handed on, decorated, registered with a worker."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from checks.temporal.scopes import Definition, Scope
from checks.temporal.sources import folder_of
from checks.wiring.code.noted import Way
from checks.wiring.code.notes import Notes
from checks.wiring.code.relevance import RUNS_WHAT_IT_IS_GIVEN
from checks.wiring.code.thinking import Frame
from checks.wiring.code.worlds import ClassValue, Instance, Value

_ROUTING = {
    "get", "post", "put", "patch", "delete", "head", "options", "websocket", "route", "api_route", "on_event",
    "middleware", "before_request", "before_serving", "on_startup",
}  # fmt: skip


class Running(Notes):
    """The part of a walk that goes on into what is called."""

    def _runs(self, node: ast.Call, base: Value, scope: Scope, frame: Frame, way: Way) -> None:
        target = self.values.callee(node, scope, frame, base=base)
        if target is not None:
            self.definition(*target, way)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "main":
            self._raw_workflow(base, way)
        self._handed(node, target is None, scope, frame, way)

    def _worker(self, node: ast.Call, scope: Scope, frame: Frame, way: Way) -> None:
        """Everything that a Temporal worker registers runs sooner or later."""
        for keyword in node.keywords:
            if keyword.arg in ("workflows", "activities"):
                listed = self.names.value(keyword.value, scope)
                entries = listed[0].elts if listed and isinstance(listed[0], (ast.List, ast.Tuple)) else []
                where = listed[1] if listed else scope
                for entry in entries:
                    self._registered(entry, where, frame, way)

    def _registered(self, entry: ast.expr, scope: Scope, frame: Frame, way: Way) -> None:
        definition, given = self.values.called(entry, scope, frame, base=self.values.base_of(entry, scope, frame))
        if definition is None:
            return
        if not isinstance(definition.node, ast.ClassDef):
            self.definition(definition, given, way)
            return
        for each in definition.own.module.definitions:
            if each.outer is definition.own:
                self.definition(each, {"self": Instance(definition)}, way)

    def _raw_workflow(self, base: Value, way: Way) -> None:
        """`AnalyzeCV.main()`: the runtime reads the command line, and runs `run`."""
        if isinstance(base, ClassValue):
            ref = self.names.member(base.definition.ref, "run")
            method = self.names.definition(ref) if ref else None
            if method is not None:
                self.definition(method, {"self": Instance(base.definition)}, way)

    def _handed(self, node: ast.Call, foreign: bool, scope: Scope, frame: Frame, way: Way) -> None:
        """Functions that are handed on are run by whom they are given to: surely where that is what it is for."""
        last = ast.unparse(node.func).rpartition(".")[2] if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
        sure = foreign and last in RUNS_WHAT_IT_IS_GIVEN
        for each in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(each, (ast.Name, ast.Attribute)):
                base = self.values.base_of(each, scope, frame)
                definition, given = self.values.called(each, scope, frame, base=base)
                if definition is not None and not self._is_temporal(definition):
                    is_class = isinstance(definition.node, ast.ClassDef)
                    if not is_class or last in ("Depends", "field", "Field"):
                        self.definition(definition, given, replace(way, sure=way.sure and sure))

    def _is_temporal(self, definition: Definition) -> bool:
        """Whether naming it starts it elsewhere: an activity, a workflow's method."""
        plain = [each.func if isinstance(each, ast.Call) else each for each in definition.node.decorator_list]
        return any((self.names.of(each, definition.outer) or "").startswith("temporalio.") for each in plain)

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, way: Way) -> None:
        """What is decorated is called by whom the decorator hands it to; for a route, surely."""
        own = scope.module.scopes.get(node)
        definition = next((each for each in scope.module.definitions if each.node is node), None)
        if own is None or definition is None or self._is_temporal(definition):
            return
        for decorator in node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(function, ast.Attribute) and isinstance(decorator, ast.Call):
                routed = function.attr in _ROUTING
                self.definition(definition, {}, replace(way, sure=way.sure and routed))
            elif self.names.of(function, scope) == "contextlib.asynccontextmanager":
                return

    def _imported(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> Iterator[str]:
        folder = folder_of(scope.module.file)
        find = self.names.sources.find
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        else:
            base = "." * node.level + (node.module or "")
            joined = base if base.endswith(".") else f"{base}."
            dotted = [base, *(joined + alias.name for alias in node.names)]
        for each in dotted:
            file = find(each, folder)
            if file is not None:
                yield file
