"""Small questions about single nodes of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Place
from checks.temporal.scopes import Definition, Scope
from checks.wiring.code.worlds import ENVIRON, Value


def parameters(definition: Definition, bound: bool) -> list[str]:
    """The names of what may be given in place; of a class, those of `__init__` or its annotated fields."""
    node = definition.node
    if isinstance(node, ast.ClassDef):
        init = next((each for each in node.body if getattr(each, "name", "") == "__init__"), None)
        if isinstance(init, ast.FunctionDef):
            return [each.arg for each in (*init.args.posonlyargs, *init.args.args)][1:]
        fields = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
        return [each.id for each in fields if isinstance(each, ast.Name)]
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    return names[1:] if bound else names


def argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    """What a call gives in place or by name."""
    if len(node.args) > position:
        return node.args[position]
    return next((each.value for each in node.keywords if each.arg == name), None)


def place_of(node: ast.AST, scope: Scope) -> Place:
    """Where a node was written."""
    return Place(scope.module.file, getattr(node, "lineno", None), getattr(node, "col_offset", -1) + 1)


def is_get(node: ast.Call, base: Value) -> bool:
    """Whether a call is `environ.get(...)` and the like, on what is called by whatever name."""
    return base is ENVIRON and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop", "setdefault")


def defaulted(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """The parameters of a function that have a default, each with it."""
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    defaults = node.args.defaults
    yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
    for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is not None:
            yield each.arg, default


def is_dotted(node: ast.expr) -> bool:
    """Whether an expression is a name, or a name with attributes."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def last_name(node: ast.expr) -> str:
    """The last word of a dotted name, also where it is written as text; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
