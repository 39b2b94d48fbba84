"""From a Dockerfile to the image that a build of it makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from checks.deploy.dockerfile.image import Image, image_of
from checks.deploy.dockerfile.model import Built
from checks.deploy.dockerfile.sources import Sources
from checks.deploy.dockerfile.stages import Recipe, read_recipe
from checks.model import EMPTY

SIZE_LIMIT = 1024 * 1024


def read_text(dockerfile: Path) -> str | None:
    """The text of a Dockerfile; None where it cannot be read or is far too large for one."""
    try:
        if dockerfile.stat().st_size > SIZE_LIMIT:
            return None
        return dockerfile.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def built(
    dockerfile: Path, context: Path, root: Path, target: str | None = None, arguments: Mapping[str, str] = EMPTY
) -> Built | None:
    """The image that `docker build -f DOCKERFILE --target TARGET CONTEXT` makes; None where that cannot be read."""
    text = read_text(dockerfile)
    recipe = read_recipe(text, arguments) if text is not None else None
    stage = recipe.stage(target) if recipe is not None else None
    if recipe is None or stage is None:
        return None
    sources = Sources.of(context, dockerfile, root)
    return _summary(recipe, image_of(recipe, stage, sources), sources, dockerfile, target)


def _summary(recipe: Recipe, image: Image, sources: Sources, dockerfile: Path, target: str | None) -> Built:
    stage = recipe.stage(target)
    assert stage is not None  # noqa: S101 - asked for before
    return Built(
        dockerfile=_relative(dockerfile, sources.root),
        context=sources.shown("."),
        target=target,
        base=recipe.outer_base(stage) or "",
        entrypoint=image.entrypoint or (),
        command=image.command or (),
        workdir=image.workdir or "/",
        variables={name: value for name, value in image.variables.items() if value is not None},
        exposed=dict(image.exposed),
        copied=tuple(image.copied),
        lines=dict(image.lines),
        whole=not image.loose and not any(installed.brings_code for installed in image.installed),
    )


def _relative(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
