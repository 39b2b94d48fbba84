"""What the probe makes of functions that build statements, without calling them."""

from __future__ import annotations

import ast
import sys
import types
from importlib.abc import InspectLoader

import pytest

from checks.wiring.database.built_probe import Follower, functions, written

HEAD = """
from enum import StrEnum
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, and_, case, delete, func, insert, or_, select
from sqlalchemy import text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, Session
class Base(DeclarativeBase): ...
class Stage(StrEnum):
    OPEN = "open"
    SHUT = "shut"
STAGES = (Stage.OPEN, Stage.SHUT)
class P(Base):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    s: Mapped[str]
def unheard(*given): raise AssertionError("a function of the project was called")
class Loud:
    def __getattr__(self, name): raise AssertionError("an object of the project was asked")
LOUD = Loud()
"""


class Written(InspectLoader):
    """A module out of a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, _name: str) -> str:
        return self.text


def built(body: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    source = HEAD + "async def f(session, given, *more):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    module = types.ModuleType("built_here")
    monkeypatch.setitem(sys.modules, "built_here", module)
    Written(source).exec_module(module)
    found = []
    for node, local in functions(ast.parse(source)):
        follower = Follower(module, local)
        follower.follow(node.body)  # type: ignore[attr-defined]
        found += [written(statement) for statement, _ in follower.found]
    return [" ".join((sql or "?").split()) for sql in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("session.scalar(select(func.count(P.id)))", ["SELECT count(p.id) AS count_1 FROM p"]),
        ("await session.execute(select(P.s).where(P.id == given.x))", ["SELECT p.s FROM p WHERE p.id IS NULL"]),
        ("session.execute(select(P.s).where(P.s.in_(given)))", ["SELECT p.s FROM p WHERE p.s IN (NULL)"]),
        ("session.execute(select(P.s).where(*more))", ["SELECT p.s FROM p"]),
        ("session.execute(select(P.s).where(unheard(given)))", ["SELECT p.s FROM p"]),
        ("session.execute(select(P.s).where(P.s == LOUD.x))", ["SELECT p.s FROM p WHERE p.s IS NULL"]),
        ("session.execute(select(P.s).where(P.s.in_(STAGES)))", ["SELECT p.s FROM p WHERE p.s IN ('open', 'shut')"]),
        ("session.execute(select(P.s).limit(given))", ["SELECT p.s FROM p LIMIT NULL"]),
        ("session.execute(delete(P).where(P.id == 1))", ["DELETE FROM p WHERE p.id = 1"]),
        ("session.execute(update(P).values(s=given).where(P.id > 1))", ["UPDATE p SET s=NULL WHERE p.id > 1"]),
        ("q = select(P.s)\nif given:\n    q = q.where(P.id == 2)\nsession.execute(q)", ["SELECT p.s FROM p"]),
        ("session.query(P.s).filter(P.id == given).all()", ["SELECT p.s FROM p WHERE p.id IS NULL"]),
        ("q = session.query(P.s)\nreturn q.order_by(P.id.desc()).first()", ["SELECT p.s FROM p ORDER BY p.id DESC"]),
        ("if given:\n    return None\nsession.execute(select(P.id))", ["SELECT p.id FROM p"]),
    ],
)  # fmt: skip
def test_what_is_known_is_written_out(body: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert built(body, monkeypatch) == expected


@pytest.mark.parametrize(
    "body",
    [
        "session.execute(select(*more))",
        "session.execute(select(P.s).order_by(given))",
        "session.execute(select(P.s).group_by(unheard()))",
        "columns = [P.s]\ncolumns.append(P.id)\nsession.execute(select(*columns).group_by(*columns))",
        "columns = [P.s]\ncolumns += [P.id]\nsession.execute(select(*columns))",
        "q = unheard()\nsession.execute(q.where(P.id == 1))",
        "q = None\nif given:\n    q = select(P.s)\nsession.execute(q)",
        "P = given\nsession.execute(select(P))",
        "def inner(P):\n    session.execute(select(P))",
        "session.execute(given)",
        "for column in given:\n    session.execute(select(column))",
        "session.get(P, 1)",
        "session.execute(text('SELECT 1'))",
    ],
)
def test_what_is_not_known_is_left_out(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert built(body, monkeypatch) == []
