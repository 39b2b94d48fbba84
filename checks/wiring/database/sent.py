"""The statements that code sends to its database, where they are written out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Call, Module, Scope
from checks.wiring.code.sources import ProjectSources
from checks.wiring.database.literals import literal
from checks.wiring.database.sql import first_word, from_format, from_text, has_format, is_preparable, split
from checks.wiring.database.uses import Uses, in_tests

TEXT = {f"{module}.text" for module in ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlmodel")}
_SENDS = {"execute", "executemany", "exec_driver_sql", "fetch", "fetchrow", "fetchval"}
_NEEDLES = (b"execute", b"text(", b"fetch", b"on_conflict", b"on_duplicate", b"exec_driver_sql")
# In a file that talks to another database, nobody can tell which statement is for which.
_OTHERS = re.compile(
    r"^\s*(?:import|from)\s+(?:sqlite3|aiosqlite|duckdb|clickhouse\w*|snowflake|pymysql|MySQLdb|mysql|aiomysql|asyncmy"
    r"|pyodbc|oracledb|cx_Oracle|trino|pyspark|cassandra|google\.cloud|redshift\w*|libsql\w*)\b",
    re.MULTILINE,
)
_MAKES = ("CREATE", "ALTER")


@dataclass(frozen=True, slots=True)
class Sent:
    """One statement as the server gets it, with `$1` parameters; `line` is where its first line stands."""

    sql: str
    file: str
    line: int
    spread: bool
    """Whether its lines are lines of the file."""

    def place(self, position: int | None) -> Place:
        """Where a position of the statement stands."""
        lines = self.sql.count("\n", 0, max((position or 1) - 1, 0)) if self.spread else 0
        return Place(self.file, self.line + lines)


@dataclass(eq=False)
class Senders:
    """The modules of a project that send statements."""

    uses: Uses

    def __post_init__(self) -> None:
        root, files = self.uses.system.root, self.uses.system.files
        self.sources = ProjectSources(root, files)
        self.names = Names(self.sources)
        self._modules: tuple[Module, ...] | None = None
        self._choosing: dict[Scope, bool] = {}

    def modules(self) -> tuple[Module, ...]:
        """Those that may, without tests, migrations, and what talks to another kind of database."""
        if self._modules is None:
            found = self.sources.mentioning(_NEEDLES)
            self._modules = tuple(module for module in found if self._counts(module))
        return self._modules

    def _counts(self, module: Module) -> bool:
        if in_tests(module.file) or "sqlite" in module.file or re.search(r"(?:^|/)(?:versions|alembic)/", module.file):
            return False
        return _OTHERS.search(self.uses.text(module.file)) is None

    def statements(self) -> Iterator[Sent]:
        """Every statement that is certain to its last character."""
        seen: set[tuple[str, str, int]] = set()
        for module in self.modules():
            for call in module.calls:
                for sent in self._of_call(call):
                    if (sent.sql, sent.file, sent.line) not in seen and not self.for_another(call):
                        seen.add((sent.sql, sent.file, sent.line))
                        yield sent

    def for_another(self, call: Call) -> bool:
        """Whether the code around chooses between databases: it may be meant for the other one."""
        return any(self._chooses(scope) for scope in call.scope.chain())

    def _chooses(self, scope: Scope) -> bool:
        if scope not in self._choosing:
            source = ast.unparse(scope.node) if scope.inside_function() else scope.qualname
            self._choosing[scope] = re.search(r"sqlite|dialect|mysql", source.lower()) is not None
        return self._choosing[scope]

    def _of_call(self, call: Call) -> Iterator[Sent]:
        node = call.node
        if not node.args:
            return
        is_text = self.names.of(node.func, call.scope) in TEXT
        sends = isinstance(node.func, ast.Attribute) and node.func.attr in _SENDS
        if not (is_text or sends):
            return
        if sends and isinstance(node.args[0], ast.Call):
            return  # `text(...)` is a call of its own
        said = literal(self.names, node.args[0], call.scope)
        for statement in split(said.text) if said else ():
            if said and (is_preparable(statement.text) or first_word(statement.text) in _MAKES):
                line = said.line + (said.text.count("\n", 0, statement.offset) if said.spread else 0)
                yield Sent(self._as_server_sees(statement.text, is_text), said.file, line, said.spread)

    def _as_server_sees(self, sql: str, is_text: bool) -> str:
        if is_text:
            return from_text(sql)
        if re.search(r"\$\d", sql):
            return sql
        if has_format(sql):
            return from_format(sql)
        return sql
