"""What one file holds once it is read: its scopes with their bindings, its definitions, calls and references."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scoped = FunctionNode | ast.Lambda | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class ScopeKind(StrEnum):
    """A comprehension is a scope of its own, yet `:=` in it binds in the scope around it."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"


class BindingKind(StrEnum):
    """How a name came to be: OPAQUE is everything whose value only a run would tell (parameters, loops)."""

    IMPORT = "import"
    DEFINITION = "definition"
    VALUE = "value"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a scope binds a name; `target` is the dotted path of an import (dots lead where relative)."""

    kind: BindingKind
    node: ast.AST
    target: str = ""


@dataclass(slots=True, eq=False)
class Scope:
    """Names bound by one module, class, function or comprehension; filled by `reader`, then only read."""

    kind: ScopeKind
    module: Module
    parent: Scope | None
    node: ast.AST
    qualname: str
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outer_names: set[str] = field(default_factory=set)

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def inside_function(self) -> bool:
        """Whether any scope around is a function: what is defined here exists only while it runs."""
        return any(scope.kind is ScopeKind.FUNCTION for scope in self.chain())


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call as written, `awaited` where `await` stands directly before it."""

    node: ast.Call
    scope: Scope
    awaited: bool


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A dotted name as written (the whole of it); `guarded` where the code is ready for it not to exist."""

    node: ast.Attribute
    scope: Scope
    guarded: bool


@dataclass(frozen=True, slots=True, eq=False)
class ImportedName:
    """One name of a `from X import name`; `source` keeps the leading dots of a relative import."""

    source: str
    name: str
    node: ast.ImportFrom
    guarded: bool


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A class or function: `outer` is where it stands, `own` is its body's scope."""

    node: ast.ClassDef | FunctionNode
    outer: Scope
    own: Scope

    @property
    def ref(self) -> str:
        """The name that the whole project can call it by: `file:Qualified.name`."""
        return f"{self.own.module.file}:{self.own.qualname}"


@dataclass(slots=True, eq=False)
class Module:
    """One source file, read once: everything that rules ask of it, in the order of the file."""

    file: str
    path: Path
    tree: ast.Module
    scope: Scope = field(init=False)
    definitions: list[Definition] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    imported: list[ImportedName] = field(default_factory=list)
    imports: list[tuple[str, int]] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    _by_name: dict[str, Definition] = field(default_factory=dict)

    def by_name(self) -> dict[str, Definition]:
        """The definitions by qualified name; of several with one name the last, as Python has it."""
        if len(self._by_name) == 0:
            self._by_name.update({definition.own.qualname: definition for definition in self.definitions})
        return self._by_name

    @property
    def in_tests(self) -> bool:
        """Whether pytest rather than a worker would load this file."""
        *folders, name = self.file.split("/")
        stem = name.removesuffix(".py")
        in_folder = any(folder in ("tests", "test") for folder in folders)
        return in_folder or stem == "conftest" or stem.startswith("test_") or stem.endswith("_test")
