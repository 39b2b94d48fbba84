"""The project's Python files: which there are, which module an import means, and each parsed once."""

from __future__ import annotations

import ast
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from checks.temporal.reader import read_module
from checks.temporal.scopes import Module

_FOREIGN_FOLDERS = {
    "node_modules",
    "site-packages",
    "dist-packages",
    "build",
    "dist",
    "venv",
    "__pycache__",
    "__pypackages__",
}
_MENTIONS = (b"temporalio", b"workflow.defn", b"activity.defn")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that mentions Temporal and cannot be parsed by our own Python."""

    file: str
    line: int | None
    column: int | None
    reason: str


def python_files(root: Path) -> Iterator[str]:
    """Every Python file of the project itself, relative and in order; nothing installed, built or hidden."""
    for folder, names, files in os.walk(root):
        if "pyvenv.cfg" in files:
            names.clear()
            continue
        names[:] = sorted(name for name in names if name not in _FOREIGN_FOLDERS and not name.startswith("."))
        prefix = Path(folder).relative_to(root).as_posix()
        for name in sorted(files):
            if name.endswith(".py"):
                yield name if prefix == "." else f"{prefix}/{name}"


class Sources:
    """Reads files late and once. `unreadable` grows while files are asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = frozenset(python_files(root))
        self.unreadable: list[Unreadable] = []
        self._modules: dict[str, Module | None] = {}
        self.top_names = frozenset(part for file in self.files for part in file.removesuffix(".py").split("/"))

    def mentioning(self, needles: Iterable[bytes] = _MENTIONS) -> Iterator[Module]:
        """The modules whose bytes hold one of `needles`: the others need no parsing."""
        wanted = tuple(needles)
        for file in sorted(self.files):
            content = self._read(file)
            if any(needle in content for needle in wanted):
                module = self.load(file, content)
                if module is not None:
                    yield module

    def load(self, file: str, content: bytes | None = None) -> Module | None:
        """One file's module; None where it cannot be read or parsed."""
        if file not in self._modules:
            self._modules[file] = self._parse(file, self._read(file) if content is None else content)
        return self._modules[file]

    def loaded(self) -> Iterator[Module]:
        """The modules read so far."""
        return (module for module in self._modules.values() if module is not None)

    def _read(self, file: str) -> bytes:
        try:
            return (self.root / file).read_bytes()
        except OSError:
            return b""

    def _parse(self, file: str, content: bytes) -> Module | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(content, filename=file)
                return read_module(file, self.root / file, tree)
        except SyntaxError as error:
            problem = Unreadable(file, error.lineno, error.offset, error.msg)
        except (ValueError, RecursionError, MemoryError) as error:
            problem = Unreadable(file, None, None, str(error) or type(error).__name__)
        if b"temporalio" in content:
            self.unreadable.append(problem)
        return None

    @cache  # noqa: B019 -- lives exactly as long as one check
    def find(self, dotted: str, folder: str) -> str | None:
        """The file that `import dotted`, written in a file of `folder`, would load; None where it is not ours."""
        if dotted.startswith("."):
            return self._find_relative(dotted, folder)
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return None
        return next((found for base in self.bases(folder) if (found := self._at(base, dotted)) is not None), None)

    def bases(self, folder: str) -> tuple[str, ...]:
        """The folders that an absolute import could start from, the likeliest first."""
        around = tuple(_upwards(folder))
        package = self.package_base(folder)
        packaged = package != folder
        likely = (package, "src", "") if packaged else (folder, "src", "")
        return tuple(dict.fromkeys((*likely, *around)))

    def package_base(self, folder: str) -> str:
        """The folder above the outermost package that `folder` belongs to; itself where it is no package."""
        while folder and f"{folder}/__init__.py" in self.files:
            folder = folder.rpartition("/")[0]
        return folder

    def _find_relative(self, dotted: str, folder: str) -> str | None:
        name = dotted.lstrip(".")
        for _ in range(len(dotted) - len(name) - 1):
            folder = folder.rpartition("/")[0]
        return self._at(folder, name)

    def _at(self, base: str, dotted: str) -> str | None:
        path = "/".join(part for part in (base, *dotted.split(".")) if part)
        candidates = (f"{path}.py", f"{path}/__init__.py") if dotted else (f"{path}/__init__.py",)
        return next((candidate for candidate in candidates if candidate in self.files), None)


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def folder_of(file: str) -> str:
    """The folder that a relative file name stands in, `` for the root."""
    return file.rpartition("/")[0]
