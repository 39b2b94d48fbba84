"""Fields of the project's data classes whose default asks the clock or chance whenever an object is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checks.temporal.names import Names
from checks.temporal.restricted import Restriction, restriction
from checks.temporal.scopes import Definition

_FIELDS = {"dataclasses.field", "pydantic.Field", "attrs.field", "attr.ib"}
_NO_CALL = ast.Call(func=ast.Name("factory", ast.Load()), args=[], keywords=[])


@dataclass(frozen=True, slots=True)
class Factory:
    """A field and what its default calls."""

    field: str
    name: str
    line: int
    restriction: Restriction


def factories_used(call: ast.Call, definition: Definition, names: Names) -> Iterator[Factory]:
    """The defaults that a call of a class surely asks for: those of fields that it does not give."""
    given = {keyword.arg for keyword in call.keywords}
    if None in given or any(isinstance(each, ast.Starred) for each in call.args):
        return
    if not isinstance(definition.node, ast.ClassDef) or "__init__" in definition.own.bindings:
        return
    fields = [each for each in definition.node.body if isinstance(each, ast.AnnAssign)]
    if call.args and definition.node.bases:  # a base may bring fields that come first
        return
    for position, each in enumerate(fields):
        if isinstance(each.target, ast.Name) and each.target.id not in given and position >= len(call.args):
            factory = _factory(each, definition, names)
            if factory is not None:
                yield factory


def _factory(node: ast.AnnAssign, definition: Definition, names: Names) -> Factory | None:
    value = node.value
    if not isinstance(value, ast.Call) or names.of(value.func, definition.own) not in _FIELDS:
        return None
    made = next((each.value for each in value.keywords if each.arg in ("default_factory", "factory")), None)
    calls = [part for part in ast.walk(made) if isinstance(part, ast.Call)] if isinstance(made, ast.Lambda) else []
    asked = [(call.func, call) for call in calls] if isinstance(made, ast.Lambda) else [(made, _NO_CALL)]
    for function, call in asked:
        name = names.of(function, definition.own) if isinstance(function, (ast.Name, ast.Attribute)) else None
        found = restriction(name, call) if name is not None else None
        if name is not None and found is not None:
            return Factory(node.target.id if isinstance(node.target, ast.Name) else "", name, node.lineno, found)
    return None
