"""What the packages of an image need of the system in it: a slim image has no git, no compiler, no libpq."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.install.images import ImageNeeds
from checks.install.model import Declared, Origin, Resolution
from checks.install.rules import found
from checks.model import Diagnostic, Place


def judge_libraries(image: ImageNeeds, pairs: Sequence[tuple[Declared, Resolution]]) -> Iterator[Diagnostic]:
    """What surely fails while the image is built, or when its program starts."""
    if not image.slim:
        return
    place = Place(image.dockerfile, image.line)
    for asked in [each for declared, _ in pairs for each in declared.asked]:
        from_git = asked.origin is Origin.GIT or "git+" in asked.text
        if from_git and not re.search(r"\bgit\b(?!\+)", image.runs):
            message = f"`{asked.text}` ({asked.place}) is fetched with git, and this slim image has no git"
            yield found("image-library", place, message, "RUN apt-get update && apt-get install --yes git, before it")
            break
    declared_names = {requirement.name for declared, _ in pairs for requirement in declared.requirements}
    names = {name for _, resolution in pairs for name in resolution.closure}
    if (
        "psycopg" in declared_names
        and not names & {"psycopg-binary", "psycopg-c"}
        and not _has(image, "libpq|postgresql")
    ):
        message = (
            "`psycopg` without `[binary]` needs the library libpq, and this slim image has none: its import raises"
        )
        yield found("image-library", place, message, "declare `psycopg[binary]`, or install libpq5 in the image")
    for name in sorted(declared_names & {"psycopg2", "mysqlclient"}):
        if not _has(image, r"gcc|build-essential|build-base|clang"):
            message = f"`{name}` has no wheel and is built from source, and this slim image has no compiler"
            better = "declare `psycopg2-binary`" if name == "psycopg2" else "install gcc and default-libmysqlclient-dev"
            yield found("image-library", place, message, better)


def _has(image: ImageNeeds, pattern: str) -> bool:
    return re.search(pattern, image.runs) is not None
