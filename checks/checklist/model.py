"""What the check `checklist` knows of a project: its files, its components, the state of each step."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from checks.model import Diagnostic


class State(StrEnum):
    """What became of one step."""

    MET = "met"
    NOT_NEEDED = "not needed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `why` names what meets it, or why it is not needed, or what is missing."""

    key: str
    state: State
    why: str
    findings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class CodeFile:
    """A Python file of the project."""

    file: str
    text: str
    tree: ast.Module
    is_test: bool

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """What it imports, with the names: `from a import b` gives `a` and `a.b`; relative ones keep their dots."""
        found: list[str] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                joint = "" if base.endswith(".") else "."
                found += [base, *(f"{base}{joint}{each.name}" for each in node.names)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """Every text in it."""
        nodes = ast.walk(self.tree)
        return tuple(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))

    def uses(self, *packages: str) -> bool:
        """Whether it imports one of these packages, or something in them."""
        return any(
            module == package or module.startswith(f"{package}.") for module in self.modules for package in packages
        )


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the system that deserves tests of its own. `parts` maps what it consists of to its files."""

    key: str
    title: str
    parts: Mapping[str, tuple[str, ...]]

    @property
    def files(self) -> tuple[str, ...]:
        """All its files."""
        return tuple(file for files in self.parts.values() for file in files)


@dataclass(frozen=True)
class Project:
    """The files of a project, the parsed Python among them, and its components by key."""

    root: Path
    files: tuple[str, ...]
    code: Mapping[str, CodeFile]
    components: Mapping[str, Component] = field(default_factory=dict)

    @property
    def product(self) -> list[CodeFile]:
        """Code that is no test."""
        return [each for each in self.code.values() if not each.is_test]

    def text(self, file: str) -> str:
        """A file's text; empty where it cannot be read."""
        try:
            return (self.root / file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
