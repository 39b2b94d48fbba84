"""Folders that an image's own settings name: what it is told to read has to be in it."""

from __future__ import annotations

import configparser
import os.path
import re
from collections.abc import Iterator
from pathlib import Path

from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.image import Image
from checks.deploy.dockerfile.sources import join
from checks.deploy.dockerfile.stages import Stage
from checks.deploy.dockerfile.subject import Subject
from checks.model import Diagnostic

_SEARCHED = frozenset({"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "VIRTUAL_ENV"})


def lacking(subject: Subject) -> Iterator[Diagnostic]:
    """Migrations without their folder, and variables that name a folder of code which was not copied."""
    found: dict[Diagnostic, int] = {}
    for number, recipe in enumerate(subject.recipes):
        build = subject.builds[number]
        stage = recipe.stage(build.target)
        if stage is None or subject.outside:
            continue
        image = subject.image(number, stage)
        contents = Contents.of(image, subject.contexts[number], build.mounts)
        for each in (*_migrations(subject, stage, image, contents), *_folders(subject, stage, image, contents)):
            found[each] = found.get(each, 0) + 1
    # What only one of several builds lacks, or one of the contexts that are guessed, may be in the others.
    yield from (each for each, count in found.items() if count == len(subject.builds))


def _migrations(subject: Subject, stage: Stage, image: Image, contents: Contents) -> Iterator[Diagnostic]:
    """`alembic.ini` that is copied by its name is there to be used, by whatever command a deployment gives."""
    started = " ".join([*(image.entrypoint or ()), *(image.command or ())])
    for copied in image.copied if "alembic" not in started else ():
        ini = contents.sources.root / copied.source
        if ini.name != "alembic.ini" or not ini.is_file() or contents.source(copied.target) != ini:
            continue
        location = _script_location(ini)
        if location is None:
            continue
        place = join(copied.target.rpartition("/")[0] or "/", location)
        if (ini.parent / location).is_dir() and contents.lacks(place):
            message = (
                f"`alembic.ini` is copied, and the migrations that it names are not: `{place}` is not in the image"
            )
            line = _line(stage, "COPY", "alembic.ini")
            yield subject.error("missing-folder", line, message, f"COPY {location} {place}")


def _script_location(ini: Path) -> str | None:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(ini.read_text(encoding="utf-8", errors="replace"))
        location = parser.get("alembic", "script_location").removeprefix("%(here)s/").strip()
    except (configparser.Error, OSError):
        return None
    return None if re.search(r"[:%]|^/", location) else location.rstrip("/")


def _folders(subject: Subject, stage: Stage, image: Image, contents: Contents) -> Iterator[Diagnostic]:
    workdir = image.workdir or "/"
    for name, value in image.variables.items():
        if name in _SEARCHED or value is None or workdir == "/" or not value.startswith(f"{workdir.rstrip('/')}/"):
            continue
        inside = os.path.relpath(value, workdir)
        own = contents.sources.context / inside
        if ":" in value or not own.is_dir() or next(own.rglob("*.py"), None) is None:
            continue
        line = _line(stage, "ENV", name)
        if line and contents.lacks(value):
            message = f"`{name}` names `{value}`, and `{inside}` of the project is not in the image"
            yield subject.error("missing-folder", line, message, f"COPY {inside} {value}")


def _line(stage: Stage, keyword: str, word: str) -> int:
    """The last instruction of a stage that says a word; 0 where none does."""
    lines = [each.line for each in stage.instructions if each.keyword == keyword and word in each.value]
    return lines[-1] if lines else 0
