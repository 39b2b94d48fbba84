"""Under which name, and from which folders, Python would import a file of the project.

A project says this nowhere: it shows in where `__init__.py` stands and in how its files name each other.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass

from checks.temporal.scopes import Module
from checks.temporal.sources import Sources, folder_of

_MOST_FILES = 500
"""Beyond so many reachable files no further folder is looked for: the ones that matter come first."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Import `name` with `folders` (relative to the root) leading `sys.path`.

    `synthetic` where the file's own name is no Python name (`run-worker.py`): then `name` is ours.
    """

    file: str
    name: str
    folders: tuple[str, ...]
    synthetic: bool = False


def plan_import(module: Module, sources: Sources) -> ImportPlan:
    """How a worker that serves this module would import it."""
    folder = folder_of(module.file)
    needed = _needed_bases(module, sources)
    base = _own_base(folder, needed, sources)
    relative = module.file.removeprefix(f"{base}/" if base else "").removesuffix(".py").removesuffix("/__init__")
    parts = relative.split("/")
    while len(parts) > 1 and not all(_is_name(part) for part in parts):
        base = f"{base}/{parts[0]}" if base else parts[0]
        parts = parts[1:]
    synthetic = not _is_name(parts[0])
    name = _invented_name(parts[0]) if synthetic else ".".join(parts)
    roots = ("src", "") if any(file.startswith("src/") for file in sources.files) else ("",)
    return ImportPlan(module.file, name, tuple(dict.fromkeys((base, *needed, *roots))), synthetic)


def _invented_name(stem: str) -> str:
    return "_skillgate_" + "".join(letter if letter.isalnum() else "_" for letter in stem)


def _is_name(part: str) -> bool:
    return part.isidentifier() and not keyword.iskeyword(part)


def _own_base(folder: str, needed: tuple[str, ...], sources: Sources) -> str:
    package = sources.package_base(folder)
    if package != folder:
        return package
    if folder in needed:
        return folder
    around = [base for base in needed if folder.startswith(f"{base}/")]
    if around:
        return around[0]
    return "src" if folder == "src" or folder.startswith("src/") else ""


def _needed_bases(module: Module, sources: Sources) -> tuple[str, ...]:
    """The folders, beyond the root and src, that this module and those it imports take absolute imports from."""
    bases: dict[str, None] = {}
    waiting, seen = [module], {module.file}
    while waiting and len(seen) < _MOST_FILES:
        current = waiting.pop(0)
        for file, base in _imported_files(current, sources):
            if base not in (None, "", "src"):
                bases[str(base)] = None
            target = None if file in seen else sources.load(file)
            seen.add(file)
            if target is not None:
                waiting.append(target)
    return tuple(bases)


def _imported_files(module: Module, sources: Sources) -> Iterator[tuple[str, str | None]]:
    """The project's files that a module imports, with the folder an absolute import started from."""
    folder = folder_of(module.file)
    for dotted in _dotted_imports(module):
        file = sources.find(dotted, folder)
        if file is not None:
            yield file, None if dotted.startswith(".") else _base_of(file, dotted)


def _dotted_imports(module: Module) -> Iterator[str]:
    yield from (dotted for dotted, _ in module.imports)
    yield from (f"{each.source.rstrip('.')}.{each.name}" for each in module.imported if not each.source.startswith("."))


def _base_of(file: str, dotted: str) -> str:
    path = file.removesuffix(".py").removesuffix("/__init__")
    return path.removesuffix(dotted.replace(".", "/")).rstrip("/")
