"""Reads durations that are written out: `timedelta(minutes=5)`, numbers of seconds, and constants of both."""

from __future__ import annotations

import ast
from datetime import timedelta
from typing import TypeGuard

from checks.temporal.names import Names
from checks.temporal.scopes import Scope

_PARTS = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")


def seconds_of(node: ast.expr, scope: Scope, names: Names) -> float | None:
    """The seconds of a `timedelta(...)` whose parts are all known."""
    found = names.value(node, scope)
    if found is None or not isinstance(found[0], ast.Call):
        return None
    call, where = found
    if not isinstance(call, ast.Call) or names.of(call.func, where) != "datetime.timedelta":
        return None
    parts = dict(zip(_PARTS, call.args, strict=False)) | {each.arg or "**": each.value for each in call.keywords}
    numbers = {name: number_of(value, where, names) for name, value in parts.items()}
    if not numbers.keys() <= set(_PARTS) or None in numbers.values():
        return None
    try:
        return timedelta(**{name: number for name, number in numbers.items() if number is not None}).total_seconds()
    except OverflowError:
        return None


def number_of(node: ast.expr, scope: Scope, names: Names) -> float | None:
    """A number that is written out, also as a product (`15 * 60`) and through a constant."""
    found = names.value(node, scope)
    if found is None:
        return None
    value = found[0]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        parts = [each.value for each in (value.left, value.right) if isinstance(each, ast.Constant)]
        numbers = [each for each in parts if _is_number(each)]
        return float(numbers[0]) * float(numbers[1]) if len(numbers) == 2 else None
    return float(value.value) if isinstance(value, ast.Constant) and _is_number(value.value) else None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
