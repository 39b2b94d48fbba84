"""Runs in the PROJECT's Python: the statements that its code builds with SQLAlchemy, written out for PostgreSQL.

`python built_probe.py REQUEST ANSWER`. The modules are imported, and no function of theirs is called: what stands in
a function is followed line by line, and only SQLAlchemy's own constructs are made. What only a run would tell (a
parameter, a setting) is NULL; a statement whose shape depends on it is left out. Standard library and SQLAlchemy only.
"""

# Paths stay plain strings here: they go back and forth between two programs.
# The names of the methods that follow expressions are given by `ast`.
# ruff: noqa: PTH123, N802

from __future__ import annotations

import ast
import enum
import importlib
import json
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

UNKNOWN: Any = object()
SENDS = {"execute", "scalars", "scalar", "stream", "stream_scalars", "exec", "fetch_all", "fetch_one", "fetch_val"}
QUERIES = {"all", "first", "one", "one_or_none", "scalar", "scalars", "count", "yield_per"}
LOOSE = {"where", "filter", "filter_by", "options", "having", "execution_options"}
"""Methods that a statement can do without."""
SHAPING = {
    "select", "group_by", "order_by", "distinct", "join", "outerjoin", "select_from", "union", "union_all",
    "add_columns", "with_only_columns", "returning", "from_select", "query", "correlate", "with_for_update",
    "partition_by", "over",
}  # fmt: skip
"""What decides the shape: not to know one of its arguments is not to know the statement."""

MAKERS = (
    "sqlalchemy.sql.", "sqlalchemy.dialects.", "sqlalchemy.orm._orm_constructors", "sqlalchemy.orm.attributes",
    "sqlalchemy.orm.strategy_options", "sqlalchemy.orm.util", "sqlmodel.sql.",
)  # fmt: skip
"""The modules of what makes statements."""


class Lost(Exception):
    """Something whose value only a run would tell, where it matters."""


def is_sql(value: object) -> bool:
    """Whether something is SQLAlchemy's own, so that asking it for attributes does nothing else."""
    kinds = type(value).__mro__
    return any(kind.__module__.partition(".")[0] in ("sqlalchemy", "sqlmodel") for kind in kinds)


def is_open(value: object) -> bool:
    """Whether attributes of it may be asked for."""
    return is_sql(value) or isinstance(value, (types.ModuleType, type, enum.Enum))


class Follower:
    """The names of one function, as far as they are known at a line."""

    def __init__(self, module: types.ModuleType, local: set[str]) -> None:
        self.module = module
        self.values: dict[str, Any] = dict.fromkeys(local, UNKNOWN)
        self.lines: dict[str, int] = {}
        self.found: list[tuple[Any, int]] = []

    # -- statements ---------------------------------------------------------------------------------------------------

    def follow(self, body: list[ast.stmt]) -> bool:
        """Goes through a block; whether its end is reached."""
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            if not self._follow(node):
                return False
        return True

    def _follow(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.If):
            return self._fork(node)
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            self._look(node.test if isinstance(node, ast.While) else node.iter)
            before = dict(self.values)
            self.follow(node.body)
            self.values = {name: before.get(name, UNKNOWN) for name in self.values}
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self._look(item.context_expr)
            return self.follow(node.body)
        elif isinstance(node, ast.Try):
            ends = self.follow(node.body)
            return ends and self.follow([*node.orelse, *node.finalbody])
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._assign(node)
        elif isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
            self._look(getattr(node, "value", None))
            return False
        else:
            self._rest(node)
        return True

    def _fork(self, node: ast.If) -> bool:
        """The way past the branch, where there is one; else the way through it."""
        self._look(node.test)
        values, lines = dict(self.values), dict(self.lines)
        through = self.follow(node.body)
        taken = self.values, self.lines
        self.values, self.lines = values, lines
        beside = self.follow(node.orelse)
        if node.orelse and not beside:
            self.values, self.lines = taken
        return through or beside

    def _assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        value = self._look(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                self.values[target.id] = value
                self.lines[target.id] = node.value.lineno if node.value is not None else node.lineno

    def _rest(self, node: ast.stmt) -> None:
        """A list that is added to is not known any more."""
        for each in ast.walk(node):
            name = each.target if isinstance(each, ast.AugAssign) else None
            if (
                isinstance(each, ast.Call)
                and isinstance(each.func, ast.Attribute)
                and isinstance(each.func.value, ast.Name)
            ):
                name = each.func.value if isinstance(self.values.get(each.func.value.id), (list, dict)) else None
            if isinstance(name, ast.Name):
                self.values[name.id] = UNKNOWN
        if isinstance(node, ast.Expr):
            self._look(node.value)

    def _look(self, node: ast.expr | None) -> Any:
        if node is None:
            return UNKNOWN
        for each in ast.walk(node):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                self._sent(each, each.func)
        return self.value(node)

    def _sent(self, node: ast.Call, function: ast.Attribute) -> None:
        from sqlalchemy.orm import Query
        from sqlalchemy.sql.base import Executable
        from sqlalchemy.sql.elements import TextClause

        if function.attr in SENDS and node.args:
            said = self.value(node.args[0])
            if isinstance(said, Executable) and not isinstance(said, TextClause):  # what is written out is read as text
                self.found.append((said, self._line(node.args[0])))
        if function.attr in QUERIES:
            query = self.value(function.value)
            if isinstance(query, Query):
                self.found.append((query.statement, self._line(function.value)))

    def _line(self, node: ast.expr) -> int:
        return self.lines.get(node.id, node.lineno) if isinstance(node, ast.Name) else node.lineno

    # -- expressions --------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Any:
        """What an expression is; `UNKNOWN` where only a run would tell."""
        try:
            return self._value(node)
        except Exception:  # SQLAlchemy refuses it: it does so when the project runs, too, or we did not know enough
            return UNKNOWN

    def _value(self, node: ast.expr) -> Any:
        kind = getattr(self, f"_{type(node).__name__}", None)
        return UNKNOWN if kind is None else kind(node)

    def _Constant(self, node: ast.Constant) -> Any:
        return node.value

    def _Name(self, node: ast.Name) -> Any:
        if node.id in self.values:
            return self.values[node.id]
        value = vars(self.module).get(node.id, UNKNOWN)
        plain = isinstance(value, (int, str, float, bool, tuple, list, frozenset, set))
        return value if plain or is_open(value) or callable(value) else UNKNOWN

    def _Attribute(self, node: ast.Attribute) -> Any:
        base = self.value(node.value)
        if base is UNKNOWN:
            return UNKNOWN
        return getattr(base, node.attr, UNKNOWN) if is_open(base) else UNKNOWN

    def _Await(self, node: ast.Await) -> Any:
        return UNKNOWN

    def _List(self, node: ast.List) -> Any:
        return [each for part in node.elts for each in self._element(part)]

    def _Tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._List(node))  # type: ignore[arg-type]

    def _element(self, node: ast.expr) -> list[Any]:
        if isinstance(node, ast.Starred):
            spread = self.value(node.value)
            return list(spread) if isinstance(spread, (list, tuple)) else [UNKNOWN]
        return [self.value(node)]

    def _Dict(self, node: ast.Dict) -> Any:
        if any(key is None for key in node.keys):
            return UNKNOWN
        keys = [self.value(key) for key in node.keys if key is not None]
        return UNKNOWN if UNKNOWN in keys else dict(zip(keys, map(known, map(self.value, node.values)), strict=True))

    def _IfExp(self, node: ast.IfExp) -> Any:
        return self.value(node.body)

    def _Subscript(self, node: ast.Subscript) -> Any:
        base, key = self.value(node.value), self.value(node.slice)
        return base[known(key)] if base is not UNKNOWN and is_sql(base) else UNKNOWN

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.USub) and (is_sql(value) or type(value) in (int, float)):
            return -value
        return ~value if isinstance(node.op, ast.Invert) and is_sql(value) else UNKNOWN

    def _BinOp(self, node: ast.BinOp) -> Any:
        return self._operated(self.value(node.left), node.op, self.value(node.right))

    def _Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) > 1:
            return UNKNOWN
        return self._operated(self.value(node.left), node.ops[0], self.value(node.comparators[0]))

    def _operated(self, left: Any, operator: ast.AST, right: Any) -> Any:
        import operator as operators

        names = {
            "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "Mod": "mod", "BitAnd": "and_",
            "BitOr": "or_", "Eq": "eq", "NotEq": "ne", "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge",
        }  # fmt: skip
        name = names.get(type(operator).__name__)
        if name is None or not (is_sql(left) or is_sql(right)):
            return UNKNOWN
        if name in ("and_", "or_") and UNKNOWN in (left, right):
            return UNKNOWN
        return getattr(operators, name)(known(left), known(right))

    def _Call(self, node: ast.Call) -> Any:
        query = isinstance(node.func, ast.Attribute) and node.func.attr == "query"
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        function = self.value(node.func)
        if function is UNKNOWN and query and isinstance(node.func, ast.Attribute):
            from sqlalchemy.orm import Query

            function = (lambda *entities: Query(list(entities))) if self.value(node.func.value) is UNKNOWN else UNKNOWN
        elif function is UNKNOWN or not _is_maker(function, name):
            return UNKNOWN
        if function is UNKNOWN:
            return UNKNOWN
        arguments = [each for part in node.args for each in self._element(part)]
        words = {each.arg: self.value(each.value) for each in node.keywords}
        if None in words:
            raise Lost
        return self._made(name, function, arguments, words)

    def _made(self, name: str, function: Any, arguments: list[Any], words: dict[Any, Any]) -> Any:
        if name in LOOSE:
            arguments = [each for each in arguments if each is not UNKNOWN]
        elif name in SHAPING and UNKNOWN in (*arguments, *words.values()):
            raise Lost
        if name in ("in_", "not_in", "notin_"):
            arguments = [[known(None)] if each is UNKNOWN else _listed(each) for each in arguments]
        return function(*map(known, arguments), **{key: known(value) for key, value in words.items()})


def _listed(value: Any) -> Any:
    return [known(each) for each in value] if isinstance(value, (list, tuple, set, frozenset)) else value


def known(value: Any) -> Any:
    """NULL in the place of what only a run would tell."""
    from sqlalchemy import null

    return null() if value is UNKNOWN else value


def _is_maker(function: Any, name: str) -> bool:
    """Whether calling it makes a construct and does nothing else: SQLAlchemy's own, of no session and no engine."""
    from sqlalchemy.orm import Query
    from sqlalchemy.sql import ColumnElement
    from sqlalchemy.sql.base import Generative
    from sqlalchemy.sql.operators import ColumnOperators

    owner = getattr(function, "__self__", None)
    if isinstance(owner, Query):
        return name not in QUERIES
    if owner is not None and not isinstance(owner, (types.ModuleType, type)):
        return isinstance(owner, (ColumnElement, ColumnOperators, Generative)) or _is_of_sql(type(owner))
    return _is_of_sql(type(function)) or _is_of_sql(function)


def _is_of_sql(kind: Any) -> bool:
    return str(getattr(kind, "__module__", "")).startswith(MAKERS)


# -- modules ----------------------------------------------------------------------------------------------------------


def functions(tree: ast.AST, outer: frozenset[str] = frozenset()) -> Iterator[tuple[ast.AST, set[str]]]:
    """Each function with the names that are not the module's in it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            local = names_of(node) | outer
            yield node, set(local)
            yield from functions(node, frozenset(local))
        else:
            yield from functions(node, outer)


def names_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """What a function binds."""
    names = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            names.add(each.id)
        elif isinstance(each, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in each.names}
        elif isinstance(each, ast.ExceptHandler) and each.name:
            names.add(each.name)
    return names


def written(statement: Any) -> str | None:
    """As PostgreSQL gets it, every value in its place; None where SQLAlchemy cannot say."""
    from sqlalchemy.dialects import postgresql

    make: Any = postgresql.dialect
    try:
        return str(statement.compile(dialect=make(paramstyle="named"), compile_kwargs={"literal_binds": True}))
    except Exception:  # a value that has no literal, or what another dialect alone can write
        return None


def refuse_connections() -> None:
    """What a module does on import reaches no database."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def connect(*_arguments: object) -> Any:
        raise ConnectionRefusedError("no database while statements are read")

    event.listen(Engine, "do_connect", connect)


def build(request: dict[str, Any], say: Any) -> None:
    """One line for each statement of each module."""
    refuse_connections()
    for each in request["modules"]:
        sys.path[:0] = [folder for folder in each["folders"] if folder not in sys.path]
    for each in request["modules"]:
        try:
            module = importlib.import_module(each["name"])
            with open(each["path"], encoding="utf-8") as file:
                tree = ast.parse(file.read())
        except BaseException as error:
            say({"event": "unimported", "file": each["file"], "why": f"{type(error).__name__}: {error}"})
            continue
        for node, local in functions(tree):
            follower = Follower(module, local)
            follower.follow(node.body)  # type: ignore[attr-defined]
            for statement, line in follower.found:
                sql = written(statement)
                if sql is not None:
                    say({"event": "built", "file": each["file"], "line": line, "sql": sql})


def main(request_path: str, answer_path: str) -> None:
    """Reads the question, answers, and ends."""
    with open(request_path, encoding="utf-8") as file:
        request = json.load(file)
    sys.path.pop(0)  # this file's folder is none of the project's
    os.chdir(request["cwd"])
    with open(answer_path, "a", encoding="utf-8") as answer:

        def say(event: dict[str, Any]) -> None:
            answer.write(json.dumps(event) + "\n")
            answer.flush()

        try:
            build(request, say)
        except BaseException as error:
            say({"event": "failed", "why": f"{type(error).__name__}: {error}"})
        say({"event": "end"})


if __name__ == "__main__":
    main(*sys.argv[1:])
