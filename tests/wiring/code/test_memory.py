"""What one walk found out serves the next one, where the world says the same to all that was asked."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from checks.discovery import project_files
from checks.wiring.code import walk as walking
from checks.wiring.code.index import Index
from checks.wiring.code.walk import Walk
from checks.wiring.model import Kind, Started

FILES = {
    "shared.py": """
        import os

        class Client:
            def __init__(self, key=None):
                self.key = key

            def call(self):
                if not self.key:
                    raise RuntimeError(os.environ["INNER"])

        def level():
            return os.environ.get("LEVEL", "info")

        def check():
            if level() == "strict" and "TOKEN" not in os.environ:
                raise RuntimeError("TOKEN")
        """,
    "first.py": "import os, shared\nshared.check()\nshared.Client(os.environ.get('KEY')).call()\n",
    "second.py": "import shared\nshared.check()\nshared.Client('given').call()\n",
}


def index_of(root: Path) -> Index:
    for name, text in FILES.items():
        (root / name).write_text(dedent(text), encoding="utf-8")
    return Index(root, project_files(root))


def needed(walk: Walk | None) -> set[str]:
    assert walk is not None
    return {need.name for need in walk.needs.values() if need.sure}


def started(name: str) -> Started:
    return Started(Kind.MODULE, name, (), ())


WORLDS: list[dict[str, str]] = [
    {},
    {"LEVEL": "strict"},
    {"LEVEL": "strict", "TOKEN": "x"},
    {"LEVEL": "info", "KEY": "k", "OTHER": "y"},
    {"LEVEL": "strict", "KEY": "k"},
]


def test_every_order_of_worlds_gives_what_each_gives_alone(tmp_path: Path) -> None:
    alone = {
        (name, at): needed(index_of(tmp_path).walk(started(name), world))
        for name in ("first", "second")
        for at, world in enumerate(WORLDS)
    }
    for order in (sorted(alone), sorted(alone, reverse=True)):
        index = index_of(tmp_path)
        assert {key: needed(index.walk(started(key[0]), WORLDS[key[1]])) for key in order} == alone
    assert alone["first", 1] == {"INNER", "TOKEN"}
    assert alone["second", 0] == set()


def test_nothing_is_thought_twice_for_a_variable_that_nobody_asks(tmp_path: Path) -> None:
    index = index_of(tmp_path)
    index.walk(started("first"), {})
    before = index.memory.amount()
    assert before > 0
    index.walk(started("first"), {"ELSE": "x"})
    assert index.memory.amount() == before
    index.walk(started("first"), {"LEVEL": "strict"})
    assert index.memory.amount() > before


def test_what_is_left_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = index_of(tmp_path)
    monkeypatch.setattr(walking, "_MOST_VISITS", 1)
    found = index.walk(started("first"), {})
    assert found is not None and not found.whole
    assert index.left == {"first"}
