"""A small project in a folder of its own, and what the rules about calls say of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.program import clean_environment

from checks.model import CheckContext
from checks.wiring.calls.findings import find
from checks.wiring.reading import read_system
from checks.wiring.system import Findings, System

Files = Mapping[str, str]


@pytest.fixture
def system(tmp_path: Path) -> Callable[[Files], System]:
    """Writes files, and reads the system that they are."""

    def write(files: Files) -> System:
        root = tmp_path / "project"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_system(CheckContext(root, Path(sys.executable), 2, (), clean_environment()))

    return write


@pytest.fixture
def judged(system: Callable[[Files], System]) -> Callable[[Files], Findings]:
    """Writes files, and gives the findings."""
    return lambda files: find(system(files))


@pytest.fixture
def said(judged: Callable[[Files], Findings]) -> Callable[[Files], list[str]]:
    """Writes files, and gives the findings as `rule file:line message`, without the prefix of the rule."""

    def tell(files: Files) -> list[str]:
        found = judged(files).diagnostics
        return [f"{one.rule.removeprefix('wiring.')} {one.file}:{one.line} {one.message}" for one in found]

    return tell
