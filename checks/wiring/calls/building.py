"""How a function builds a list step by step."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from checks.temporal.scopes import FunctionNode

_BLOCKS = ("body", "orelse", "finalbody")


def statements(body: Sequence[ast.stmt], loop: ast.For | None) -> Iterator[tuple[ast.stmt, ast.For | None]]:
    """Every statement of a function in the order of the text, with the loop it stands in."""
    for statement in body:
        yield statement, loop
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inner = statement if isinstance(statement, ast.For) else loop
        for name in _BLOCKS:
            yield from statements(getattr(statement, name, ()), inner)
        for handler in getattr(statement, "handlers", ()):
            yield from statements(handler.body, inner)


def assigned(statement: ast.stmt, name: str) -> ast.expr | None:
    """What a statement gives a name."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    hit = any(isinstance(target, ast.Name) and target.id == name for target in targets)
    return getattr(statement, "value", None) if hit else None


def added(statement: ast.stmt, name: str) -> Iterator[tuple[ast.expr, bool]]:
    """What a statement adds to a list, and whether that is a list itself."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name) and statement.target.id == name:
        yield statement.value, True
    call = statement.value if isinstance(statement, ast.Expr) else None
    method = call.func if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    adds = method is not None and method.attr in ("append", "extend") and getattr(method.value, "id", None) == name
    if isinstance(call, ast.Call) and method is not None and adds and call.args:
        yield call.args[0], method.attr == "extend"


def is_rebuilt(name: str, function: FunctionNode | None) -> bool:
    """Whether a function gives a parameter of that name another value."""
    return function is not None and any(assigned(each, name) for each, _ in statements(function.body, None))
