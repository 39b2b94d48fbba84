"""The build context: which of its files a COPY means, with those left out that `.dockerignore` keeps away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checks.deploy.dockerfile.ignore import Ignored, read_ignored, translated

WILD = re.compile(r"[*?\[]")
FILE_LIMIT = 50_000
# No `.dockerignore` is needed to know that nobody means these.
_PASSED_OVER = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv", ".skillgate"})


@dataclass(eq=False)
class Sources:
    """A context folder inside the project; `root` is the project's folder."""

    context: Path
    root: Path
    ignored: Ignored
    _all: tuple[str, ...] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, context: Path, dockerfile: Path, root: Path) -> Sources:
        """The context that a build of `dockerfile` sees."""
        return cls(context, root, read_ignored(context, dockerfile))

    def shown(self, path: str) -> str:
        """A path of the context as a path of the project."""
        full = os.path.normpath(self.context / path)
        return Path(os.path.relpath(full, self.root)).as_posix()

    def found(self, source: str) -> list[str]:
        """The paths, relative to the context, that a source means; empty where there is none, ignored or not."""
        path = clean(source)
        if not WILD.search(path):
            return [path] if os.path.lexists(self.context / path) else []
        pattern = re.compile(translated(path))
        return [known for known in self._known() if pattern.fullmatch(known)]

    def let_in(self, path: str) -> bool:
        """Whether the builder sees `path`, or anything below it."""
        if path == "." or not self.ignored.patterns or self.ignored.because(path) is None:
            return True
        return any(self.ignored.because(below) is None for below in self.below(path))

    def below(self, path: str) -> Iterator[str]:
        """The files below a folder of the context, as far as the limit goes."""
        count = 0
        for folder, folders, files in os.walk(self.context / path):
            folders[:] = [name for name in folders if name not in _PASSED_OVER]
            for name in files:
                count += 1
                if count > FILE_LIMIT:
                    return
                yield os.path.relpath(Path(folder, name), self.context).replace(os.sep, "/")

    def _known(self) -> tuple[str, ...]:
        """Every file and folder of the context."""
        if self._all is None:
            files = tuple(self.below("."))
            folders = {str(parent) for file in files for parent in Path(file).parents if str(parent) != "."}
            self._all = tuple(sorted({*files, *folders}))
        return self._all


def clean(source: str) -> str:
    """A source as a path relative to the context: the builder keeps every path inside it."""
    path = os.path.normpath("/" + source.strip()).replace("\\", "/").lstrip("/")
    return path or "."


def join(folder: str, path: str) -> str:
    """A path of the image made absolute."""
    joined = os.path.normpath(f"{folder}/{path}" if not path.startswith("/") else path)
    return "/" + joined.lstrip("/")


def within(path: str, folder: str) -> str | None:
    """`path` relative to `folder` (empty where they are the same); None where it lies elsewhere."""
    if path == folder:
        return ""
    prefix = folder.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None
