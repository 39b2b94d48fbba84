"""All that some expressions can mean together, where a table or the callers of a function decide.

One `Worker(...)` may stand for many: in a function that is called for each queue, or with the row of a table
(`role = ROLES[name]`, `for role in ROLES.values()`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.temporal.names import Names
from checks.temporal.scopes import Binding, BindingKind, Scope, ScopeKind
from checks.temporal.sites import Meant, parameter, sites_of

_DEPTH = 4
_MOST = 64
_CHANGES = {"append", "extend", "insert", "update", "setdefault", "pop", "clear", "remove"}


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """What the names of one scope are, in one of the cases."""

    scope: Scope
    values: Mapping[str, Meant]


def alternatives(asked: Mapping[str, Meant], names: Names, depth: int = _DEPTH) -> list[Mapping[str, Meant]]:
    """The cases there are; only the given one where nothing decides that can be read to the end."""
    for meant in asked.values():
        worlds = list(_worlds(meant, names)) if depth > 0 else []
        if not worlds or len(worlds) > _MOST:
            continue
        cases = [{key: _within(each, world, names) for key, each in asked.items()} for world in worlds]
        if all(case[key] is not asked[key] for case in cases for key in asked if asked[key] is meant):
            return [found for case in cases for found in alternatives(case, names, depth - 1)]
    return [asked]


def _worlds(meant: Meant, names: Names) -> Iterator[_World]:
    """One world for each row or caller that decides what the expression is."""
    root = meant.node
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    if not isinstance(root, ast.Name):
        return
    where, bindings = names.lookup(root.id, meant.scope)
    if where is None or len(bindings) != 1 or where.kind in (ScopeKind.MODULE, ScopeKind.CLASS):
        return
    handed = parameter(root, meant.scope, names)
    if handed is not None:
        sites, complete = sites_of(handed[0], names)
        yield from (_World(where, site.arguments) for site in sites if complete)
        return
    for target, value in _assigned(root.id, bindings[0], where, names):
        yield _World(where, dict(_bound(target, value)))


def _assigned(name: str, binding: Binding, where: Scope, names: Names) -> Iterator[tuple[ast.expr, Meant]]:
    """A target with each value that it takes: of a loop, or of a look-up in a table."""
    node = binding.node
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        outer = where.parent if isinstance(node, ast.comprehension) and where.parent else where
        yield from ((node.target, each) for each in _elements(node.iter, outer, names))
    elif binding.kind is BindingKind.VALUE and isinstance(node, ast.expr):
        yield from ((ast.Name(name, ast.Store()), each) for each in _looked_up(node, where, names))
    elif isinstance(node, ast.expr):
        target = next((each.targets[0] for each in ast.walk(where.node) if _gives(each, node)), None)  # type: ignore[attr-defined]
        if target is not None:
            yield from ((target, each) for each in _looked_up(node, where, names))


def _gives(node: ast.AST, value: ast.expr) -> bool:
    return isinstance(node, ast.Assign) and node.value is value and len(node.targets) == 1


def _looked_up(node: ast.expr, scope: Scope, names: Names) -> list[Meant]:
    """`ROLES[name]`, `ROLES.get(name)`: any row of the table."""
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
        return _rows(node.value, scope, names)
    is_get = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_get and len(node.args) == 1:
        return _rows(node.func.value, scope, names)
    return []


def _elements(node: ast.expr, scope: Scope, names: Names) -> list[Meant]:
    """What a loop goes through, `[]` where that is not certain."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        table = _table(node.func.value, scope, names)
        if table is None or not isinstance(table.node, ast.Dict):
            return []
        if node.func.attr == "values":
            return [Meant(value, table.scope) for value in table.node.values]
        pairs = zip(table.node.keys, table.node.values, strict=True)
        if node.func.attr == "items":
            return [Meant(ast.Tuple([key, value], ast.Load()), table.scope) for key, value in pairs if key is not None]
        return []
    table = _table(node, scope, names)
    return [Meant(each, table.scope) for each in getattr(table.node, "elts", ())] if table is not None else []


def _rows(node: ast.expr, scope: Scope, names: Names) -> list[Meant]:
    table = _table(node, scope, names)
    if table is None:
        return []
    rows = table.node.values if isinstance(table.node, ast.Dict) else getattr(table.node, "elts", [])
    return [Meant(each, table.scope) for each in rows]


def _table(node: ast.expr, scope: Scope, names: Names) -> Meant | None:
    """The literal that a constant is, where nothing adds to it and every row is written out."""
    found = names.value(node, scope)
    if found is None or not isinstance(found[0], (ast.Dict, ast.List, ast.Tuple)):
        return None
    table, where = found
    rows = table.keys if isinstance(table, ast.Dict) else _parts(table)
    spread = any(row is None or isinstance(row, ast.Starred) for row in rows)
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    changed = any(_changes(each, name) for module in {where.module, scope.module} for each in ast.walk(module.tree))
    return None if spread or changed else Meant(table, where)


def _changes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        return isinstance(node.func.value, ast.Name) and node.func.value.id == name
    stored = isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Subscript) and stored and isinstance(node.value, ast.Name) and node.value.id == name


def _bound(target: ast.expr, value: Meant) -> Iterator[tuple[str, Meant]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    for part, each in zip(_parts(target), _parts(value.node), strict=False):
        yield from _bound(part, Meant(each, value.scope))


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.Tuple, ast.List)) else []


def _within(meant: Meant, world: _World, names: Names) -> Meant:
    """The expression with the names of a world replaced; itself where that says nothing more."""
    return _value(meant.node, meant.scope, world, names) or meant


def _value(node: ast.expr, scope: Scope, world: _World, names: Names) -> Meant | None:
    if isinstance(node, ast.Name):
        where, _ = names.lookup(node.id, scope)
        return world.values.get(node.id) if where is world.scope else None
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        return None
    base = _value(node.value, scope, world, names)
    if base is None:
        return None
    settled = names.value(base.node, base.scope)
    base = Meant(*settled) if settled is not None else base
    if isinstance(base.node, (ast.Name, ast.Attribute, ast.Subscript)):  # what decides that is found in the next round
        return Meant(_of_base(node, base.node), base.scope)
    return _field(base, node.attr, names) if isinstance(node, ast.Attribute) else _item(base, node.slice)


def _of_base(node: ast.Attribute | ast.Subscript, base: ast.expr) -> ast.expr:
    made = (
        ast.Attribute(base, node.attr, ast.Load())
        if isinstance(node, ast.Attribute)
        else ast.Subscript(base, node.slice, ast.Load())
    )
    return ast.copy_location(made, node)


def _item(base: Meant, key: ast.expr) -> Meant | None:
    """What stands under a literal key of a literal row."""
    wanted = key.value if isinstance(key, ast.Constant) else None
    if isinstance(base.node, ast.Dict) and isinstance(wanted, str):
        pairs = zip(base.node.keys, base.node.values, strict=True)
        found = [value for each, value in pairs if isinstance(each, ast.Constant) and each.value == wanted]
        return Meant(found[0], base.scope) if len(found) == 1 else None
    is_row = isinstance(base.node, (ast.Tuple, ast.List)) and isinstance(wanted, int)
    if isinstance(base.node, (ast.Tuple, ast.List)) and is_row and 0 <= int(str(wanted)) < len(base.node.elts):
        return Meant(base.node.elts[int(str(wanted))], base.scope)
    return None


def _field(base: Meant, name: str, names: Names) -> Meant | None:
    """What a data class was given for a field, or its default."""
    call = base.node
    ref = names.of(call.func, base.scope) if isinstance(call, ast.Call) else None
    definition = names.definition(ref) if ref else None
    if not isinstance(call, ast.Call) or definition is None or not isinstance(definition.node, ast.ClassDef):
        return None
    if "__init__" in definition.own.bindings or any(each.arg is None for each in call.keywords):
        return None
    fields = {each.target.id: each for each in definition.node.body if _is_field(each)}  # type: ignore[attr-defined]
    given = dict(zip(fields, call.args, strict=False)) | {each.arg: each.value for each in call.keywords if each.arg}
    if name in given:
        return Meant(given[name], base.scope)
    default = fields[name].value if name in fields else None  # type: ignore[attr-defined]
    return Meant(_made(default), definition.own) if default is not None else None


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _made(default: ast.expr) -> ast.expr:
    """`field(default_factory=list)` is an empty list."""
    if isinstance(default, ast.Call):
        factory = next((each.value for each in default.keywords if each.arg == "default_factory"), None)
        if isinstance(factory, ast.Name) and factory.id in ("list", "tuple"):
            return ast.List([], ast.Load())
    return default
