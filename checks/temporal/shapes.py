"""What a text looks like whose parts are only partly known: `hiring-{}` for `f"hiring-{candidate.id}"`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.temporal.names import Names
from checks.temporal.objects import owner_of, returned_by
from checks.temporal.scopes import Scope
from checks.temporal.texts import read_text

HOLE = "\0"
_DEPTH = 6
_PERCENT = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[sdirxf]")
_BRACES = re.compile(r"\{[^{}]*\}")


def shape_of(node: ast.expr, scope: Scope, names: Names, depth: int = _DEPTH) -> str | None:
    """The text with `HOLE` for what only a run would tell; None where nothing of it is known."""
    shape = _shape(node, scope, names, depth)
    return None if shape is None or shape.strip(HOLE) == "" else shape


def shown(shape: str) -> str:
    """As a person would write it."""
    return shape.replace(HOLE, "{}")


def may_be_one(first: str, second: str) -> bool:
    """Whether some text has both shapes."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        for step in _steps(first, second, *waiting.pop()):
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return (len(first), len(second)) in reached


def _steps(first: str, second: str, one: int, two: int) -> Iterator[tuple[int, int]]:
    """Where reading one more letter leads; a hole takes any, or none."""
    hole_one = one < len(first) and first[one] == HOLE
    hole_two = two < len(second) and second[two] == HOLE
    if hole_one:
        yield one + 1, two
        if two < len(second):
            yield one, two + 1
    if hole_two:
        yield one, two + 1
        if one < len(first):
            yield one + 1, two
    if not hole_one and not hole_two and one < len(first) and two < len(second) and first[one] == second[two]:
        yield one + 1, two + 1


def _shape(node: ast.expr, scope: Scope, names: Names, depth: int) -> str | None:
    if depth <= 0:
        return None
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(each, scope, names, depth) for each in node.values)
    text = read_text(node, scope, names)
    if text is not None:
        return HOLE if text.variable else text.text
    if isinstance(node, ast.BinOp):
        return _joined(node, scope, names, depth)
    if isinstance(node, ast.Call):
        return _called(node, scope, names, depth)
    found = names.value(node, scope)
    is_other = found is not None and not isinstance(found[0], (ast.Name, ast.Attribute))
    return _shape(*found, names, depth - 1) if found is not None and is_other else None


def _part(node: ast.expr, scope: Scope, names: Names, depth: int) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    plain = isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None
    shape = _shape(node.value, scope, names, depth - 1) if isinstance(node, ast.FormattedValue) and plain else None
    return HOLE if shape is None else shape


def _joined(node: ast.BinOp, scope: Scope, names: Names, depth: int) -> str | None:
    if isinstance(node.op, ast.Add):
        parts = [_shape(each, scope, names, depth - 1) for each in (node.left, node.right)]
        return None if parts == [None, None] else "".join(HOLE if each is None else each for each in parts)
    left = _shape(node.left, scope, names, depth - 1) if isinstance(node.op, ast.Mod) else None
    return _PERCENT.sub(HOLE, left) if left is not None else None


def _called(node: ast.Call, scope: Scope, names: Names, depth: int) -> str | None:
    """`"hiring-{}".format(key)`, or a function of the project that makes the text."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = _shape(node.func.value, scope, names, depth - 1)
        return _BRACES.sub(HOLE, text) if text is not None else None
    ref = names.of(node.func, scope)
    if ref is None and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        owner = owner_of(node.func.value.id, scope)
        ref = names.member(f"{scope.module.file}:{owner}", node.func.attr) if owner else None
    definition = names.definition(ref) if ref else None
    returned = returned_by(definition) if definition is not None else None
    if definition is None or returned is None or isinstance(definition.node, (ast.ClassDef, ast.AsyncFunctionDef)):
        return None
    return _shape(returned, definition.own, names, depth - 1)
