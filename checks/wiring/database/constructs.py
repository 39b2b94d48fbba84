"""SQLAlchemy's constructs that one database alone understands, and what they ask of its schema."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.model import Place, Severity
from checks.temporal.scopes import Call, Module, Scope
from checks.wiring.database import rules
from checks.wiring.database.client import Session
from checks.wiring.database.judging import Judged
from checks.wiring.database.sent import Senders
from checks.wiring.database.tables import Table

_POSTGRESQL = {"sqlalchemy.dialects.postgresql.insert", "sqlalchemy.dialects.postgresql.dml.insert"}
_SQLITE = {"sqlalchemy.dialects.sqlite.insert", "sqlalchemy.dialects.sqlite.dml.insert"}
_CONFLICT = ("on_conflict_do_nothing", "on_conflict_do_update")
_DEPTH = 12
_UNIQUE = """
    SELECT t.relname, array_to_string(array(
        SELECT a.attname FROM unnest(i.indkey) AS k JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k
    ), ',')
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
"""


@dataclass(frozen=True, slots=True)
class Upsert:
    """One `on_conflict_do_...` with the model that it inserts, and the columns that it names."""

    model: str
    columns: frozenset[str]
    place: Place


def judge_dialects(senders: Senders, judged: Judged) -> None:
    """What cannot be compiled for PostgreSQL at all, or only by accident."""
    for module in senders.modules():
        for call in module.calls:
            name = call.node.func.attr if isinstance(call.node.func, ast.Attribute) else ""
            said = _foreign(senders, call, name)
            if said is not None and not senders.for_another(call):
                message, hint, severity = said
                judged.add(rules.OTHER_DIALECT, message, Place(module.file, _line(call.node)), hint, severity)


def _foreign(senders: Senders, call: Call, name: str) -> tuple[str, str, Severity] | None:
    insert = "use `sqlalchemy.dialects.postgresql.insert`"
    if name == "on_duplicate_key_update":
        message = "`on_duplicate_key_update` is MySQL's: SQLAlchemy cannot compile it for PostgreSQL"
        return message, insert, Severity.ERROR
    if name == "prefix_with" and _is_or(call.node):
        return "`INSERT OR ...` is SQLite's: PostgreSQL refuses it", "use `on_conflict_do_nothing`", Severity.ERROR
    if name in _CONFLICT and _made_by(senders, call, _SQLITE) is not None:
        message = (
            "SQLite's `insert` in a system on PostgreSQL: not every version of SQLAlchemy can compile its "
            f"`{name}` there"
        )
        return message, insert, Severity.WARNING
    return None


def _is_or(node: ast.Call) -> bool:
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and str(first.value).upper().startswith("OR ")


def upserts(senders: Senders) -> Iterator[Upsert]:
    """Every upsert whose model and columns are certain."""
    for module in senders.modules():
        for call in module.calls:
            if isinstance(call.node.func, ast.Attribute) and call.node.func.attr in _CONFLICT:
                made = _made_by(senders, call, _POSTGRESQL)
                model = senders.names.of(made[0].args[0], made[1]) if made and made[0].args else None
                columns = _columns(call, model)
                if model and columns and not senders.for_another(call):
                    yield Upsert(model, columns, Place(module.file, _line(call.node)))


def judge_upserts(
    found: Sequence[Upsert], tables: Sequence[Table], sessions: Sequence[Session], judged: Judged
) -> None:
    """Holds each against the unique indexes that are really there."""
    unique: dict[str, set[frozenset[str]]] = {}
    for session in sessions:
        for table, columns in session.rows(_UNIQUE):
            unique.setdefault(str(table), set()).add(frozenset(str(columns).split(",")))
        for (name,) in session.rows("SELECT tablename FROM pg_tables"):
            unique.setdefault(str(name), set())
    by_model = {f"{table.place.file}:{table.model}": table for table in tables}
    for each in found:
        model = by_model.get(each.model)
        offered = unique.get(model.name) if model else None
        if model is None or offered is None or each.columns in offered or not each.columns <= set(model.columns):
            continue
        asked = ", ".join(sorted(each.columns))
        there = "; ".join(sorted(f"({', '.join(sorted(columns))})" for columns in offered)) or "none"
        message = (
            f"ON CONFLICT ({asked}) on `{model.name}` ({model.place}): there is no unique constraint on exactly that; "
            f"the unique ones are {there}"
        )
        judged.add(rules.CONFLICT_TARGET, message, each.place)


def _columns(call: Call, model: str | None) -> frozenset[str]:
    words = {word.arg: word.value for word in call.node.keywords}
    elements = words.get("index_elements")
    if "index_where" in words or "constraint" in words or not isinstance(elements, (ast.List, ast.Tuple)):
        return frozenset()
    names = [_column(each) for each in elements.elts]
    return frozenset(names) if model and all(names) else frozenset()


def _column(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.attr if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""


def _made_by(senders: Senders, call: Call, makers: set[str]) -> tuple[ast.Call, Scope] | None:
    """The `insert(...)` at the bottom of a chain of methods, also through variables of the function."""
    node: ast.expr = call.node
    for _ in range(_DEPTH):
        if isinstance(node, ast.Call):
            if senders.names.of(node.func, call.scope) in makers:
                return node, call.scope
            node = node.func
        elif isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Name):
            found = _first_value(call.scope, node.id)
            if found is None:
                return None
            node = found
        else:
            return None
    return None


def _first_value(scope: Scope, name: str) -> ast.expr | None:
    """What a variable was given first: `stmt = insert(...)`, before `stmt = stmt.on_conflict_...`."""
    for outer in scope.chain():
        bindings = outer.bindings.get(name, [])
        if bindings:
            first = bindings[0].node
            return first if isinstance(first, ast.expr) else None
    return None


def _line(node: ast.Call) -> int:
    """The line of a method's own name: a chain begins far above."""
    return getattr(node.func, "end_lineno", None) or node.lineno


def naive_moments(senders: Senders, tables: Sequence[Table], judged: Judged) -> None:
    """`DateTime` without a zone whose default has one: asyncpg refuses to write it."""
    for table in tables:
        module = senders.sources.load(table.place.file)
        if module is None:
            continue
        for column, call in table.calls.items():
            _judge_moment(senders, module, table, column, call, judged)


def _judge_moment(senders: Senders, module: Module, table: Table, column: str, call: ast.Call, judged: Judged) -> None:
    scope = module.scope
    kinds = [each for each in call.args if senders.names.of(_callee(each), scope) in _DATETIMES]
    if not kinds or _has_zone(kinds[0]):
        return
    for word in call.keywords:
        if word.arg in ("default", "onupdate") and _is_aware(senders, word.value, scope):
            message = (
                f"`{table.name}.{column}` has no time zone and its `{word.arg}` has one: asyncpg refuses it (can't "
                "subtract offset-naive and offset-aware datetimes)"
            )
            judged.add(rules.NAIVE_MOMENT, message, table.columns[column], "write `DateTime(timezone=True)`")


_DATETIMES = {f"sqlalchemy{part}.DateTime" for part in ("", ".types", ".sql.sqltypes")}


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _has_zone(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and bool(node.args or node.keywords)


def _is_aware(senders: Senders, node: ast.expr, scope: Scope) -> bool:
    """`lambda: datetime.now(UTC)`, or a function that returns nothing else."""
    if isinstance(node, ast.Lambda):
        return _is_now(senders, node.body, scope)
    name = senders.names.of(node, scope)
    found = senders.names.definition(name) if name else None
    if found is None or not isinstance(found.node, ast.FunctionDef):
        return False
    returns = [each for each in ast.walk(found.node) if isinstance(each, ast.Return)]
    return len(returns) == 1 and returns[0].value is not None and _is_now(senders, returns[0].value, found.own)


def _is_now(senders: Senders, node: ast.expr, scope: Scope) -> bool:
    if not isinstance(node, ast.Call) or senders.names.of(node.func, scope) != "datetime.datetime.now":
        return False
    given = [*node.args, *(word.value for word in node.keywords if word.arg == "tz")]
    return len(given) == 1 and not (isinstance(given[0], ast.Constant) and given[0].value is None)
