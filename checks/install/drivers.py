"""Whether an image has the driver that the project's database URLs name: SQLAlchemy imports it when it opens one."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from checks.install.code import CodeFile
from checks.install.images import ImageNeeds
from checks.install.needs import Names
from checks.install.rules import found
from checks.install.supply import Stock
from checks.model import Diagnostic, Place

_OPENS = re.compile(r"(?:sqlalchemy|sqlmodel)(?:\.\w+)*\.create_(?:async_)?engine\Z")
_URL = re.compile(r"\b(postgresql|postgres|mysql|mariadb)(?:\+([a-z0-9_]+))?://(?=[^\s\"',)])")
_SAYING = re.compile(r"\.(?:ya?ml|py|toml|ini|cfg|tpl|env)\Z|(?:^|/)[^/]*\.?env(?:\.[\w.]+)?\Z")
_TESTS = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py\Z")
_LARGEST = 256 * 1024
_BY_DEFAULT = {"postgresql": "psycopg2", "postgres": "psycopg2", "mysql": "mysqldb", "mariadb": "mysqldb"}
_BROUGHT_BY: Mapping[str, tuple[str, ...]] = {
    "psycopg2": ("psycopg2-binary", "psycopg2", "psycopg2cffi"),
    "psycopg": ("psycopg", "psycopg-binary", "psycopg-c"),
    "asyncpg": ("asyncpg",),
    "pg8000": ("pg8000",),
    "pymysql": ("pymysql",),
    "mysqldb": ("mysqlclient",),
    "aiomysql": ("aiomysql",),
    "asyncmy": ("asyncmy",),
}


def named_driver(root: Path, files: Iterable[str]) -> tuple[str, Place] | None:
    """The one driver that all database URLs of the project name, and where; None where they differ, or none is there.

    A URL that code takes apart or puts together (`replace("postgresql://", ...)`) names no database behind it.
    """
    places: dict[str, Place] = {}
    hidden = [each for each in (".env.example", ".env.sample", ".env.template") if (root / each).is_file()]
    for file in dict.fromkeys((*files, *hidden)):
        if not _SAYING.search(file) or _TESTS.search(file):
            continue
        text = _read(root / file)
        for match in _URL.finditer(text):
            driver = match[2] or _BY_DEFAULT[match[1]]
            places.setdefault(driver, Place(file, text.count("\n", 0, match.start()) + 1))
    return next(iter(places.items())) if len(places) == 1 else None


def judge_drivers(
    image: ImageNeeds, reached: Sequence[CodeFile], stock: Stock, named: tuple[str, Place] | None, texts: str
) -> Iterator[Diagnostic]:
    """An engine that the program of an image makes, without the driver; `texts` is what the Dockerfile says."""
    driver, place = named if named is not None else ("", None)
    wanted: Collection[str] = _BROUGHT_BY.get(driver, ())
    if not wanted or set(wanted) & set(stock.closure) or driver in texts:
        return
    for file in reached:
        names = Names(file)
        for call in names.all(ast.Call):
            if _OPENS.search(names.origin(call.func)):
                what = ", ".join(f"`{each}`" for each in image.files) or "the project's own dependencies"
                message = (
                    f"an engine is made here in the image of `{image.dockerfile}`, which installs {what} (line "
                    f"{image.line}) and not the driver `{driver}` that the database's URL names ({place})"
                )
                yield found("image-lacks", Place(file.file, call.lineno), message, f"add `{next(iter(wanted))}` there")
                return


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:_LARGEST].decode("utf-8", "replace")
    except OSError:
        return ""
