"""Runs in the PROJECT's Python: its migrations up, down and up again, then its models against what they made.

`python probe.py REQUEST ANSWER`: both are files, because the project's code may print whatever it likes. The answer
is one JSON object a line, written as things happen: what is there still counts when the process dies.
Standard library, alembic and SQLAlchemy only. Every connection goes to the database that the request names, whatever
the project says: no other database is ever touched.
"""

# Paths stay plain strings here: they go back and forth between two programs.
# ruff: noqa: PTH123

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

JsonObject = dict[str, Any]
SEEN: JsonObject = {"dialect": None, "driver": None, "host": None, "metadata": None}


class OtherDatabase(Exception):
    """The project connects to a kind of database that is not the one to try."""


class Answer:
    """The file that says what happened, a line at a time."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 -- open until the process ends

    def say(self, event: str, **details: object) -> None:
        """Writes one line, at once."""
        self._file.write(json.dumps({"event": event, **details}, default=str) + "\n")
        self._file.flush()


# -- where connections go ---------------------------------------------------------------------------------------------


def redirect(server: JsonObject, sqlite: str) -> None:
    """Sends every connection to the private database."""
    for name in ("psycopg", "psycopg2", "asyncpg"):
        if importlib.util.find_spec(name) is not None:
            try:
                module = importlib.import_module(name)
            except ImportError:  # psycopg without libpq: the project's own import will say so
                continue
            _redirect_driver(module, "database" if name == "asyncpg" else "dbname", server)
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def connect(dialect: Any, _record: Any, arguments: list[Any], parameters: JsonObject) -> None:
        SEEN.update(dialect=dialect.name, driver=dialect.driver)
        if dialect.name == "sqlite":
            if sqlite and arguments and arguments[0] not in (":memory:", ""):
                arguments[0] = sqlite
        elif dialect.name != "postgresql" or not server:
            raise OtherDatabase(dialect.name)
        else:
            SEEN["host"] = parameters.get("host")
            parameters.update(_address(server, "dbname" if dialect.driver.startswith("psycopg") else "database"))

    event.listen(Engine, "do_connect", connect)


def _address(server: JsonObject, database: str) -> JsonObject:
    return {
        "host": "127.0.0.1",
        "port": server["port"],
        "user": server["user"],
        "password": server["password"],
        database: server["database"],
    }


def _redirect_driver(module: Any, database: str, server: JsonObject) -> None:
    """What the project asks of the driver itself goes the same way."""
    real = module.connect

    def connect(*_dsn: object, **named: Any) -> Any:
        if not server:
            raise OtherDatabase("postgresql")
        for name in ("dsn", "conninfo", "hostaddr", "service", "sslmode", "ssl", "dbname", "database", "passfile"):
            named.pop(name, None)
        return real(**{**named, **_address(server, database)})

    module.connect = connect


# -- what went wrong --------------------------------------------------------------------------------------------------


def describe(error: BaseException) -> JsonObject:
    """The error at the bottom, with every frame on the way."""
    original = getattr(error, "orig", None)
    said = original if isinstance(original, BaseException) else error
    parts = list(_chain(error))
    missing = next((each.name for each in parts if isinstance(each, ModuleNotFoundError) and each.name), None)
    return {
        "type": type(error).__name__,
        "module": type(error).__module__,
        "message": _message(said),
        "code": getattr(said, "sqlstate", None) or getattr(said, "pgcode", None),
        "statement": str(getattr(error, "statement", None) or "")[:2000],
        "missing": missing,
        "frames": [[os.path.abspath(frame.filename), frame.lineno or 1] for frame in _frames(error)],  # noqa: PTH100
        "syntax": [error.filename, error.lineno] if isinstance(error, SyntaxError) else None,
    }


def _message(error: BaseException) -> str:
    diagnostic = getattr(error, "diag", None)
    if diagnostic is not None and getattr(diagnostic, "message_primary", None):
        detail = getattr(diagnostic, "message_detail", None)
        return str(diagnostic.message_primary) + (f" ({detail})" if detail else "")
    text = str(error).strip()
    if ">: " in text[:200] and text.startswith("<class"):  # asyncpg's errors, as SQLAlchemy wraps them
        text = text.split(">: ", 1)[1]
    return text or type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(20):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))


# -- migrations -------------------------------------------------------------------------------------------------------


def migrate(request: JsonObject, answer: Answer) -> None:
    """`upgrade`, `downgrade base`, `upgrade` again, as the command line does; then the models."""
    from alembic import command
    from alembic.config import CommandLine, Config
    from alembic.script import ScriptDirectory

    watch_environments()

    def config(*words: str) -> Any:
        options = CommandLine(prog="alembic").parser.parse_args(["-c", request["ini"], *words])
        return Config(file_=request["ini"], ini_section=options.name, cmd_opts=options)

    script = ScriptDirectory.from_config(config("history"))
    revisions = {each.revision: each.path for each in script.walk_revisions()}
    answer.say("revisions", paths=revisions, heads=list(script.get_heads()), directory=script.dir)
    if not revisions:
        return
    target = request["target"]
    for stage in request["stages"]:
        down = stage == "downgrade"
        step, where = (command.downgrade, "base") if down else (command.upgrade, target)
        answer.say("begin", stage=stage)
        step(config("downgrade" if down else "upgrade", where), where)
        answer.say("done", stage=stage, **{name: SEEN[name] for name in ("dialect", "driver", "host")})
    answer.say("begin", stage="models")
    if not SEEN["metadata"]:
        for failure in import_files(request["models"]):
            answer.say("unimported", **failure)
        SEEN["declared"] = declared(request["models"])
    answer.say("models", differences=differences(config, script), enums=list(enums()))


def enums() -> Iterator[JsonObject]:
    """The values of each enum type that a column of the models has."""
    from sqlalchemy import Enum

    given = SEEN.get("metadata") or SEEN.get("declared") or []
    for metadata in given if isinstance(given, (list, tuple)) else [given]:
        for table in metadata.tables.values():
            for column in table.columns:
                kind = getattr(column.type, "item_type", column.type)
                kind = getattr(kind, "impl_instance", None) or kind
                if isinstance(kind, Enum) and kind.native_enum and kind.name:
                    yield {"table": table.name, "column": column.name, "type": kind.name, "values": list(kind.enums)}


def watch_environments() -> None:
    """Sees what `env.py` configures."""
    from alembic.runtime.environment import EnvironmentContext

    real = EnvironmentContext.configure

    def configure(self: Any, *arguments: Any, **named: Any) -> Any:
        if named.get("connection") is not None:
            SEEN["dialect"] = named["connection"].dialect.name
        if SEEN.get("comparing"):
            named.update(compare_type=True, compare_server_default=False)
            named["target_metadata"] = named.get("target_metadata") or SEEN.get("declared") or None
        SEEN["metadata"] = named.get("target_metadata")
        return real(self, *arguments, **named)

    EnvironmentContext.configure = configure  # type: ignore[method-assign,assignment,unused-ignore]


def differences(config: Callable[..., Any], script: Any) -> list[JsonObject]:
    """What autogenerate would put into a next migration."""
    from alembic.autogenerate import RevisionContext
    from alembic.runtime.environment import EnvironmentContext

    options = config("check")
    words: JsonObject = {
        "message": None,
        "autogenerate": True,
        "sql": False,
        "head": "head",
        "splice": False,
        "branch_label": None,
        "version_path": None,
        "rev_id": None,
        "depends_on": None,
    }
    revisions = RevisionContext(options, script, words)

    def retrieve(revision: Any, context: Any) -> list[Any]:
        revisions.run_autogenerate(revision, context)
        return []

    if not (SEEN["metadata"] or SEEN.get("declared")):
        return []
    SEEN["comparing"] = True
    with EnvironmentContext(options, script, fn=retrieve, as_sql=False, template_args=revisions.template_args):
        script.run_env()
    found: list[JsonObject] = []
    operations: Any = revisions.generated_revisions[-1].upgrade_ops
    for diff in operations.as_diffs():
        for each in diff if isinstance(diff, list) else [diff]:
            found.append(_difference(each))
    return found


def _difference(diff: tuple[Any, ...]) -> JsonObject:
    kind, subject = diff[0], diff[-1]
    if kind.endswith("_table"):
        return {"kind": kind, "table": subject.name, "info": dict(subject.info)}
    if kind.endswith("_column"):
        filled = subject.server_default is not None or subject.identity is not None or subject.computed is not None
        return {
            "kind": kind,
            "table": diff[2],
            "column": subject.name,
            "nullable": bool(subject.nullable),
            "filled": filled or bool(subject.primary_key),
        }
    if kind.startswith("modify_"):
        values = {"old": diff[-2], "new": diff[-1]}
        if kind == "modify_type":
            values = {name: _type(value) for name, value in values.items()}
        filled = diff[4].get("existing_server_default") not in (None, False)
        return {"kind": kind, "table": diff[2], "column": diff[3], "filled": filled, **values}
    table = getattr(subject, "table", None)
    return {
        "kind": kind,
        "table": getattr(table, "name", None),
        "columns": [getattr(each, "name", str(each)) for each in getattr(subject, "columns", ())],
        "constraint": type(subject).__name__,
        "unique": bool(getattr(subject, "unique", False)) or type(subject).__name__ == "UniqueConstraint",
    }


def _type(kind: Any) -> JsonObject:
    from sqlalchemy.dialects import postgresql

    implemented = getattr(kind, "impl_instance", None) or kind
    try:
        dialect: Any = postgresql.dialect
        text = str(kind.compile(dialect=dialect()))
    except Exception:  # a type that only its own dialect can write
        text = repr(kind)
    return {
        "text": text,
        "family": getattr(implemented, "_type_affinity", type(implemented)).__name__,
        "length": getattr(implemented, "length", None),
        "timezone": getattr(implemented, "timezone", None),
    }


# -- models -----------------------------------------------------------------------------------------------------------


def import_files(files: list[JsonObject]) -> list[JsonObject]:
    """Imports the modules that declare tables; what could not be imported, and why."""
    failures = []
    for each in files:
        sys.path[:0] = [folder for folder in each["folders"] if folder not in sys.path]
        loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        if each["path"] in loaded:
            continue
        try:
            importlib.import_module(each["name"])
        except BaseException as error:
            failures.append({"file": each["file"], **describe(error)})
    return failures


def declared(files: list[JsonObject]) -> list[Any]:
    """The collections of tables that these modules declare."""
    from sqlalchemy import MetaData

    paths = {each["path"] for each in files}
    found: dict[int, Any] = {}
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) in paths:
            for value in list(vars(module).values()):
                metadata = value if isinstance(value, MetaData) else getattr(value, "metadata", None)
                if isinstance(metadata, MetaData) and metadata.tables:
                    found[id(metadata)] = metadata
    return list(found.values())


def declare(request: JsonObject, answer: Answer) -> None:
    """The statements that create all tables and drop them again, each with its table."""
    for failure in import_files(request["models"]):
        answer.say("unimported", **failure)
    from sqlalchemy import create_mock_engine

    mock: list[Any] = []
    for metadata in declared(request["models"]):
        for stage, action in (("create", metadata.create_all), ("drop", metadata.drop_all)):
            statements: list[JsonObject] = []

            def keep(ddl: Any, *_rest: object, kept: list[JsonObject] = statements, **_named: object) -> None:
                element = getattr(ddl, "element", None)
                owner = getattr(element, "table", element)
                table = str(getattr(owner, "name", "") or "")
                text = ddl if isinstance(ddl, str) else str(ddl.compile(dialect=mock[0].dialect))
                kept.append({"table": table, "sql": text.strip()})

            mock.append(create_mock_engine("postgresql://", keep))
            try:
                action(mock[-1], checkfirst=False)
            except Exception as error:
                answer.say("undeclared", stage=stage, **describe(error))
                continue
            answer.say("statements", stage=stage, statements=statements)


def main(request_path: str, answer_path: str) -> None:
    """Reads the question, answers, and ends."""
    with open(request_path, encoding="utf-8") as file:
        request = json.load(file)
    answer = Answer(answer_path)
    sys.path.pop(0)  # this file's folder is none of the project's
    os.chdir(request["cwd"])
    try:
        redirect(request["server"], request["sqlite"])
        (migrate if request["ini"] else declare)(request, answer)
    except BaseException as error:
        answer.say("failed", **{**describe(error), **{name: SEEN[name] for name in ("dialect", "driver", "host")}})
    answer.say("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
