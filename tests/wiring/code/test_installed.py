"""Names that are imported from packages of the project's own environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.program import clean_environment

from checks.model import CheckContext
from checks.wiring.code import installed
from checks.wiring.code.judging import Scene
from checks.wiring.reading import read_system

PACKAGE = {
    "queue_kit/__init__.py": "from .worker import Worker\nfrom .more import *\n__all__ = ['Worker']\n",
    "queue_kit/worker.py": "class Worker:\n    pass\nif True:\n    class Late:\n        pass\n",
    "queue_kit/more.py": "def many():\n    pass\n",
    "queue_kit/fast.cpython-311-x86_64-linux-gnu.so": "",
    "queue_kit/lazy.py": "def __getattr__(name):\n    return name\n",
    "queue_kit/made.py": "globals().update(Made=1)\n",
    "queue_kit/starred.py": "from elsewhere import *\n",
    "spread/part.py": "X = 1\n",
}


def found(root: Path, code: str, own: Mapping[str, str] | None = None) -> list[str]:
    site = root / ".venv/lib/python3.12/site-packages"
    files = {f"{site}/{name}": text for name, text in PACKAGE.items()}
    files |= {f"{root}/{name}": text for name, text in {"main.py": code, **(own or {})}.items()}
    files[f"{root}/.venv/pyvenv.cfg"] = ""
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    system = read_system(CheckContext(root, root / ".venv/bin/python", 2, (), clean_environment()))
    assert system.code.index is not None
    return [f"{each.message} {each.hint}" for each in installed.judge(Scene(system, system.code.index))]


@pytest.mark.parametrize(
    "code",
    [
        "from queue_kit import Worker, many, worker, fast",
        "from queue_kit.worker import Worker, Late",
        "from queue_kit.lazy import Anything",
        "from queue_kit.made import Made",
        "from queue_kit.starred import Anything",
        "from queue_kit.gone import Anything",
        "from spread.part import Anything",
        "from not_installed import Anything",
        "from os import Anything",
        "try:\n    from queue_kit import Wroker\nexcept ImportError:\n    Wroker = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from queue_kit import Wroker",
    ],
)
def test_what_may_be_there_is_left_alone(code: str, tmp_path: Path) -> None:
    assert found(tmp_path, code) == []


@pytest.mark.parametrize("code", ["from queue_kit import Wroker", "def f():\n    from queue_kit.worker import Wroker"])
def test_a_slip_is_named(code: str, tmp_path: Path) -> None:
    said = found(tmp_path, code)
    assert len(said) == 1
    assert "has no `Wroker`" in said[0]
    assert said[0].endswith("did you mean `Worker`?")


def test_a_module_of_the_project_by_that_name_is_meant(tmp_path: Path) -> None:
    assert found(tmp_path, "from queue_kit import Wroker", {"queue_kit.py": "Wroker = 1\n"}) == []
