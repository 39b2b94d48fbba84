"""Reads the lists that a worker is given, as far as they can be read without running anything."""

from __future__ import annotations

import ast

from checks.temporal.model import Entry, Listing
from checks.temporal.names import Names
from checks.temporal.scopes import Scope

_UNKNOWN = Listing(complete=False)
_CHANGES = {"append", "extend", "insert", "remove", "pop", "clear"}
_DEPTH = 8


def read_listing(node: ast.expr, scope: Scope, names: Names, depth: int = _DEPTH) -> Listing:
    """The elements of a list expression, through names, `+`, `*` and other files."""
    if depth <= 0:
        return _UNKNOWN
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return _join([_element(element, scope, names, depth) for element in node.elts])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _join([read_listing(side, scope, names, depth - 1) for side in (node.left, node.right)])
    if isinstance(node, ast.Call):
        return _read_copy(node, scope, names, depth)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _read_name(node, scope, names, depth)
    return _UNKNOWN


def _element(node: ast.expr, scope: Scope, names: Names, depth: int) -> Listing:
    if isinstance(node, ast.Starred):
        return read_listing(node.value, scope, names, depth - 1)
    ref = names.of(node, scope)
    return Listing((Entry(ref, node, scope.module),)) if ref is not None else _UNKNOWN


def _read_copy(node: ast.Call, scope: Scope, names: Names, depth: int) -> Listing:
    """`list(X)`, `tuple(X)`: the same elements."""
    is_copy = names.of(node.func, scope) in ("builtins.list", "builtins.tuple") and not node.keywords
    return read_listing(node.args[0], scope, names, depth - 1) if is_copy and len(node.args) == 1 else _UNKNOWN


def _read_name(node: ast.Name | ast.Attribute, scope: Scope, names: Names, depth: int) -> Listing:
    found = names.value(node, scope)
    if found is None or isinstance(found[0], (ast.Name, ast.Attribute)):
        return _UNKNOWN
    listing = read_listing(*found, names, depth - 1)
    changed = _is_changed(node, scope) or _is_changed(node, found[1])
    return Listing(listing.entries, complete=False) if changed else listing


def _is_changed(node: ast.Name | ast.Attribute, scope: Scope) -> bool:
    """Whether the file calls `append` and the like on a list of that name."""
    name = node.id if isinstance(node, ast.Name) else node.attr
    functions = (call.node.func for call in scope.module.calls)
    return any(
        isinstance(function, ast.Attribute)
        and function.attr in _CHANGES
        and isinstance(function.value, ast.Name)
        and function.value.id == name
        for function in functions
    )


def _join(parts: list[Listing]) -> Listing:
    entries = tuple(entry for part in parts for entry in part.entries)
    return Listing(entries, all(part.complete for part in parts))
