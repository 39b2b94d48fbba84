"""Imports of the project's own code: the module is there, and has what is taken out of it."""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Iterator

from checks.model import Diagnostic, Place
from checks.temporal.scopes import Module
from checks.temporal.sources import folder_of
from checks.wiring.code.index import Index
from checks.wiring.code.judging import Scene, finding
from checks.wiring.code.nodes import nodes
from checks.wiring.code.rules import BROKEN_IMPORT
from checks.wiring.code.starts import defines

_GENERATED = re.compile(
    r"(?:_pb2|_pb2_grpc|_version|version|_generated)\Z|(?:^|\.)(?:generated|gen|build|_build)(?:\.|\Z)"
)
_Imported = ast.Import | ast.ImportFrom


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about imports that surely fail, and about functions that an own module does not have."""
    index = scene.index
    for module in index.sources.own_modules():
        for node in certain_imports(module.tree):
            yield from _import(index, module, node)
        yield from _attributes(index, module)
    for module in _tests(index):
        for statement in module.tree.body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                yield from _import(index, module, statement)


def _tests(index: Index) -> Iterator[Module]:
    """The modules of the tests: what one imports at its top is there, or none of its tests begins."""
    for file in sorted(index.sources.files):
        module = index.sources.load(file)
        if module is not None and module.in_tests:
            yield module


def certain_imports(node: ast.AST) -> Iterator[_Imported]:
    """The imports around which no condition and no `try` stands."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With)):
            yield from certain_imports(child)


def _import(index: Index, module: Module, node: _Imported) -> Iterator[Diagnostic]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _module(index, module, alias.name, node.lineno)
        return
    name = "." * node.level + (node.module or "")
    missing = list(_module(index, module, name, node.lineno)) if node.module else []
    yield from missing
    file = None if missing else _file(index, module, name)
    for alias in node.names if file is not None else ():
        if alias.name != "*" and file is not None and not _has(index, file, alias.name):
            files = _files(index, module, name)
            if any(_has(index, each, alias.name) for each in files):
                continue
            near = difflib.get_close_matches(alias.name, _names(index, file), 1, 0.6)
            message = f"`{file}` has no `{alias.name}`, which is imported here: ImportError as soon as it is run"
            yield _found(module, node.lineno, message, near)


def _module(index: Index, module: Module, name: str, line: int) -> Iterator[Diagnostic]:
    """A module that one of the project's own packages does not have."""
    top, dot, _ = name.partition(".")
    if not dot or not top or top in sys.stdlib_module_names or _GENERATED.search(name):
        return  # what does not lie in a package may come from elsewhere
    package = _file(index, module, top)
    if package is None or _file(index, module, name) is not None:
        return
    tail = name.replace(".", "/")
    known = any(f"/{each}".endswith(f"/{tail}") for each in index.sources.folders)
    if not package.endswith("/__init__.py") or known or _files(index, module, name):
        return
    within = index.sources.load(package)
    if within is None or "__path__" in ast.dump(within.tree):
        return
    parent = name.rpartition(".")[0]
    if _is_made(index, module, parent):
        return
    near = difflib.get_close_matches(name, index.sources.dotted_names(), 1, 0.6)
    yield _found(module, line, f"there is no module `{name}`: ModuleNotFoundError as soon as it is run", near)


def _is_made(index: Index, module: Module, parent: str) -> bool:
    """`import a.b.c` where `a.b` is a single file, which may put `c` into `sys.modules`."""
    files = _files(index, module, parent)
    return any("sys.modules" in _text(index, file) for file in files)


def _files(index: Index, module: Module, name: str) -> tuple[str, ...]:
    """The file that an import means, before every other that it may mean from another folder."""
    found = _file(index, module, name)
    others = index.sources.anywhere(name) if not name.startswith(".") and "." in name else ()
    return tuple(dict.fromkeys((found, *others) if found is not None else others))


def _file(index: Index, module: Module, name: str) -> str | None:
    """Where an import leads: absolute ones start beside the outermost package, or at a root, and nowhere between."""
    folder = folder_of(module.file)
    if name.startswith("."):
        return index.sources.find(name, folder)
    bases = dict.fromkeys((index.sources.package_base(folder), *index.sources.import_roots))
    return next((file for base in bases if (file := index.sources.module_at(base or ".", name)) is not None), None)


def _has(index: Index, file: str, name: str) -> bool:
    module = index.sources.load(file)
    if module is None or defines(index, module, name) or name.startswith("__"):
        return True
    if file.endswith("/__init__.py") and f"{folder_of(file)}/{name}" in index.sources.folders:
        return True
    if _GENERATED.search(name):
        return True
    bound = any(node.id == name and isinstance(node.ctx, ast.Store) for node in nodes(module, ast.Name))
    return bound or any(name in node.names for node in nodes(module, ast.Global))


def _names(index: Index, file: str) -> list[str]:
    module = index.sources.load(file)
    return list(module.scope.bindings) if module is not None else []


def _text(index: Index, file: str) -> str:
    try:
        return (index.root / file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _attributes(index: Index, module: Module) -> Iterator[Diagnostic]:
    """`repository.list_all()`, where `repository` is a module of the project that has no such thing."""
    aliases = _aliases(index, module)
    seen: set[tuple[str, str]] = set()
    for node in nodes(module, ast.Attribute) if aliases else ():
        if not isinstance(node.value, ast.Name):
            continue
        file = aliases.get(node.value.id)
        if file is None or (file, node.attr) in seen or not isinstance(node.ctx, ast.Load):
            continue
        seen.add((file, node.attr))
        if not _has(index, file, node.attr) and not _is_set(index, node.attr):
            near = difflib.get_close_matches(node.attr, _names(index, file), 1, 0.6)
            message = f"`{file}` has no `{node.attr}`: `{node.value.id}.{node.attr}` ends with AttributeError"
            yield _found(module, node.lineno, message, near)


def _aliases(index: Index, module: Module) -> dict[str, str]:
    """The names that are modules of the project, and nothing else anywhere in the file."""
    found: dict[str, str] = {}
    for node in certain_imports(module.tree):
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            base = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            name = f"{base}.{alias.name}" if base.strip(".") else f"{base}{alias.name}"
            file, package = _file(index, module, name), _file(index, module, base) if base else None
            own = package is not None and alias.name in _names(index, package)
            if file is not None and not own and not file.endswith("/__init__.py") and not _GENERATED.search(file[:-3]):
                found[alias.asname or alias.name] = file
    scopes = [module.scope, *module.scopes.values()]
    bound = {name: sum(len(scope.bindings.get(name, ())) for scope in dict.fromkeys(scopes)) for name in found}
    return {name: file for name, file in found.items() if bound[name] == 1}


def _is_set(index: Index, attribute: str) -> bool:
    """Whether anything may put an attribute of that name somewhere."""
    shown = re.compile(rf"\.{re.escape(attribute)}\s*(?::[^=\n]+)?=(?!=)|[\"']{re.escape(attribute)}[\"']")
    return any(shown.search(_text(index, module.file)) for module in index.sources.own_modules())


def _found(module: Module, line: int, message: str, near: list[str]) -> Diagnostic:
    return finding(BROKEN_IMPORT, Place(module.file, line), message, f"did you mean `{near[0]}`?" if near else None)
