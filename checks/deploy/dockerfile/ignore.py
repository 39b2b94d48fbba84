"""`.dockerignore`: which files of a build context the builder never sees."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Ignored:
    """The patterns in order: each with its line, whether it takes back, and its expression."""

    file: Path | None
    patterns: tuple[tuple[int, str, bool, re.Pattern[str]], ...] = ()

    def because(self, path: str) -> tuple[int, str] | None:
        """The line and pattern that keep `path` (relative to the context) out; None where it is let in.

        The last pattern that matches the path or a folder above it decides.
        """
        ways = ["/".join(PurePosixPath(path).parts[:length]) for length in range(1, len(PurePosixPath(path).parts) + 1)]
        found: tuple[int, str] | None = None
        for line, pattern, back, expression in self.patterns:
            if any(expression.fullmatch(way) for way in ways):
                found = None if back else (line, pattern)
        return found


def read_ignored(context: Path, dockerfile: Path) -> Ignored:
    """The ignore file that counts: the Dockerfile's own, else the context's."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    file = next((file for file in (own, context / ".dockerignore") if file.is_file()), None)
    if file is None:
        return Ignored(None)
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if not line.startswith("#"))
    return Ignored(file, tuple(_pattern(number, line) for number, line in lines if line.lstrip("!").strip()))


def _pattern(number: int, line: str) -> tuple[int, str, bool, re.Pattern[str]]:
    back = line.startswith("!")
    cleaned = os.path.normpath(line.lstrip("!").strip()).replace("\\", "/").lstrip("/")
    return number, line, back, re.compile(translated(cleaned))


@cache
def translated(glob: str) -> str:
    """A pattern as the builder reads it, as a regular expression: `**` crosses folders, `*` and `?` do not."""
    parts = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}

    def piece(match: re.Match[str]) -> str:
        text = match[0]
        if text in parts:
            return parts[text]
        if len(text) > 2 and text.startswith("[") and text.endswith("]"):
            return text.replace("\\", "\\\\")
        return re.escape(text[1:]) if text.startswith("\\") and len(text) == 2 else re.escape(text)

    return re.sub(r"\*\*/|/\*\*$|\*\*|\*|\?|\[[^\]/]+\]|\\.|[^*?\[\\/]+|.", piece, glob)
