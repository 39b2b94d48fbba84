"""The project's own modules, each read once, and where a name in one of them really comes from."""

from __future__ import annotations

import ast
import builtins
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.raw.outline import Outline, outline_of
from checks.raw.runtime_names import KNOWN
from checks.raw.source import Source, read_source

RUNTIME = "raw_runtime"
DEEPEST = 32
"""How many re-exports or base classes are followed: beyond it the text goes in a circle."""


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the project with its outline, and the folders its absolute imports are looked for in."""

    source: Source
    outline: Outline
    search: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class defined in the project, with the module whose names it uses."""

    module: Module
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Lineage:
    """A class, its ancestors inside the project (nearest first), and the dotted names of those outside it.

    An outside name that starts with `?` could not be traced to any import.
    """

    own: tuple[OwnClass, ...]
    outside: tuple[str, ...]


class Modules:
    """Reads the modules below a project's root, each once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.base = os.fspath(root)
        self._by_path: dict[str, Module] = {}
        self._located: dict[tuple[str, str], Path | None] = {}
        self._listings: dict[str, frozenset[str]] = {}

    def of_source(self, source: Source) -> Module:
        """The module of a file already read, as a script that runs with its own folder on the path."""
        outline = outline_of(source.tree) if source.tree is not None else Outline()
        return Module(source, outline, (os.path.dirname(source.path), self.base))  # noqa: PTH120

    def find(self, dotted: str, search: Sequence[str]) -> Module | None:
        """The project's module of that name, or None where the project has no such file."""
        path = self.locate(dotted, search)
        return None if path is None or path.suffix != ".py" else self._read(path, search)

    def locate(self, dotted: str, search: Sequence[str]) -> Path | None:
        """The file of a module, or the folder of a package without `__init__.py`."""
        parts = dotted.split(".")
        for folder in search:
            if not self.holds(folder, parts[0]):
                continue
            key = (folder, dotted)
            if key not in self._located:
                self._located[key] = _locate_below(folder, parts)
            if (found := self._located[key]) is not None:
                return found
        return None

    def holds(self, folder: str, name: str) -> bool:
        """Whether a folder has an entry that may be the module; each folder is listed once."""
        names = self._listings.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(folder))  # noqa: PTH208
            except OSError:
                names = frozenset()
            self._listings[folder] = names
        return name in names or f"{name}.py" in names

    def _read(self, path: Path, search: Sequence[str]) -> Module:
        key = os.fspath(path)
        if key not in self._by_path:
            source = read_source(path)
            outline = outline_of(source.tree) if source.tree is not None else Outline()
            self._by_path[key] = Module(source, outline, tuple(search))
        return self._by_path[key]

    def lineage(self, own: OwnClass) -> Lineage:
        """Everything the class derives from, as far as the project's text shows it."""
        seen: list[OwnClass] = []
        outside: list[str] = []
        self._collect(own, seen, outside)
        return Lineage(tuple(seen), tuple(outside))

    def _collect(self, own: OwnClass, seen: list[OwnClass], outside: list[str]) -> None:
        if len(seen) >= DEEPEST or any(known.node is own.node for known in seen):
            return
        seen.append(own)
        for base in own.node.bases:
            found = self.resolve(own.module, base, avoid=own.node)
            if isinstance(found, OwnClass):
                self._collect(found, seen, outside)
            else:
                outside.append(found)

    def resolve(self, module: Module, expression: ast.expr, avoid: ast.ClassDef | None = None) -> OwnClass | str:
        """The project's class an expression names, else the dotted name of what it stands for."""
        while isinstance(expression, ast.Subscript):
            expression = expression.value
        trail: list[str] = []
        while isinstance(expression, ast.Attribute):
            trail.insert(0, expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name):
            return "?" + ast.unparse(expression)[:60]
        return self._resolve_name(module, expression.id, trail, avoid, DEEPEST)

    def _resolve_name(
        self, module: Module, name: str, trail: list[str], avoid: ast.ClassDef | None, depth: int
    ) -> OwnClass | str:
        outline = module.outline
        if name in outline.origins:
            return self._resolve_dotted(module, ".".join([outline.origins[name], *trail]), depth - 1)
        node = outline.classes.get(name)
        if node is not None and node is not avoid and not trail:
            return OwnClass(module, node)
        if name in outline.values and not trail and depth > 0:
            return self._resolve_value(module, outline.values[name], depth)
        return self._resolve_starred(module, name, trail, depth)

    def _resolve_value(self, module: Module, value: ast.expr, depth: int) -> OwnClass | str:
        while isinstance(value, ast.Subscript):
            value = value.value
        if isinstance(value, ast.Name):
            return self._resolve_name(module, value.id, [], None, depth - 1)
        return self.resolve(module, value) if isinstance(value, ast.Attribute) else "?" + ast.unparse(value)[:60]

    def _resolve_starred(self, module: Module, name: str, trail: list[str], depth: int) -> OwnClass | str:
        for star in module.outline.stars if depth > 0 else ():
            if star.partition(".")[0] == RUNTIME:
                return ".".join([RUNTIME, name, *trail]) if name in KNOWN else f"?{name}"
            other = self._relative(module, star)
            if other is not None and name in other.outline.bound:
                return self._resolve_name(other, name, trail, None, depth - 1)
        if hasattr(builtins, name):
            return ".".join(["builtins", name, *trail])
        return "?" + ".".join([name, *trail])

    def _resolve_dotted(self, module: Module, dotted: str, depth: int) -> OwnClass | str:
        if dotted.partition(".")[0] == RUNTIME or depth <= 0:
            return dotted
        stem = dotted.lstrip(".")
        dots = dotted[: len(dotted) - len(stem)]
        parts = stem.split(".")
        for length in range(len(parts) - 1, 0 if stem == dotted else -1, -1):
            other = self._relative(module, dots + ".".join(parts[:length]))
            if other is not None and parts[length] in other.outline.bound:
                return self._resolve_name(other, parts[length], parts[length + 1 :], None, depth - 1)
        return dotted

    def _relative(self, module: Module, dotted: str) -> Module | None:
        stem = dotted.lstrip(".")
        dots = len(dotted) - len(stem)
        if not dots:
            return self.find(dotted, module.search)
        folder = module.source.path.parent
        for _ in range(dots - 1):
            folder = folder.parent
        path = _locate_below(folder, stem.split(".")) if stem else folder / "__init__.py"
        return self._read(path, module.search) if path is not None and path.suffix == ".py" else None


def _locate_below(folder: str | Path, parts: Sequence[str]) -> Path | None:
    path = os.path.join(folder, *parts)  # noqa: PTH118 - os.path: this runs for each import of each workflow
    for candidate in (os.path.join(path, "__init__.py"), path + ".py"):  # noqa: PTH118
        if os.path.isfile(candidate):  # noqa: PTH113
            return Path(candidate)
    return Path(path) if os.path.isdir(path) else None  # noqa: PTH112
