"""What `alembic` needs beside it."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

from checks.deploy.dockerfile.container import Container, Problem
from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.importing import import_problems
from checks.deploy.dockerfile.running import Running
from checks.deploy.dockerfile.scripts import near_file
from checks.deploy.dockerfile.sources import join


def migration_problems(each: Running, container: Container) -> Iterator[Problem]:
    """`alembic` looks for `alembic.ini` where it is started, and for the migrations that it names."""
    if each.folder is None or container.workdir is None:
        return
    words = each.words
    named = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-c", "--config")), "alembic.ini")
    here = join(container.workdir, each.folder)
    path = join(here, named)
    contents = container.contents
    found = contents.source(path)
    if "$" in named or "ALEMBIC_CONFIG" in container.variables:
        return
    if found is None:
        if not contents.unknown(path) and not contents.unknown(join(here, "pyproject.toml")):
            message = f"`alembic` needs `{path}`, which is not in the image"
            yield Problem("missing-script", message, near_file(path, contents))
        return
    yield from _migrations(found, path, here, container)


def _migrations(ini: Path, path: str, here: str, container: Container) -> Iterator[Problem]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(ini.read_text(encoding="utf-8", errors="replace"))
        location = parser.get("alembic", "script_location")
    except configparser.Error:
        return
    if ":" in location:
        return
    folder = location.replace("%(here)s", path.rpartition("/")[0] or "/")
    place = join(here, folder)
    if "%" not in folder and container.contents.lacks(place):
        message = f"`alembic.ini` names the migrations `{location}`, and `{place}` is not in the image"
        near = _near_folder(location, container.contents)
        yield Problem("missing-script", message, near)
    elif "%" not in folder:
        yield from _environment(parser, f"{place}/env.py", here, container)


def _environment(parser: configparser.RawConfigParser, env: str, here: str, container: Container) -> Iterator[Problem]:
    """`env.py` imports the models, from where `prepend_sys_path` and PYTHONPATH lead."""
    first = parser.get("alembic", "prepend_sys_path", fallback="").strip()
    more = container.variables.get("PYTHONPATH", "")
    if first and more is not None and "%" not in first and "$" not in more:
        paths = [*re.split(r"[\s,:]+", first), *more.split(":")]
        roots = list(dict.fromkeys(join(here, path) for path in paths if path))
        yield from import_problems("alembic", env, roots, container)


def _near_folder(location: str, contents: Contents) -> str | None:
    name = location.replace("%(here)s/", "").strip("/")
    return f"copy `{name}` into the image" if (contents.sources.context / name).is_dir() else None
