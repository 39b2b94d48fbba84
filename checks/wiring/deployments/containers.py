"""The image of a unit in all detail, and what is wrong with a command in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from checks.deploy.dockerfile.builds import Build
from checks.deploy.dockerfile.commanding import container_of, started
from checks.deploy.dockerfile.container import Problem
from checks.deploy.dockerfile.image import Image, image_of
from checks.deploy.dockerfile.model import Built
from checks.deploy.dockerfile.reading import read_text
from checks.deploy.dockerfile.running import running
from checks.deploy.dockerfile.sources import Sources
from checks.deploy.dockerfile.stages import Recipe, Stage, read_recipe
from checks.deploy.dockerfile.starting import problems
from checks.model import EMPTY
from checks.wiring.model import Unit


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One stage of a Dockerfile with everything that is known of its image."""

    recipe: Recipe
    stage: Stage
    sources: Sources
    image: Image


def stage_of(built: Built, root: Path) -> Made | None:
    """The stage that an image is made of; None where its Dockerfile cannot be read."""
    dockerfile = root / built.dockerfile
    text = read_text(dockerfile)
    recipe = read_recipe(text, EMPTY) if text is not None else None
    stage = recipe.stage(built.target) if recipe is not None else None
    if recipe is None or stage is None:
        return None
    sources = Sources.of(root / built.context, dockerfile, root)
    return Made(recipe, stage, sources, image_of(recipe, stage, sources))


def faults(unit: Unit, root: Path) -> Iterator[Problem]:
    """What stops the programs of a unit before they do anything."""
    made = stage_of(unit.built, root) if unit.built is not None else None
    if made is None or unit.built is None:
        return
    build = Build(root / unit.built.dockerfile, root / unit.built.context, mounts=tuple(unit.mounts))
    container = container_of(made.image, made.sources, made.recipe, made.stage, build)
    variables = {**container.variables, **{name: one.value for name, one in unit.variables.items()}}
    container = replace(container, workdir=unit.workdir or container.workdir, variables=variables)
    told = {problem.message for each, _ in started(made.image, container) for problem in problems(each, container)}
    for each in running(unit.argv, variables, container.workdir):
        # What stops the image's own command as well is a finding of the Dockerfile's check.
        yield from (problem for problem in problems(each, container) if problem.message not in told)
