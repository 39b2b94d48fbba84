"""Reads the lists that a worker is given, as far as they can be read without running anything."""

from __future__ import annotations

import ast

from checks.temporal.model import Entry, Listing
from checks.temporal.names import Names
from checks.temporal.objects import owner_of, returned_by
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
        return _read_call(node, scope, names, depth)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _read_name(node, scope, names, depth)
    return _UNKNOWN


def _element(node: ast.expr, scope: Scope, names: Names, depth: int) -> Listing:
    if isinstance(node, ast.Starred):
        return read_listing(node.value, scope, names, depth - 1)
    ref = names.of(node, scope) or _own_method(node, scope, names)
    return Listing((Entry(ref, node, scope.module),)) if ref is not None else _UNKNOWN


def _own_method(node: ast.expr, scope: Scope, names: Names) -> str | None:
    """`self.send_mail`, in a method that lists its object's activities."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    owner = owner_of(node.value.id, scope)
    ref = names.member(f"{scope.module.file}:{owner}", node.attr) if owner else None
    return ref if ref is not None and names.definition(ref) is not None else None


def _read_call(node: ast.Call, scope: Scope, names: Names, depth: int) -> Listing:
    """`list(X)`, `tuple(X)`: the same elements. A function or method of the project: what it returns."""
    ref = names.of(node.func, scope)
    if ref in ("builtins.list", "builtins.tuple") and not node.keywords and len(node.args) == 1:
        return read_listing(node.args[0], scope, names, depth - 1)
    definition = names.definition(ref) if ref else None
    if definition is None or isinstance(definition.node, ast.ClassDef):
        return _UNKNOWN
    returned = returned_by(definition)
    return read_listing(returned, definition.own, names, depth - 1) if returned is not None else _UNKNOWN


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
