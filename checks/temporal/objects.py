"""What can be said of an object of the project without making it: whose `self` a name is, what a method returns."""

from __future__ import annotations

import ast

from checks.temporal.scopes import Definition, Scope, ScopeKind


def owner_of(name: str, scope: Scope) -> str | None:
    """The class whose `self` a name is."""
    for inner in scope.chain():
        outer = inner.parent
        is_method = inner.kind is ScopeKind.FUNCTION and outer is not None and outer.kind is ScopeKind.CLASS
        if is_method and outer is not None and isinstance(inner.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = next(iter((*inner.node.args.posonlyargs, *inner.node.args.args)), None)
            return outer.qualname if first is not None and first.arg == name else None
    return None


def returned_by(definition: Definition) -> ast.expr | None:
    """What a function gives back, where it says so exactly once."""
    own = [each for each in ast.walk(definition.node) if isinstance(each, ast.Return)]
    nested = any(isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) for each in definition.node.body)
    return own[0].value if len(own) == 1 and not nested else None
