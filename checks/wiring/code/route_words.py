"""The words of a route: its path and its methods, as far as they are constant."""

from __future__ import annotations

import ast

from checks.temporal.names import Names
from checks.temporal.scopes import Scope


class RouteWords:
    """Reads paths and methods."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def first(self, node: ast.Call, scope: Scope, keyword: str) -> str | None:
        """The path that a call gives in the first place, or by that keyword."""
        given = node.args[0] if node.args else next((each.value for each in node.keywords if each.arg == keyword), None)
        return self.text(given, scope) if given is not None else None

    def text(self, node: ast.expr, scope: Scope) -> str | None:
        """A text, as far as it is constant."""
        if isinstance(node, ast.JoinedStr):
            values = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
            parts = [self.text(each, scope) for each in values]
            return None if None in parts else "".join(part for part in parts if part is not None)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.text(node.left, scope), self.text(node.right, scope)
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

    def methods(self, node: ast.Call, scope: Scope) -> tuple[str, ...]:
        """The methods that a route answers, as `methods=` says."""
        given = next((each.value for each in node.keywords if each.arg == "methods"), None)
        found = self.names.value(given, scope) if given is not None else None
        if found is not None and isinstance(found[0], (ast.List, ast.Tuple, ast.Set)):
            words = [self.names.constant(each, found[1]) for each in found[0].elts]
            return tuple(word.upper() for word in words if isinstance(word, str)) or ("GET",)
        return ("GET",)
