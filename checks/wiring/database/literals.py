"""From an expression to the text that it is for certain, and the literal that it stands in."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checks.temporal.names import Names
from checks.temporal.scopes import Scope

_DEPTH = 6
_CHANGES: dict[str, Callable[[str], str]] = {"textwrap.dedent": textwrap.dedent, "inspect.cleandoc": inspect.cleandoc}


@dataclass(frozen=True, slots=True)
class Literal:
    """A text with the file it is written in; `spread` where a line of the text is a line of the file."""

    text: str
    file: str
    line: int
    spread: bool


def literal(names: Names, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> Literal | None:
    """The text of a constant, of constants put together, or of a name for one; None where only a run would tell."""
    if depth <= 0:
        return None
    if isinstance(node, ast.Constant):
        return _constant(node, scope)
    if isinstance(node, (ast.Name, ast.Attribute)):
        found = names.value(node, scope)
        return literal(names, found[0], found[1], depth - 1) if found and found[0] is not node else None
    if isinstance(node, ast.Call):
        return _changed(names, node, scope, depth)
    parts = _parts(node)
    return _joined(names, parts, node, scope, depth) if parts else None


def _constant(node: ast.Constant, scope: Scope) -> Literal | None:
    if not isinstance(node.value, str):
        return None
    lines = (node.end_lineno or node.lineno) - node.lineno
    spread = lines > 0 and node.value.count("\n") == lines
    return Literal(node.value, scope.module.file, node.lineno, spread)


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (node.left, node.right)
    if isinstance(node, ast.JoinedStr):
        placed = [each for each in node.values if isinstance(each, ast.FormattedValue)]
        if all(each.conversion == -1 and each.format_spec is None for each in placed):
            return [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
    return ()


def _joined(names: Names, parts: Sequence[ast.expr], whole: ast.expr, scope: Scope, depth: int) -> Literal | None:
    texts: list[str] = []
    for part in parts:
        found = literal(names, part, scope, depth - 1)
        if found is None:
            return None
        texts.append(found.text)
    return Literal("".join(texts), scope.module.file, whole.lineno, False)


def _changed(names: Names, node: ast.Call, scope: Scope, depth: int) -> Literal | None:
    """`dedent("...")`, `"...".strip()`."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "strip" and not node.args:
        found = literal(names, node.func.value, scope, depth - 1)
        return _with(found, str.strip)
    change = _CHANGES.get(names.of(node.func, scope) or "")
    if change is None or len(node.args) != 1:
        return None
    return _with(literal(names, node.args[0], scope, depth - 1), change)


def _with(found: Literal | None, change: Callable[[str], str]) -> Literal | None:
    if found is None:
        return None
    text = change(found.text)
    before = found.text[: len(found.text) - len(found.text.lstrip())].count("\n")
    cut = before if found.text.startswith("\n") and not text.startswith("\n") else 0
    return Literal(text, found.file, found.line + (cut if found.spread else 0), found.spread)
