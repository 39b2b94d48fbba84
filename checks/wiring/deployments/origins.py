"""Where an expression in the code has its text from: a constant, or a reading of the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import BindingKind, Call, Module, Scope
from checks.wiring.code.index import Index
from checks.wiring.deployments.bindings import Bindings
from checks.wiring.model import Read, Unit

_GETTERS = frozenset({"os.getenv", "os.environ.get", "os.environ"})
_PLAIN = frozenset({"builtins.str", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.fspath"})
_TRIMMING = frozenset({"strip", "rstrip", "lstrip"})
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Origin:
    """A text of the code (`text`, the beginning of one where `partly`), or what a `read` gives."""

    place: Place
    text: str | None = None
    read: Read | None = None
    partly: bool = False

    def value_in(self, unit: Unit) -> tuple[str, Place] | None:
        """The text in one unit, and where it is said; None where that cannot be known."""
        if self.read is None:
            return (self.text, self.place) if self.text is not None else None
        said = unit.variables.get(self.read.name)
        if said is not None:
            return (said.value, said.place) if said.value else None
        if unit.open or self.read.default is None:
            return None
        return self.read.default, self.read.place


class Origins:
    """Follows expressions through names, attributes of settings, and parameters."""

    def __init__(self, index: Index, bindings: Bindings) -> None:
        self.index = index
        self.names: Names = index.names
        self.bindings = bindings

    @cached_property
    def _changed(self) -> frozenset[str]:
        """Names of functions and validated fields: what is kept under them may be made anew."""
        found: set[str] = set()
        for module in self.index.sources.own_modules():
            for definition in module.definitions:
                if not isinstance(definition.node, ast.ClassDef):
                    found.add(definition.node.name)
                    found |= {text for each in definition.node.decorator_list for text in _texts(each)}
        return frozenset(found)

    @cached_property
    def _calls(self) -> dict[str, list[Call]]:
        """Calls of the project's own functions."""
        found: dict[str, list[Call]] = {}
        for module in self.index.sources.own_modules():
            for call in module.calls:
                name = self.names.of(call.node.func, call.scope)
                if name is not None and ":" in name:
                    found.setdefault(name, []).append(call)
        return found

    def of(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> tuple[Origin, ...]:
        """Every origin of an expression; none where one of them cannot be known."""
        if depth <= 0:
            return ()
        if isinstance(node, ast.Constant):
            return (Origin(_place(node, scope), node.value),) if isinstance(node.value, str) else ()
        if isinstance(node, ast.JoinedStr):
            return _beginning(node, scope)
        if isinstance(node, ast.Await):
            return self.of(node.value, scope, depth)
        if isinstance(node, ast.Name):
            return self._of_name(node, scope, depth)
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node, scope, depth)
        if isinstance(node, ast.Call) and self.names.of(node.func, scope) in _PLAIN and len(node.args) == 1:
            return self.of(node.args[0], scope, depth - 1)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TRIMMING:
            return self.of(node.func.value, scope, depth - 1)
        return self._of_read(node, scope)

    def _of_read(self, node: ast.expr, scope: Scope) -> tuple[Origin, ...]:
        """`os.getenv("X", ...)` and `os.environ["X"]` themselves."""
        target = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Subscript) else None
        if target is None or self.names.of(target, scope) not in _GETTERS:
            return ()
        first = node.args[0] if isinstance(node, ast.Call) and node.args else getattr(node, "slice", None)
        name = self.names.constant(first, scope) if isinstance(first, ast.expr) else None
        file, lines = scope.module.file, range(node.lineno, (node.end_lineno or node.lineno) + 1)
        found = [
            read
            for read in self.bindings.reads
            if read.name == name and read.place.file == file and read.place.line in lines
        ]
        return (Origin(found[0].place, read=found[0]),) if found else ()

    def _of_name(self, node: ast.Name, scope: Scope, depth: int) -> tuple[Origin, ...]:
        where, bindings = self.names.lookup(node.id, scope)
        if where is None or len(bindings) != 1:
            return ()
        binding = bindings[0]
        if binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
            return self.of(binding.node, where, depth - 1)
        if binding.kind is BindingKind.IMPORT:
            return self._of_ref(self.names.of(node, scope), depth)
        return self._of_parameter(node.id, where, depth) if isinstance(binding.node, ast.arg) else ()

    def _of_ref(self, ref: str | None, depth: int) -> tuple[Origin, ...]:
        """A constant of another file."""
        file, colon, name = (ref or "").partition(":")
        module = self.index.sources.load(file) if colon and name.isidentifier() and file else None
        return self.of(ast.Name(name, ast.Load()), module.scope, depth - 1) if module else ()

    def _of_attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> tuple[Origin, ...]:
        ref = self.names.of(node, scope)
        found = self._of_ref(ref, depth) if ref and ":" in ref else ()
        if found:
            return found
        reads = self.bindings.by_name.get(node.attr, [])
        if len(reads) != 1 or node.attr in self._changed:
            return ()
        return (Origin(reads[0].place, read=reads[0]),)

    def _of_parameter(self, name: str, scope: Scope, depth: int) -> tuple[Origin, ...]:
        """What the callers of a function hand to it, all of them."""
        calls = self._calls.get(f"{scope.module.file}:{scope.qualname}", [])
        arguments = getattr(scope.node, "args", None)
        if not calls or not isinstance(arguments, ast.arguments):
            return ()
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        found: list[Origin] = []
        for call in calls:
            given = _given(call.node, name, names)
            origins = self.of(given, call.scope, depth - 1) if given is not None else ()
            if not origins:
                return ()
            found += origins
        return tuple(found)


def _given(call: ast.Call, name: str, names: list[str]) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    position = names.index(name) if name in names else len(call.args)
    plain = position < len(call.args) and not any(isinstance(each, ast.Starred) for each in call.args)
    return call.args[position] if plain else None


def _beginning(node: ast.JoinedStr, scope: Scope) -> tuple[Origin, ...]:
    first = node.values[0] if node.values else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and "://" in first.value:
        return (Origin(_place(node, scope), first.value, partly=True),)
    return ()


def _texts(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def _place(node: ast.expr, scope: Scope) -> Place:
    return Place(scope.module.file, node.lineno, node.col_offset + 1)


def calls_by_node(module: Module) -> dict[int, Call]:
    """The calls of a file by the identity of their nodes."""
    return {id(call.node): call for call in module.calls}
