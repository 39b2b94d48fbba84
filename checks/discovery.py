"""Which gates of the catalog apply to a project: one walk through its files, then the globs of each gate."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from checks.model import CatalogEntry

SCANNED_BYTES = 256 * 1024
# What tools put there or fetched: never the project's own inputs.
PRUNED = frozenset({"node_modules", "__pycache__", "site-packages", "build", "dist"})
KEPT_HIDDEN = frozenset({".raw"})


def project_files(root: Path) -> tuple[str, ...]:
    """The project's own files, relative with forward slashes; without fetched, built and hidden folders."""
    return tuple(sorted(_walk(str(root), "")))


def applies_because(entry: CatalogEntry, root: Path, files: Sequence[str]) -> str | None:
    """The file that makes a gate apply to a project, None where it does not apply."""
    if entry.components and not _has_components(entry.components, root, files):
        return None
    if entry.settings and not any(_has_setting(root / name, line) for name, line in entry.settings.items()):
        return None
    return next(matching(entry, root, files), None)


def matching(entry: CatalogEntry, root: Path, files: Iterable[str]) -> Iterator[str]:
    """Those of `files` that are inputs of a gate."""
    wanted, unwanted = _pattern(entry.inputs), _pattern(entry.without)
    for file in files:
        counts = wanted.match(file) and not (entry.without and unwanted.match(file))
        if counts and (not entry.contains or holds_line(f"{root}/{file}", entry.contains)):
            yield file


def _walk(folder: str, prefix: str) -> Iterator[str]:
    pending = [(folder, prefix)]
    while pending:
        folder, prefix = pending.pop()
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                if _is_own(entry.name, entry.path):
                    pending.append((entry.path, f"{prefix}{entry.name}/"))
            elif entry.is_file():
                yield prefix + entry.name


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # gone meanwhile, or not ours to read: nothing in it is an input
        return []


def _is_own(name: str, path: str) -> bool:
    if name in PRUNED or (name.startswith(".") and name not in KEPT_HIDDEN):
        return False
    return not name.endswith(".egg-info") and not os.path.lexists(f"{path}/pyvenv.cfg")


def _has_components(least: int, root: Path, files: Sequence[str]) -> bool:
    from checks.components import components

    return len(components(root, files)) >= least


def _has_setting(path: Path, line: str) -> bool:
    return path.is_file() and (not line or holds_line(str(path), (line,)))


def holds_line(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a line in the head of a file matches one of the regular expressions."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - half the time of Path.open, on every file
            head = file.read(SCANNED_BYTES)
    except OSError:
        return False
    return any(pattern.search(head) for pattern in _lines(patterns))


@cache
def _lines(patterns: tuple[str, ...]) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(pattern.encode(), re.MULTILINE) for pattern in patterns)


@cache
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(map(_translated, globs)) + r")\Z", re.DOTALL)


def _translated(glob: str) -> str:
    parts = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.sub(r"\*\*/|\*\*|\*|\?|[^*?]+", lambda found: parts.get(found[0]) or re.escape(found[0]), glob)
