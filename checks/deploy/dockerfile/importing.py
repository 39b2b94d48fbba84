"""What a program imports of the project before it does anything: it has to lie in the container too."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from checks.deploy.dockerfile.container import Container, Problem
from checks.deploy.dockerfile.contents import Contents

_LIMIT = 1 << 20
_MOST_FILES = 500
_CHANGES_THE_PATH = re.compile(r"\bsys\.path\b|\bsite\.addsitedir\b|\bsys\.meta_path\b|\b__path__\b")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A module that is imported, by its full name; `names` are what `from ... import` takes out of it."""

    module: str
    names: tuple[str, ...]
    line: int


def import_problems(asked: str, begin: str, roots: list[str], container: Container) -> Iterator[Problem]:
    """The first module of the project that what begins at `begin`, a path of the container, imports and does not find.

    Only what is certain: imports at the top of modules, of modules that the project has and that nothing else brings.
    """
    contents, pending, seen = container.contents, [begin], {begin}
    while pending and len(seen) < _MOST_FILES:
        path = pending.pop(0)
        text = _text(contents.source(path))
        if text is None:
            continue
        if _CHANGES_THE_PATH.search(text):
            return
        for wanted in _wanted(text, _package(path, roots)):
            for name in _names(wanted, container):
                found = _found(name, roots, contents)
                if found is None and _is_missing(name, roots, container):
                    yield _problem(asked, name, wanted.line, path, contents)
                    return
                new = [each for each in found or () if each not in seen]
                seen.update(new)
                pending += new


def _text(file: Path | None) -> str | None:
    if file is None or not file.is_file():
        return None
    try:
        return file.read_bytes()[:_LIMIT].decode("utf-8-sig", "replace")
    except OSError:
        return None


def _package(path: str, roots: list[str]) -> str:
    """The package that a module lies in, as its relative imports see it."""
    folder = path.rpartition("/")[0]
    for root in sorted(roots, key=len, reverse=True):
        inside = os.path.relpath(folder or "/", root)
        if not inside.startswith(".."):
            return "" if inside == "." else inside.replace("/", ".")
    return ""


@lru_cache(maxsize=1024)
def _wanted(text: str, package: str) -> tuple[_Wanted, ...]:
    """The imports that surely happen: not those that a condition or a `try` stands around."""
    return tuple(_read(text, package))


def _read(text: str, package: str) -> Iterator[_Wanted]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (_Wanted(alias.name, (), node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                around = package.split(".") if package else []
                kept = around[: len(around) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            if base:
                yield _Wanted(base, tuple(alias.name for alias in node.names), node.lineno)


def _names(wanted: _Wanted, container: Container) -> Iterator[str]:
    """The modules that an import asks for: also the names that are modules of the project, and nothing in a package."""
    yield wanted.module
    folder = _in_project(wanted.module, container)
    init = folder / "__init__.py" if folder is not None and folder.is_dir() else None
    if folder is None or (init is not None and init.is_file() and "__getattr__" in (_text(init) or "")):
        return
    for name in wanted.names if folder.is_dir() else ():
        if name != "*" and not _defines(init, name) and _in_project(f"{wanted.module}.{name}", container) is not None:
            yield f"{wanted.module}.{name}"


def _defines(init: Path | None, name: str) -> bool:
    text = _text(init)
    return text is not None and re.search(rf"\b{re.escape(name)}\b|import \*", text) is not None


def _found(name: str, roots: list[str], contents: Contents) -> list[str] | None:
    """The files of the container that an import of a module runs; None where it is not there."""
    way = name.replace(".", "/")
    for root in roots:
        base = f"{root.rstrip('/')}/{way}"
        if contents.source(f"{base}.py") or contents.source(base):
            parts = way.split("/")
            around = [f"{root.rstrip('/')}/{'/'.join(parts[:count])}/__init__.py" for count in range(1, len(parts) + 1)]
            return [path for path in (*around, f"{base}.py") if contents.source(path)]
    return None


def _is_missing(name: str, roots: list[str], container: Container) -> bool:
    """Whether the project has the module, and nothing but the project could bring it."""
    own = _in_project(name, container)
    if own is None or ("." not in name and own.is_dir() and not (own / "__init__.py").is_file()):
        return False  # a folder without `__init__.py` may be called like a package from elsewhere
    top = name.partition(".")[0]
    if container.brings(top):
        return False
    brought = {each.partition("[")[0].replace("-", "_") for each in container.packages.names}
    by_name = re.search(rf"\b{re.escape(top).replace('_', '[-_]')}\b", container.installing)
    if top.lower() in brought or top in sys.stdlib_module_names or by_name:
        return False
    ends = ("", ".py", "/__init__.py")
    paths = [f"{root.rstrip('/')}/{name.replace('.', '/')}{end}" for root in roots for end in ends]
    return not any(container.contents.unknown(path) for path in paths)


def _in_project(name: str, container: Container) -> Path | None:
    """The file or the folder with code that a name means, where imports start from the project or its context."""
    sources = container.contents.sources
    for base in dict.fromkeys((sources.context, sources.context / "src", sources.root, sources.root / "src")):
        way = base / name.replace(".", "/")
        if way.with_name(f"{way.name}.py").is_file():
            return way.with_name(f"{way.name}.py")
        if way.is_dir() and any(way.glob("*.py")):
            return way
    return None


def _problem(asked: str, name: str, line: int, path: str, contents: Contents) -> Problem:
    file = contents.source(path)
    sources = contents.sources
    by = sources.shown(os.path.relpath(file, sources.context)) if file is not None else path
    message = f"`{asked}` imports `{name}` ({by}:{line}), which is not in the image: it ends with ModuleNotFoundError"
    return Problem("missing-module", message, f"copy `{name.partition('.')[0]}` into the image")
