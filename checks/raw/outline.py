"""What a module's top level binds: imported names, classes, functions. The basis for asking where a name comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

COMPOUND = frozenset(
    (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
)
"""Statements with blocks that run where they stand."""
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Outline:
    """The module-level bindings of one file.

    `origins` maps an imported local name to the dotted name it stands for; `bound` is every name the module
    binds in any way; `open_ended` is true where more names may exist than can be seen (`import *`, `__getattr__`).
    """

    origins: dict[str, str] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    functions: dict[str, FunctionNode] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)

    @property
    def open_ended(self) -> bool:
        """Whether names may exist that the text does not show."""
        return bool(self.stars) or "__getattr__" in self.functions


def outline_of(tree: ast.Module) -> Outline:
    """Collects what the top level of `tree` binds, also below `if`, `try`, `with` and loops."""
    outline = Outline()
    for statement in top_level(tree.body):
        _note(statement, outline)
    return outline


def top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Each statement that runs when the module is imported, without what is inside functions and classes."""
    for statement in body:
        yield statement
        if statement.__class__ not in COMPOUND:
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from top_level(getattr(statement, name, ()))
        for handler in getattr(statement, "handlers", ()):
            yield from top_level(handler.body)
        for case in getattr(statement, "cases", ()):
            yield from top_level(case.body)


def absolute_module(node: ast.ImportFrom) -> str:
    """The module an import names, with its leading dots."""
    return "." * node.level + (node.module or "")


def _note(statement: ast.stmt, outline: Outline) -> None:
    if isinstance(statement, ast.Import):
        _note_import(statement, outline)
    elif isinstance(statement, ast.ImportFrom):
        _note_import_from(statement, outline)
    elif isinstance(statement, ast.ClassDef):
        outline.classes.setdefault(statement.name, statement)
        outline.bound.add(statement.name)
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        outline.functions[statement.name] = statement
        outline.bound.add(statement.name)
    else:
        _note_other(statement, outline)


def _note_import(statement: ast.Import, outline: Outline) -> None:
    for alias in statement.names:
        top = alias.name.partition(".")[0]
        local = alias.asname or top
        outline.origins.setdefault(local, alias.name if alias.asname else top)
        outline.bound.add(local)


def _note_import_from(statement: ast.ImportFrom, outline: Outline) -> None:
    module = absolute_module(statement)
    for alias in statement.names:
        if alias.name == "*":
            outline.stars.append(module)
            continue
        local = alias.asname or alias.name
        separator = "" if module.endswith(".") else "."
        outline.origins.setdefault(local, f"{module}{separator}{alias.name}")
        outline.bound.add(local)


def _note_other(statement: ast.stmt, outline: Outline) -> None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        _note_value(statement.targets[0], statement.value, outline)
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        _note_value(statement.target, statement.value, outline)
    if _is_comparison(statement):
        return
    for part in ast.iter_child_nodes(statement):
        if isinstance(part, (ast.expr, ast.withitem, ast.pattern, ast.ExceptHandler)):
            outline.bound.update(_stored(part))
    if isinstance(statement, ast.Match):
        for case in statement.cases:
            outline.bound.update(_stored(case.pattern))


def _is_comparison(statement: ast.stmt) -> bool:
    """Whether a statement is `if NAME == CONSTANT:`, as each main guard is, which binds nothing itself."""
    test = statement.test if isinstance(statement, ast.If) else None
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and len(test.comparators) == 1


def _note_value(target: ast.expr, value: ast.expr, outline: Outline) -> None:
    if isinstance(target, ast.Name):
        outline.values.setdefault(target.id, value)


def _stored(part: ast.AST) -> Iterator[str]:
    for node in ast.walk(part):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)) and node.name:
            yield node.name
