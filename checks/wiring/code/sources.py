"""The project's Python files as programs see them: which folders imports start from, and which file a name means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from checks.temporal.scopes import Module
from checks.temporal.sources import Sources, folder_of

_OWN_FOLDERS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Dockerfile")
ROOT = "."


class ProjectSources(Sources):
    """The files that were found already, also those of RAW workflows, which lie in a hidden folder."""

    def __init__(self, root: Path, files: Sequence[str]) -> None:
        self.root = root
        self.files = frozenset(file for file in files if file.endswith(".py"))
        self.unreadable = []
        self._modules = {}
        self.top_names = frozenset(part for file in self.files for part in file.removesuffix(".py").split("/"))
        self.folders = frozenset(_folders(self.files))
        self.import_roots = tuple(_import_roots(files))

    def own_modules(self) -> Iterator[Module]:
        """Every module that a program may run, in order: tests are run by pytest."""
        for file in sorted(self.files):
            module = self.load(file)
            if module is not None and not module.in_tests:
                yield module

    def module_at(self, folder: str, dotted: str) -> str | None:
        """The file of a module where imports start from `folder`; a package stands for its `__init__.py`."""
        return self._at("" if folder == ROOT else folder, dotted)

    def package_at(self, folder: str, dotted: str) -> bool:
        """Whether there is a folder of that name, with or without `__init__.py`."""
        return _joined(folder, dotted.replace(".", "/")) in self.folders

    def anywhere(self, dotted: str) -> tuple[str, ...]:
        """The files that are that module from whatever folder imports may start."""
        tail = dotted.replace(".", "/")
        ends = (f"/{tail}.py", f"/{tail}/__init__.py")
        return tuple(file for file in self._by_name.get(dotted.rpartition(".")[2], ()) if f"/{file}".endswith(ends))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """The files by the last part of the name of their module, in order."""
        found: dict[str, list[str]] = {}
        for file in sorted(self.files):
            name = file.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
            found.setdefault(name, []).append(file)
        return found

    def dotted_names(self) -> dict[str, str]:
        """Every module under the names that imports know it by; of two files with one name the likelier."""
        names: dict[str, str] = {}
        for base in self.import_roots:
            prefix = "" if base == ROOT else f"{base}/"
            for file in sorted(self.files):
                if file.startswith(prefix) and "/." not in f"/{file}":
                    dotted = file[len(prefix) :].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                    names.setdefault(dotted, file)
        return names


def _joined(folder: str, name: str) -> str:
    return name if folder in ("", ROOT) else f"{folder}/{name}"


def _folders(files: frozenset[str]) -> Iterator[str]:
    for file in files:
        folder = folder_of(file)
        while folder:
            yield folder
            folder = folder_of(folder)


def _import_roots(files: Sequence[str]) -> Iterator[str]:
    """The project, its `src`, and each component that has an environment or an image of its own."""
    known = set(files)
    folders = sorted({folder_of(file) for file in known if file.rpartition("/")[2] in _OWN_FOLDERS} - {""})
    yield ROOT
    for folder in ("", *folders):
        prefix = f"{folder}/src" if folder else "src"
        if folder:
            yield folder
        if any(file.startswith(f"{prefix}/") for file in known):
            yield prefix
