"""Files under absolute paths that the code of a unit reads and writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Place
from checks.temporal.scopes import Scope
from checks.wiring.deployments.origins import Origin, Origins, calls_by_node
from checks.wiring.deployments.reach import Part
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Unit

_WRITES = frozenset({"touch", "write_text", "write_bytes"})
_LOOKS = frozenset({"exists", "is_file", "stat", "read_text", "read_bytes"})
_FUNCTIONS = {
    "os.path.exists": False,
    "os.path.isfile": False,
    "os.path.getmtime": False,
    "os.stat": False,
    "os.utime": True,
    "builtins.open": None,
    "io.open": None,
}
"""Functions whose first argument is a path: whether they write; None: their mode says so."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A file that a call reads or writes: its path in the unit, who says the path, and where the call is."""

    path: str
    said: Place
    place: Place
    writes: bool


class Touching(Origins):
    """Follows paths also to the defaults of a command line's options."""

    def of(self, node: ast.expr, scope: Scope, depth: int = 6) -> tuple[Origin, ...]:
        """Every origin of an expression; none where one of them cannot be known."""
        found = super().of(node, scope, depth)
        if found or depth <= 0 or not isinstance(node, ast.Attribute):
            return found
        default = _default(scope, node.attr)
        return super().of(default, scope.module.scope, depth - 1) if default is not None else ()

    def touched(self, unit: Unit, parts: tuple[Part, ...]) -> Iterator[Touched]:
        """What the calls in some parts of the code touch, as far as it is known, in one unit."""
        for part in parts:
            known = calls_by_node(part.module)
            for node in part.calls:
                call = known.get(id(node))
                path, writes = self._path(node, call.scope) if call is not None else (None, False)
                for origin in self.of(path, call.scope) if path is not None and call is not None else ():
                    value = origin.value_in(unit) if not origin.partly else None
                    if value is not None and value[0].startswith("/"):
                        yield Touched(value[0], value[1], Place(part.module.file, node.lineno), writes)

    def _path(self, node: ast.Call, scope: Scope) -> tuple[ast.expr | None, bool]:
        name = self.names.of(node.func, scope) or ""
        if name in _FUNCTIONS and node.args:
            writes = _FUNCTIONS[name]
            return node.args[0], _is_writing(node, 1) if writes is None else writes
        if isinstance(node.func, ast.Attribute) and node.func.attr in _WRITES | _LOOKS:
            return node.func.value, node.func.attr in _WRITES
        if isinstance(node.func, ast.Attribute) and node.func.attr == "open":
            return node.func.value, _is_writing(node, 0)
        return None, False


def touching(uses: Uses) -> Touching | None:
    """What follows paths; None where the project has no code."""
    index, bindings = uses.code.index, uses.bindings
    return Touching(index, bindings) if index is not None and bindings is not None else None


def _is_writing(node: ast.Call, position: int) -> bool:
    given = node.args[position] if len(node.args) > position else None
    mode = next((each.value for each in node.keywords if each.arg == "mode"), given)
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))


def _default(scope: Scope, name: str) -> ast.expr | None:
    """The default of the one option of this module's command line that is called so."""
    found: list[ast.expr] = []
    for call in scope.module.calls:
        if getattr(call.node.func, "attr", "") != "add_argument":
            continue
        options = [str(each.value) for each in call.node.args if isinstance(each, ast.Constant)]
        if name in {option.lstrip("-").replace("-", "_") for option in options}:
            found += [each.value for each in call.node.keywords if each.arg == "default"]
    return found[0] if len(found) == 1 else None
