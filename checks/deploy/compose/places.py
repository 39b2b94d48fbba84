"""From a way through the merged model to the file and line that say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.deploy.compose.source import Document, Path_
from checks.model import Diagnostic, Severity


def shown(path: Path, root: Path) -> str:
    """`path` as people see it: relative to the project where it lies in it."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


@dataclass(frozen=True, slots=True)
class Places:
    """The documents of one set, in the order they are merged."""

    documents: Sequence[Document]
    fallback: str

    def find(self, path: Path_) -> tuple[str, int | None]:
        """The place of `path`, or of the nearest thing around it; the last file that says it wins."""
        for length in range(len(path), 0, -1):
            for document in reversed(self.documents):
                line = document.line_of(path[:length])
                if line is not None:
                    return document.name, line
        return (self.documents[0].name if self.documents else self.fallback), None

    def find_item(self, path: Path_, index: int, count: int) -> tuple[str, int | None]:
        """The place of one item of a list, where one file alone writes all `count` of them."""
        writers = [document for document in self.documents if document.line_of(path) is not None]
        if len(writers) == 1 and (*path, count) not in writers[0].lines and (*path, count - 1) in writers[0].lines:
            return self.find((*path, index))
        return self.find(path)

    def diagnostic(
        self,
        rule: str,
        path: Path_,
        message: str,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """A finding at `path`; `rule` without `compose.`."""
        file, line = self.find(path)
        return Diagnostic(f"compose.{rule}", severity, message, file, line, hint=hint)


def dotted(path: Path_) -> str:
    """`services.web.ports[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
