"""The image of a unit in all detail, and what is wrong with a command in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from checks.deploy.dockerfile.builds import Build
from checks.deploy.dockerfile.commanding import container_of, started
from checks.deploy.dockerfile.container import Container, Problem
from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.image import Image, image_of
from checks.deploy.dockerfile.model import Built, Copied
from checks.deploy.dockerfile.reading import read_text
from checks.deploy.dockerfile.running import running
from checks.deploy.dockerfile.sources import Sources, within
from checks.deploy.dockerfile.stages import Recipe, Stage, read_recipe
from checks.deploy.dockerfile.starting import problems
from checks.model import EMPTY
from checks.wiring.model import Cover, Unit

_NOTHING = ".skillgate/nothing"
"""A folder that is in no project: what is mounted from there is empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One stage of a Dockerfile with everything that is known of its image."""

    recipe: Recipe
    stage: Stage
    sources: Sources
    image: Image


class Containers:
    """The containers of a project's units; each stage of a Dockerfile is followed once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._made: dict[tuple[str, str, str | None], Made | None] = {}
        self._of: dict[int, Container | None] = {}  # units live as long as the system

    def made(self, built: Built) -> Made | None:
        """The stage that an image is made of."""
        key = (built.dockerfile, built.context, built.target)
        if key not in self._made:
            self._made[key] = stage_of(built, self.root)
        return self._made[key]

    def of(self, unit: Unit) -> Container | None:
        """The container of a unit; folders on which something is mounted that is not seen are not known."""
        if id(unit) not in self._of:
            self._of[id(unit)] = self._container(unit)
        return self._of[id(unit)]

    def _container(self, unit: Unit) -> Container | None:
        made = self.made(unit.built) if unit.built is not None else None
        if made is None or unit.built is None:
            return None
        build = Build(self.root / unit.built.dockerfile, self.root / unit.built.context, mounts=tuple(unit.mounts))
        container = container_of(made.image, made.sources, made.recipe, made.stage, build)
        variables = {**container.variables, **{name: one.value for name, one in unit.variables.items()}}
        return replace(container, workdir=unit.workdir or container.workdir, variables=variables)

    def contents(self, unit: Unit) -> Contents | None:
        """What lies in the container of a unit, with the folders of the project that are mounted and without what is
        covered."""
        container = self.of(unit)
        if container is None:
            return None
        mounted = [*self._bound(unit), *(Copied(_NOTHING, cover.path, 0) for cover in unit.covers)]
        seen = {each.target for each in mounted}
        return replace(container.contents, mounted=tuple(mounted), covered=container.contents.covered - seen)

    def _bound(self, unit: Unit) -> Iterator[Copied]:
        for target, what in unit.mounts.items():
            kind, _, source = what.partition(" ")
            if kind == "bind" and within(os.path.normpath(source), str(self.root)) is not None:
                yield Copied(os.path.relpath(source, self.root), target, 0)

    def faults(self, unit: Unit) -> Iterator[Problem]:
        """What stops the programs of a unit before they do anything."""
        made = self.made(unit.built) if unit.built is not None else None
        container = self.of(unit)
        if made is None or container is None:
            return
        told = {problem.message for each, _ in started(made.image, container) for problem in problems(each, container)}
        for problem in _problems(unit, container):
            # What stops the image's own command as well is a finding of the Dockerfile's check.
            if problem.message not in told:
                yield problem

    def hidden(self, unit: Unit, cover: Cover) -> Iterator[Problem]:
        """What stops the programs of a unit because of one volume alone."""
        container = self.of(unit)
        if container is None or not any(_touches(each.target, cover.path) for each in container.contents.copied):
            return
        contents = container.contents
        mounted = (*contents.mounted, Copied(_NOTHING, cover.path, 0))
        behind = replace(contents, mounted=mounted, covered=contents.covered - {cover.path})
        before = {problem.message for problem in _problems(unit, container)}
        for problem in _problems(unit, replace(container, contents=behind)):
            if problem.message not in before:
                yield problem


def _touches(one: str, other: str) -> bool:
    return within(one, other) is not None or within(other, one) is not None


def _problems(unit: Unit, container: Container) -> Iterator[Problem]:
    for each in running(unit.argv, container.variables, container.workdir):
        yield from problems(each, container)


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
