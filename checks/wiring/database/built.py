"""The statements that the code builds with SQLAlchemy, tried on a server that has the schema."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from checks.wiring.database import rules
from checks.wiring.database.client import Refusal, Session
from checks.wiring.database.judging import Judged
from checks.wiring.database.modules import modules_of
from checks.wiring.database.refused import Statements
from checks.wiring.database.sent import Sent
from checks.wiring.database.surroundings import Surroundings
from checks.wiring.database.tables import parse
from checks.wiring.database.uses import Uses, in_tests

PROBE = Path(__file__).with_name("built_probe.py")
_SENDS = re.compile(r"\.(?:execute|scalars?|stream|stream_scalars|exec|query|fetch_(?:all|one|val))\(")
_BUILDS = re.compile(r"^\s*(?:from|import)\s+(?:sqlalchemy|sqlmodel)\b", re.MULTILINE)
_OTHER = re.compile(r"sqlite|mysql|duckdb|clickhouse|\bdialect\b", re.IGNORECASE)
_HARMLESS = {
    "include_router",
    "add_middleware",
    "mount",
    "basicConfig",
    "insert",
    "append",
    "filterwarnings",
    "register",
}
_DECLARES = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
    ast.If, ast.Try, ast.Pass, ast.Assert,
)  # fmt: skip
# Tables and columns are what the comparison of models and migrations speaks of; values depend on who calls.
_TOLD_ELSEWHERE = ("42P01", "42703", "3F000", "22P02", "22007", "22008")
_NO_FUNCTION = "42883"
_OF_OTHERS = {
    "ifnull", "nvl", "isnull", "group_concat", "strftime", "julianday", "date_format", "datediff", "timestampdiff",
    "getdate", "instr", "year", "month", "day", "hour", "minute", "unix_timestamp", "from_unixtime", "curdate",
    "dayofweek", "json_extract", "json_each", "iif", "rand", "len", "charindex",
}  # fmt: skip
"""Functions of SQLite, MySQL and SQL Server, which no extension brings."""


def building_files(uses: Uses) -> tuple[str, ...]:
    """The modules that build statements and send them, and whose import declares things and does nothing else."""
    found = uses.python(("sqlalchemy", "sqlmodel"))
    return tuple(file for file in found if _counts(uses, file))


def _counts(uses: Uses, file: str) -> bool:
    text = uses.text(file)
    if in_tests(file) or re.search(r"(?:^|/)(?:versions|alembic|\.raw)/", file) or file.endswith("env.py"):
        return False
    if not (_SENDS.search(text) and _BUILDS.search(text)) or _OTHER.search(text):
        return False
    tree = parse(text)
    return tree is not None and all(_is_harmless(node) for node in tree.body)


def _is_harmless(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr):
        return isinstance(node, _DECLARES)
    call = node.value
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Constant)
    return isinstance(call.func, ast.Attribute) and call.func.attr in _HARMLESS


def judge_built(
    uses: Uses, files: Sequence[str], around: Surroundings, sessions: Sequence[Session], judged: Judged
) -> int:
    """Has the project's Python write them out, and the server analyse each; how many there were."""
    if not files or not sessions:
        return 0
    request = {"cwd": str(around.project), "modules": modules_of(files, around)}
    events, _ = around.ask(request, probe=PROBE)
    built = [Sent(each["sql"], each["file"], each["line"], False) for each in events if each["event"] == "built"]
    statements = Statements(uses, (), sessions, judged)
    for sent in dict.fromkeys(built):
        refusals = [session.prepare(sent.sql) for session in sessions]
        refusal = refusals[0] if None not in refusals else None
        if refusal is not None and _is_certain(uses, statements, sent, refusal):
            said = f"PostgreSQL refuses the statement that is built here: {refusal.words}"
            judged.add(rules.SQL_REFUSED, said, sent.place(None), refusal.hint or None)
    return len(built)


def _is_certain(uses: Uses, statements: Statements, sent: Sent, refusal: Refusal) -> bool:
    if refusal.code in _TOLD_ELSEWHERE:
        return False
    named = re.match(r'function "?(?:\w+\.)?(\w+)"?\(', refusal.message)
    if refusal.code == _NO_FUNCTION and named is not None and uses.extensions and named[1] not in _OF_OTHERS:
        return False
    return statements.is_certain(sent, refusal)
