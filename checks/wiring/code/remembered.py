"""Names that are looked up once: every walk through a program asks for the same ones again."""

from __future__ import annotations

import ast

from checks.temporal.names import Names
from checks.temporal.scopes import Binding, Scope, ScopeKind
from checks.temporal.sources import Sources

_DEPTH = 12
_ENOUGH = 6
"""An answer that was found with this many steps left was not cut short."""


class RememberedNames(Names):
    """The same answers, kept by node and scope."""

    def __init__(self, sources: Sources) -> None:
        super().__init__(sources)
        self._refs: dict[tuple[ast.expr, Scope], str | None] = {}
        self._classes: dict[tuple[str, Scope], str | None] = {}
        self._bound: dict[tuple[str, Scope], tuple[Scope | None, list[Binding]]] = {}

    def of(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> str | None:
        """What a dotted expression names."""
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return None
        key = (node, scope)
        if key in self._refs:
            return self._refs[key]
        found = super().of(node, scope, depth)
        if depth >= _ENOUGH:
            self._refs[key] = found
        return found

    def lookup(self, name: str, scope: Scope, line: int | None = None) -> tuple[Scope | None, list[Binding]]:
        """The scope that binds a name as seen from `line` of `scope`, as Python looks it up."""
        if line is not None and any(each.kind is ScopeKind.CLASS for each in scope.chain()):
            return super().lookup(name, scope, line)
        key = (name, scope)
        if key not in self._bound:
            self._bound[key] = super().lookup(name, scope)
        return self._bound[key]

    def _class_of_name(self, name: str, scope: Scope, depth: int) -> str | None:
        key = (name, scope)
        if key in self._classes:
            return self._classes[key]
        found = super()._class_of_name(name, scope, depth)
        if depth >= _ENOUGH:
            self._classes[key] = found
        return found
