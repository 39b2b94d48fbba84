"""Reads the texts that programs agree on, such as task queues: literals, constants, settings and their defaults."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from checks.temporal.names import Names
from checks.temporal.scopes import Scope

_READERS = {"os.getenv", "os.environ.get"}
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Text:
    """A text that an expression stands for; `variable` names the environment variable that may replace it."""

    text: str
    variable: str | None = None

    def shown(self) -> str:
        """The text, and where it may come from instead."""
        return f"`{self.text}`" + (f" (the default of `{self.variable}`)" if self.variable else "")


def read_text(node: ast.expr, scope: Scope, names: Names, depth: int = _DEPTH) -> Text | None:
    """The text an expression stands for, None where only a run would tell."""
    if depth <= 0:
        return None
    if isinstance(node, ast.Constant):
        return Text(node.value) if isinstance(node.value, str) else None
    if isinstance(node, ast.Call):
        return _of_call(node, scope, names, depth)
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2:
        return _of_or(node, scope, names, depth)
    if isinstance(node, ast.JoinedStr):
        return _of_format(node, scope, names, depth)
    if isinstance(node, ast.Attribute) and node.attr == "value":
        member = read_text(node.value, scope, names, depth - 1)
        if member is not None:
            return member
    found = names.value(node, scope) if isinstance(node, (ast.Name, ast.Attribute)) else None
    if found is None or isinstance(found[0], (ast.Name, ast.Attribute)):
        return None
    return _settled(node, *found, names, depth)


def _settled(node: ast.expr, value: ast.expr, scope: Scope, names: Names, depth: int) -> Text | None:
    """A value reached through an attribute of an object is a default: whoever made the object may have given more."""
    text = read_text(value, scope, names, depth - 1)
    is_member = isinstance(node, ast.Attribute) and scope.qualname != "" and _is_instance(node, scope, names)
    return Text(text.text, text.variable or ast.unparse(node)) if text is not None and is_member else text


def _is_instance(node: ast.Attribute, scope: Scope, names: Names) -> bool:
    ref = names.of(node.value, scope.module.scope)
    definition = names.definition(ref) if ref else None
    return not (definition is not None and isinstance(definition.node, ast.ClassDef))


def _of_call(node: ast.Call, scope: Scope, names: Names, depth: int) -> Text | None:
    """`os.environ.get("NAME", "default")`, and `str(...)` of a text."""
    ref = names.of(node.func, scope)
    if ref == "builtins.str" and len(node.args) == 1:
        return read_text(node.args[0], scope, names, depth - 1)
    if ref in _READERS and len(node.args) == 2:
        return _default(node.args[0], node.args[1], scope, names, depth)
    return None


def _of_or(node: ast.BoolOp, scope: Scope, names: Names, depth: int) -> Text | None:
    """`os.environ.get("NAME") or "default"`."""
    first, second = node.values
    asks = isinstance(first, ast.Call) and names.of(first.func, scope) in _READERS and bool(first.args)
    return _default(first.args[0], second, scope, names, depth) if asks and isinstance(first, ast.Call) else None


def _default(variable: ast.expr, default: ast.expr, scope: Scope, names: Names, depth: int) -> Text | None:
    name = names.constant(variable, scope)
    text = read_text(default, scope, names, depth - 1)
    return Text(text.text, name) if text is not None and isinstance(name, str) else None


def _of_format(node: ast.JoinedStr, scope: Scope, names: Names, depth: int) -> Text | None:
    parts: list[Text] = []
    for value in node.values:
        plain = isinstance(value, ast.FormattedValue) and value.conversion == -1 and value.format_spec is None
        inner = value.value if isinstance(value, ast.FormattedValue) and plain else value
        part = read_text(inner, scope, names, depth - 1) if plain or isinstance(value, ast.Constant) else None
        if part is None:
            return None
        parts.append(part)
    return Text("".join(part.text for part in parts), next((part.variable for part in parts if part.variable), None))
