"""Finds the components of a project by what their code does, wherever it lies."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from checks.checklist.model import CodeFile, Component, Project
from checks.discovery import project_files
from checks.raw.source import read_source

_TEST = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py\Z")
_SAMPLES = re.compile(r"(?:^|/)(?:fixtures|test_?data|cookiecutters?|examples?|\{\{[^/]*)/")
_WORKFLOW = re.compile(r"(?:^|/)\.raw/workflows/([^/]+)/run\.py\Z")
_TOOL = re.compile(r"(?:^|/)tools/([^/]+)/[^/]+\.py\Z")
_ASIDE = re.compile(
    r"(?:^|/)(?:scripts?|bin|docs?|benchmarks?|notebooks?|\.raw|migrations|alembic)/|(?:^|/)(?:setup|manage|wait)\.py\Z"
)
_MIGRATION = re.compile(r"(?:^|/)(?:migrations|alembic|versions)/")
_TABLE = re.compile(r"\b(?:create\s+table|create_table)\b", re.IGNORECASE)
ROUTES = frozenset(("get", "post", "put", "patch", "delete", "api_route", "websocket", "head", "options"))


def read_project(root: Path) -> Project:
    """The project with its components."""
    files = tuple(file for file in project_files(root) if not _SAMPLES.search(file))
    code: dict[str, CodeFile] = {}
    for file in files:
        if file.endswith(".py"):
            source = read_source(root / file)
            if source.tree is not None:
                code[file] = CodeFile(file, source.text, source.tree, bool(_TEST.search(file)))
    project = Project(root, files, code)
    components = {each.key: each for each in _components(project) if each.parts}
    return Project(root, files, code, components)


def _components(project: Project) -> Iterator[Component]:
    yield Component("raw", "the RAW workflows", _workflows(project))
    yield Component("api", "the API", _by_stem(file.file for file in project.product if is_api(file)))
    database = [file.file for file in project.product if is_database(file) and not _WORKFLOW.search(file.file)]
    yield Component("database", "the database code", {"database": tuple(database)} if database else {})
    yield Component("temporal", "the Temporal workflows", _by_stem(_decorated(project, "workflow")))
    yield Component("activities", "the Temporal activities", _by_stem(_decorated(project, "activity")))
    yield Component("programs", "the programs", _by_stem(file.file for file in project.product if _is_program(file)))
    yield Component("tools", "the tools", _tools(project))


def _workflows(project: Project) -> Mapping[str, tuple[str, ...]]:
    found = {match[1]: file for file in project.files if (match := _WORKFLOW.search(file))}
    return {name: (file,) for name, file in found.items()}


def _tools(project: Project) -> Mapping[str, tuple[str, ...]]:
    tools: dict[str, tuple[str, ...]] = {}
    if not any(file.startswith(".raw/") or "/.raw/" in file for file in project.files):
        return tools
    for file in project.product:
        if (match := _TOOL.search(file.file)) and match[1] != "__pycache__":
            tools[match[1]] = (*tools.get(match[1], ()), file.file)
    return {name: files for name, files in tools.items() if any(_does_something(project.code[file]) for file in files)}


def _does_something(file: CodeFile) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in file.tree.body)


def _by_stem(files: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    return {posixpath.splitext(file)[0]: (file,) for file in files}


def _is_program(file: CodeFile) -> bool:
    """Whether it is started by itself and is nothing that has a component of its own, nor a script for people."""
    if _WORKFLOW.search(file.file) or _TOOL.search(file.file) or _ASIDE.search(file.file) or file.uses("temporalio"):
        return False
    if posixpath.basename(file.file) == "__main__.py":
        return False
    return '__name__ == "__main__"' in file.text and not is_api(file) and not is_database(file)


def is_api(file: CodeFile) -> bool:
    """Whether a file defines routes, or the app that gathers them."""
    return file.uses("fastapi", "starlette") and (bool(list(routes(file))) or "FastAPI(" in file.text)


def routes(file: CodeFile) -> Iterator[tuple[str, str, int]]:
    """Method, path and line of each route."""
    for node in ast.walk(file.tree):
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                path = decorator.args[0] if decorator.args else None
                way = path.value if isinstance(path, ast.Constant) and isinstance(path.value, str) else None
                if decorator.func.attr in ROUTES and way is not None and f"{way}/".startswith("/"):
                    yield decorator.func.attr, way, decorator.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_api_route":
            yield "add_api_route", "", node.lineno


def is_database(file: CodeFile) -> bool:
    """Whether a file defines tables, or opens the database."""
    return not _MIGRATION.search(file.file) and (defines_tables(file) or opens_database(file))


def defines_tables(file: CodeFile) -> bool:
    """Models with a table, `Table(...)`, SQL that creates one, or classes of an object mapper."""
    if "__tablename__" in file.text or "table=True" in file.text or _TABLE.search(file.text):
        return True
    if file.uses("sqlalchemy") and re.search(r"\bTable\(", file.text):
        return True
    return file.uses("tortoise.models", "peewee", "django.db.models", "mongoengine", "beanie", "motor", "pymongo")


def opens_database(file: CodeFile) -> bool:
    """Whether it connects to a database."""
    if file.uses("sqlalchemy") and re.search(r"\bcreate_(?:async_)?engine\(", file.text):
        return True
    return bool(
        file.uses("psycopg", "asyncpg", "psycopg2", "aiosqlite", "psycopg_pool", "databases")
        and re.search(r"\bconnect\(|create_pool\(|ConnectionPool\(|Database\(", file.text)
    )


def _decorated(project: Project, what: str) -> list[str]:
    """Files with classes or functions decorated `@workflow.defn`, `@activity.defn`."""
    return [file.file for file in project.product if file.uses("temporalio") and _has_definition(file, what)]


def _has_definition(file: CodeFile, what: str) -> bool:
    decorators = [
        decorator.func if isinstance(decorator, ast.Call) else decorator
        for node in ast.walk(file.tree)
        for decorator in getattr(node, "decorator_list", ())
    ]
    names = {ast.unparse(decorator) for decorator in decorators}
    direct = "defn" in names and f"temporalio.{what}.defn" in file.modules
    return direct or f"{what}.defn" in names or f"temporalio.{what}.defn" in names
