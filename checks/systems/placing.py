"""Writes a folder of files whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class File(NamedTuple):
    """One file of a new folder: where it goes, what is in it, and its mode."""

    path: Path
    content: bytes
    mode: int


def place(files: Sequence[File], target: Path) -> None:
    """All or nothing: written beside, then renamed. A folder that is there, and empty, stays the one it is."""
    exists = target.is_dir()
    if not exists:
        target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".skillgate-new-", dir=target if exists else target.parent))
    try:
        beside.chmod(0o777 & ~_umask())
        for file in files:
            path = beside / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            path.chmod(file.mode & ~_umask())
        if exists:
            _move_up(beside, target)
        else:
            beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move_up(beside: Path, target: Path) -> None:
    moved: list[Path] = []
    try:
        for entry in sorted(beside.iterdir()):
            if (target / entry.name).exists():
                raise FileExistsError(0, f"`{entry.name}` appeared in it meanwhile")
            moved.append(entry.rename(target / entry.name))
    except OSError:
        for each in moved:
            with contextlib.suppress(OSError):
                each.rename(beside / each.name)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
