"""Under which name the code keeps what it reads from the environment."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.temporal.scopes import Module
from checks.wiring.code.sources import ProjectSources
from checks.wiring.model import Read

_READERS = frozenset({"getenv", "get", "environ", "Field", "config", "env", "str", "int", "float", "bool", "Path"})
_OF_FIELDS = frozenset(
    {"default", "default_factory", "alias", "validation_alias", "description", "title", "examples", "env", "cast",
     "ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "regex", "repr", "exclude", "json_schema_extra"}
)  # fmt: skip
"""What `Field(...)` is told of a field; it is kept under the field's own name."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A reading of the environment, and the name that it is kept under; None where it is used on the spot."""

    read: Read
    name: str | None


class Bindings:
    """Every reading of the project with its name."""

    def __init__(self, sources: ProjectSources, reads: Iterable[Read]) -> None:
        self.sources = sources
        self.reads = tuple(reads)

    @cached_property
    def bound(self) -> tuple[Bound, ...]:
        """Every reading with its name."""
        return tuple(Bound(read, self._name(read)) for read in self.reads)

    @cached_property
    def by_name(self) -> dict[str, list[Read]]:
        """The readings kept under a name."""
        found: defaultdict[str, list[Read]] = defaultdict(list)
        for bound in self.bound:
            if bound.name is not None:
                found[bound.name].append(bound.read)
        return dict(found)

    def name_of(self, read: Read) -> str | None:
        """The name that one reading is kept under."""
        return next((bound.name for bound in self.bound if bound.read == read), None)

    def _name(self, read: Read) -> str | None:
        module = self.sources.load(read.place.file) if read.place.file in self.sources.files else None
        return name_at(module, read.place.line) if module is not None and read.place.line else None


def name_at(module: Module, line: int) -> str | None:
    """What the innermost assignment, keyword or returning function around a line is called."""
    found: str | None = None
    for node in _around(module.tree, line):
        if isinstance(node, ast.AnnAssign):
            found = _target(node.target) or found
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            found = _target(node.targets[0]) or found
        elif isinstance(node, ast.keyword) and node.arg:
            found = found if node.arg in _OF_FIELDS else node.arg
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found = None
        elif isinstance(node, ast.Return):
            found = _function_around(module.tree, line)
        elif isinstance(node, ast.Call) and not _reads(node):
            found = None
    return found


def _reads(node: ast.Call) -> bool:
    """Whether a call is the reading itself, or only changes its type."""
    return _target(node.func) in _READERS


def _target(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def _around(tree: ast.AST, line: int) -> Iterator[ast.AST]:
    """The nodes that span a line, from the outermost to the innermost."""
    for child in ast.iter_child_nodes(tree):
        first, last = getattr(child, "lineno", None), getattr(child, "end_lineno", None)
        if first is None or last is None or first <= line <= last:
            if first is not None:
                yield child
            yield from _around(child, line)


def _function_around(tree: ast.AST, line: int) -> str | None:
    around = [node for node in _around(tree, line) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return around[-1].name if around else None
