"""Which of the project's code a program comes to, told by names alone: enough to know that a setting is not used."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.temporal.scopes import FunctionNode, Module
from checks.temporal.sources import folder_of
from checks.wiring.code.sources import ProjectSources

# Decorators that leave it to others whether a function is called: anything else registers it somewhere.
_QUIET = frozenset(
    {"property", "cached_property", "staticmethod", "classmethod", "lru_cache", "cache", "contextmanager", "override",
     "asynccontextmanager", "wraps", "abstractmethod", "overload", "setter", "retry", "defn", "dataclass", "run",
     "step", "field_validator", "model_validator", "validator", "computed_field", "signal", "query", "update", "final"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Code that runs together: the top level of a file (`name` None), a function, or the body of a class.

    `loads` are the names and attributes that it reads, `calls` its calls; `owner` is the class that it belongs to.
    """

    module: Module
    name: str | None
    loads: frozenset[str]
    calls: tuple[ast.Call, ...]
    owner: str | None = None
    always: bool = False


class Reach:
    """The files that a program imports from its first one, and what of them may run; `asked` is what it starts with."""

    def __init__(self, sources: ProjectSources, parts: Parts, start: str, asked: str | None) -> None:
        self._asked = {asked} if asked else set[str]()
        self.files = tuple(_closure(sources, start))
        self._parts = [part for file in self.files for part in parts.of(file)]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts that may run."""
        waiting, running = self._parts, list[Part]()
        known = set(self._asked)
        while True:
            reached = [part for part in waiting if _is_reached(part, known)]
            if not reached:
                return tuple(running)
            waiting = [part for part in waiting if part not in reached]
            running += reached
            known |= {name for part in reached for name in part.loads}

    @cached_property
    def loads(self) -> frozenset[str]:
        """Every name and attribute that is read on the way."""
        return frozenset(name for part in self.parts for name in part.loads)


def _is_reached(part: Part, known: set[str]) -> bool:
    if part.name is None or part.always or part.name in known:
        return True
    return part.owner in known and part.name.startswith("__")


class Parts:
    """The parts of each file, made once."""

    def __init__(self, sources: ProjectSources) -> None:
        self.sources = sources
        self._of: dict[str, tuple[Part, ...]] = {}

    def of(self, file: str) -> tuple[Part, ...]:
        """The parts of one file; none where it cannot be parsed."""
        if file not in self._of:
            module = self.sources.load(file)
            self._of[file] = tuple(_parts(module)) if module else ()
        return self._of[file]


def kept_under(module: Module, node: ast.AST) -> frozenset[str]:
    """The names of a file behind which a piece of its top level is kept, also by way of others; none: it just runs."""
    found: set[str] = set()
    for statement in module.tree.body:
        inner = set(map(id, ast.walk(statement)))
        if id(node) in inner or found & _loads(statement):
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.add(statement.name)
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
            elif not isinstance(statement, ast.ClassDef):
                return frozenset()
    return frozenset(found)


def _loads(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def names_in(tree: ast.AST) -> set[str]:
    """Every name that is written in a tree, also those of functions."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def _closure(sources: ProjectSources, start: str) -> Iterator[str]:
    pending, seen = [start], {start}
    while pending:
        file = pending.pop()
        yield file
        module = sources.load(file)
        for found in _imported(sources, module) if module else ():
            if found not in seen:
                seen.add(found)
                pending.append(found)


def _imported(sources: ProjectSources, module: Module) -> Iterator[str]:
    folder = folder_of(module.file)
    names = [dotted for dotted, _ in module.imports]
    names += [f"{one.source}{'' if one.source.endswith('.') else '.'}{one.name}" for one in module.imported]
    for dotted in names:
        found = sources.find(dotted, folder)
        if found is not None:
            yield found


def _parts(module: Module) -> Iterator[Part]:
    top = [
        node for node in module.tree.body if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    yield _part(module, None, top)
    for node in ast.iter_child_nodes(module.tree):
        yield from _defined(module, node)


def _defined(module: Module, node: ast.AST) -> Iterator[Part]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield _function(module, node, None)
    elif isinstance(node, ast.ClassDef) and not _is_workflow(node):
        inside = [one for one in node.body if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
        yield _part(module, None, [*inside, *node.bases, *node.decorator_list])
        for one in node.body:
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield _function(module, one, node.name)


def _is_workflow(node: ast.ClassDef) -> bool:
    """A workflow's code runs in workers, which name their activities themselves."""
    return any(ast.unparse(each).partition("(")[0].endswith("workflow.defn") for each in node.decorator_list)


def _function(module: Module, node: FunctionNode, owner: str | None) -> Part:
    registered = any(_last(each) not in _QUIET for each in node.decorator_list)
    return _part(module, node.name, [node], owner, registered)


def _last(decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _part(
    module: Module, name: str | None, nodes: Iterable[ast.AST], owner: str | None = None, always: bool = False
) -> Part:
    loads: set[str] = set()
    calls: list[ast.Call] = []
    for node in (inner for each in nodes for inner in ast.walk(each)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loads.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            loads.add(node.attr)
        elif isinstance(node, ast.Call):
            calls.append(node)
    return Part(module, name, frozenset(loads), tuple(calls), owner, always)
