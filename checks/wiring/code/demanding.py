"""What stops a program for the value of a variable: a raise under a condition, a text that is no number, or none."""

from __future__ import annotations

import ast

from checks.temporal.scopes import Scope
from checks.wiring.code.flow import Event
from checks.wiring.code.noted import Way
from checks.wiring.code.notes import Notes
from checks.wiring.code.relevance import ENGINES
from checks.wiring.code.syntax import place_of
from checks.wiring.code.thinking import Frame
from checks.wiring.code.worlds import UNKNOWN


class Demanding(Notes):
    """The part of a walk that sees what a value has to be."""

    def _raise(self, event: Event, node: ast.stmt | ast.Call, frame: Frame, way: Way) -> None:
        """The conditions were thought through already: what they asked of the environment is why it comes to this."""
        asked = dict(self.world.consulted)
        scope = event.around.scope
        self._note_consulted()
        error = "builtins.SystemExit"
        if isinstance(node, ast.Assert):
            error = "builtins.AssertionError"
        elif isinstance(node, ast.Raise):
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            error = (self.names.of(raised, scope) if raised is not None else None) or "builtins.Exception"
            if error.endswith("HTTPException"):  # an answer: the program is ready for the variable not to be set
                return
        detail = f"{place_of(node, scope).file}:{node.lineno} refuses it"
        self._blame(asked, error, way, detail, lambda: self.values.holds(event.around.path, frame.anew()) is True)

    def _demand(self, node: ast.Call, name: str, scope: Scope, frame: Frame, way: Way) -> None:
        """What raises for a value that is not set, or is no number."""
        wanted = node.args[0] if node.args else None
        if name in ("builtins.int", "builtins.float") and wanted is not None and not isinstance(wanted, ast.Constant):
            self._number(node, name, wanted, scope, frame, way)
        elif isinstance(node.func, ast.Attribute) and name.rpartition(".")[2] not in ENGINES:
            self._on_nothing(node.func.value, scope, frame, way)
        elif name.rpartition(".")[2] in ENGINES and wanted is not None:
            self._on_nothing(wanted, scope, frame, way)

    def _number(self, node: ast.Call, name: str, wanted: ast.expr, scope: Scope, frame: Frame, way: Way) -> None:
        value = self.values.of(wanted, scope, frame)
        asked = dict(self.world.consulted)
        if value is UNKNOWN or not asked or not (value is None or isinstance(value, str)):
            return
        try:
            float(str(value)) if value is not None and name == "builtins.float" else int(value)  # type: ignore[arg-type]
        except TypeError:
            self._blame(asked, "builtins.TypeError", way, "")
        except ValueError:
            self._blame(asked, "builtins.ValueError", way, f"`{ast.unparse(node)[:60]}` wants a number")

    def _on_nothing(self, wanted: ast.expr, scope: Scope, frame: Frame, way: Way) -> None:
        if isinstance(wanted, (ast.Constant, ast.JoinedStr)):
            return
        value = self.values.of(wanted, scope, frame)
        asked = dict(self.world.consulted)
        if value is None and asked:
            self._blame(asked, "builtins.AttributeError", way, "")
