"""What each Dockerfile installs, for which Python, and which program of the project its image starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.deploy.dockerfile.image import Image, image_of, repository
from checks.deploy.dockerfile.instructions import Instruction
from checks.deploy.dockerfile.model import Copied
from checks.deploy.dockerfile.reading import read_text
from checks.deploy.dockerfile.sources import Sources, join, within
from checks.deploy.dockerfile.stages import Recipe, read_recipe
from checks.install.pythons import Version, parse

_DOCKERFILE = re.compile(r"(?:^|/)(?:(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?|[\w.-]+\.[Dd]ockerfile)\Z")
_NOT_ONE = re.compile(r"\.(?:dockerignore|md|py|txt|ya?ml|j2|tpl)\Z")
_OTHER_LANGUAGES = ("npm", "yarn", "pnpm")
_PYTHON_IMAGE = re.compile(r"(?:^|/)python\Z|astral(?:-sh)?/uv\Z|(?:^|/)python3?[\w-]*\Z")


@dataclass(frozen=True, slots=True)
class Build:
    """A RUN that builds the project's own package in `folder`, with the files of the project that are there by then."""

    folder: str
    line: int
    copied: tuple[Copied, ...]


@dataclass(frozen=True, slots=True)
class ImageNeeds:
    """One image. `files` are the requirement files that it installs, `names` single packages, `projects` the folders
    of the project's own packages that it installs, `extras` the extras asked for with them.

    `complete` is false where something else may install packages. `copied` is what lies in it; `line` is where
    packages are installed.
    """

    dockerfile: str
    python: Version | None
    files: tuple[str, ...]
    names: tuple[str, ...]
    projects: tuple[str, ...]
    extras: tuple[str, ...]
    complete: bool
    command: tuple[str, ...]
    workdir: str
    copied: tuple[Copied, ...]
    line: int | None
    slim: bool = False
    """Whether its base is a slim Python, with neither git nor compiler nor libpq; `runs` is all that it runs."""
    runs: str = ""
    builds: tuple[Build, ...] = ()
    with_uv: bool = False
    """Whether uv is there, which may install what a script declares at the moment it is started."""


def read_images(root: Path, files: Sequence[str]) -> tuple[ImageNeeds, ...]:
    """Every image that the project makes."""
    dockerfiles = [file for file in files if _DOCKERFILE.search(file) and not _NOT_ONE.search(file)]
    return tuple(found for file in dockerfiles if (found := _read(root, file)) is not None)


def _read(root: Path, file: str) -> ImageNeeds | None:
    text = read_text(root / file)
    recipe = read_recipe(text) if text is not None else None
    if recipe is None or recipe.stage(None) is None:
        return None
    contexts = list(dict.fromkeys((root, (root / file).parent)))
    sources = [Sources.of(context, root / file, root) for context in contexts]
    return _needs(file, recipe, max(sources, key=lambda each: _fits(recipe, each)))


def _fits(recipe: Recipe, sources: Sources) -> int:
    """How much of what is copied exists below this context: nobody says here which one is used."""
    return sum(len(image_of(recipe, stage, sources).copied) for stage in recipe.stages)


def _needs(file: str, recipe: Recipe, sources: Sources) -> ImageNeeds | None:
    written: dict[int, tuple[str | None, tuple[Copied, ...], str]] = {}

    def watch(instruction: Instruction, image: Image) -> None:
        if instruction.keyword == "RUN":
            written[instruction.line] = (image.workdir, tuple(image.copied), instruction.value)

    for stage in recipe.stages:
        image_of(recipe, stage, sources, watch=watch)
    last = recipe.stage(None)
    assert last is not None  # noqa: S101 - asked for before
    image = image_of(recipe, last, sources)
    base = recipe.outer_base(last) or ""
    files: list[str] = []
    projects: list[str] = []
    extras: list[str] = []
    builds: list[Build] = []
    complete = "/" not in image.loose or _PYTHON_IMAGE.search(repository(base)) is not None
    python = [each for each in image.installed if not each.manager.startswith(_OTHER_LANGUAGES)]
    for installed in python:
        workdir, copied, value = written.get(installed.line, (None, (), ""))
        found = [_source(each, workdir, copied, sources) for each in installed.files]
        is_project = installed.project or installed.manager in ("uv sync", "poetry install")
        complete = complete and installed.complete and (is_project or None not in found)
        files += [each for each in found if each and not each.endswith((".toml", ".lock"))]
        if is_project:
            folder = _source("pyproject.toml", workdir, copied, sources)
            projects += [posixpath.dirname(folder)] if folder else []
            if folder and installed.project:
                builds.append(Build(posixpath.dirname(folder), installed.line, copied))
            complete = complete and folder is not None
            extras += re.findall(r"\.\[([^\]]*)\]|--(?:extra|group|with)[ =]([\w-]+)|--all-(extras|groups)", value)
    return ImageNeeds(
        file,
        _python(base),
        tuple(dict.fromkeys(files)),
        tuple(name for installed in python for name in installed.names),
        tuple(dict.fromkeys(projects)),
        tuple(part.strip() for each in extras for text in each for part in text.split(",") if part.strip()),
        complete and bool(python),
        (*(image.entrypoint or ()), *(image.command or ())),
        image.workdir or "/",
        tuple(image.copied),
        python[0].line if python else None,
        _is_slim(recipe),
        "\n".join(value for _, _, value in written.values()),
        tuple(builds),
        any(
            re.search(r"\buvx?\b", each.value) for stage in recipe.stages for each in (stage.start, *stage.instructions)
        ),
    )


def _steps(recipe: Recipe) -> list[Instruction]:
    return [each for stage in recipe.stages for each in (stage.start, *stage.instructions)]


def _is_slim(recipe: Recipe) -> bool:
    """Whether every stage starts from a slim Python, in the end."""
    bases = [recipe.outer_base(stage) or "" for stage in recipe.stages]
    return all(re.fullmatch(r"(?:docker\.io/)?(?:library/)?python:[\w.]+-slim[\w.-]*", base) for base in bases)


def _source(name: str, workdir: str | None, copied: Sequence[Copied], sources: Sources) -> str | None:
    """The file of the project that a RUN finds under `name`."""
    if workdir is None and not name.startswith("/"):
        return None
    path = join(workdir or "/", name)
    for each in reversed(copied):
        inside = within(path, each.target)
        if inside is None:
            continue
        source = posixpath.normpath(posixpath.join(each.source, inside)) if inside else each.source
        if (sources.root / source).is_file():
            return source
    return None


def _python(base: str) -> Version | None:
    tag = base.rpartition(":")[2]
    if not _PYTHON_IMAGE.search(repository(base)):
        return None
    version = re.search(r"(?:^|python)(\d+\.\d+)", tag)
    return parse(version[1]) if version else None
