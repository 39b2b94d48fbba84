"""Which file of the project the command of an image starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from checks.commands import simple_commands
from checks.deploy.dockerfile.sources import join, within
from checks.install.code import ProjectCode
from checks.install.images import ImageNeeds

_APP = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_][\w.]*(?:\(\))?\Z")
_SERVERS = frozenset(("uvicorn", "gunicorn", "hypercorn", "granian", "daphne"))


def entry_files(image: ImageNeeds, code: ProjectCode) -> tuple[list[str], list[str]]:
    """The files that run first, and the folders in which their imports are looked for; empty where unknown."""
    folders = _folders(image)
    found: list[str] = []
    for words in _commands(image.command):
        for name in _modules(words):
            if (file := code.locate(name, folders)) is not None:
                found.append(file)
        for word in words:
            if word.endswith(".py") and (source := _source(join(image.workdir, word), image)) in code.files:
                found.append(source)
                folders = [posixpath.dirname(source), *folders]
    return found, list(dict.fromkeys(folders))


def _commands(command: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if len(command) > 2 and posixpath.basename(command[0]) in ("sh", "bash") and command[1].startswith("-"):
        yield from (simple.words for simple in simple_commands(command[2]))
    elif command:
        yield tuple(command)


def _modules(words: Sequence[str]) -> Iterator[str]:
    names = [posixpath.basename(word) for word in words]
    for index, name in enumerate(names):
        if name in _SERVERS:
            yield from (match[1] for word in words[index + 1 :] if (match := _APP.match(word)))
        elif re.fullmatch(r"python[\d.]*", name) and "-m" in words[index:]:
            at = words.index("-m", index) + 1
            if at < len(words):
                yield from (words[at], f"{words[at]}.__main__")


def _folders(image: ImageNeeds) -> list[str]:
    """The folders of the project that lie where the program runs, and those that are installed."""
    return list(dict.fromkeys([*_copied_into(image), *image.projects, *(f"{each}/src" for each in image.projects)]))


def _copied_into(image: ImageNeeds) -> Iterator[str]:
    for copied in image.copied:
        if copied.target == image.workdir:
            yield "" if copied.source == "." else copied.source
        elif (inside := within(copied.target, image.workdir)) and copied.source.endswith(inside):
            yield copied.source.removesuffix(inside).rstrip("/")


def _source(path: str, image: ImageNeeds) -> str:
    for copied in reversed(image.copied):
        if (inside := within(path, copied.target)) is not None:
            return posixpath.normpath(posixpath.join(copied.source, inside)) if inside else copied.source
    return ""
