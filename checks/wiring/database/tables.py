"""Where tables and columns are written: in models, and in migrations."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from checks.model import Place
from checks.wiring.database.uses import Uses

_COLUMN_MAKERS = {"Column", "mapped_column", "Field"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table as a model declares it; `columns` by the name they have in the database, with their call, if any."""

    name: str
    model: str
    place: Place
    columns: Mapping[str, Place] = field(default_factory=dict)
    calls: Mapping[str, ast.Call] = field(default_factory=dict)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, None where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def declared_tables(uses: Uses) -> tuple[Table, ...]:
    """Every table that a class of the project declares by a plain name."""
    found: list[Table] = []
    for file in uses.python(("__tablename__", "table=True")):
        tree = parse(uses.text(file))
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)] if tree else []
        found += [table for node in classes if (table := _table(node, file)) is not None]
    return tuple(found)


def _table(node: ast.ClassDef, file: str) -> Table | None:
    name = _table_name(node)
    if name is None:
        return None
    columns: dict[str, Place] = {}
    calls: dict[str, ast.Call] = {}
    for statement in node.body:
        attribute, value = _assigned(statement)
        call = value if isinstance(value, ast.Call) and _last_name(value.func) in _COLUMN_MAKERS else None
        if attribute is None or (call is None and value is not None):
            continue
        given = call.args[0] if call is not None and call.args else None
        named = given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else attribute
        columns[named] = Place(file, statement.lineno)
        if call is not None:
            calls[named] = call
    return Table(name, node.name, Place(file, node.lineno), columns, calls)


def _table_name(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        attribute, value = _assigned(statement)
        if attribute == "__tablename__":
            return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
    is_table = any(
        word.arg == "table" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in node.keywords
    )
    return node.name.lower() if is_table else None


def _assigned(statement: ast.stmt) -> tuple[str | None, ast.expr | None]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return name, value
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
    return None, None


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def migrated(uses: Uses, files: Iterator[str]) -> dict[tuple[str, str | None], Place]:
    """Where migrations last spoke of a table (column None) or of one of its columns."""
    found: dict[tuple[str, str | None], Place] = {}
    for file in files:
        tree = parse(uses.text(file))
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Call) and node.args:
                found.update(_spoken(node, file))
    return found


def _string(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _spoken(call: ast.Call, file: str) -> Iterator[tuple[tuple[str, str | None], Place]]:
    kind = _last_name(call.func)
    names = [_string(each) for each in call.args]
    table = names[0]
    if table is None or kind not in ("create_table", "add_column", "alter_column", "drop_column", "Table"):
        return
    yield (table, None), Place(file, call.lineno)
    if kind in ("alter_column", "drop_column") and len(names) > 1 and names[1]:
        yield (table, names[1]), Place(file, call.lineno)
    for argument in call.args[1:]:
        if isinstance(argument, ast.Call) and _last_name(argument.func) == "Column" and argument.args:
            column = argument.args[0]
            if isinstance(column, ast.Constant) and isinstance(column.value, str):
                yield (table, column.value), Place(file, argument.lineno)
