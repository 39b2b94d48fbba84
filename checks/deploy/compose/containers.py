"""The containers of a Compose model: the images that are built for them, with what is mounted over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checks.deploy.compose.system import System, remembered
from checks.deploy.dockerfile.commanding import container_of as container_of_image
from checks.deploy.dockerfile.commanding import started as started_of_image
from checks.deploy.dockerfile.container import Container
from checks.deploy.dockerfile.health import missing_programs
from checks.deploy.dockerfile.image import Image, image_of, repository
from checks.deploy.dockerfile.model import Copied
from checks.deploy.dockerfile.packages import Packages
from checks.deploy.dockerfile.reading import read_text
from checks.deploy.dockerfile.running import Running
from checks.deploy.dockerfile.sources import Sources, join
from checks.deploy.dockerfile.stages import Recipe, Stage, read_recipe
from checks.model import EMPTY

_PLAIN = frozenset({"python", "alpine", "debian", "node"})


@dataclass(frozen=True, slots=True)
class Told:
    """A service's image and the container that Compose makes of it.

    `lacks` are the programs that its base image lacks and no step brings.
    """

    image: Image
    container: Container
    base: str
    lacks: frozenset[str] = frozenset()


@remembered
def container_of(system: System, name: str) -> Told | None:
    """The container of a service that is built here, or of a plain image over which code is mounted."""
    service = system.services[name]
    told = _built(system, service) if isinstance(service.get("build"), dict) else _plain(system, service)
    return _mounted(system, service, told) if told is not None else None


def started_by(told: Told, entrypoint: tuple[str, ...] | None, command: tuple[str, ...] | None) -> tuple[Running, ...]:
    """What is started: Compose's words take the place of the image's."""
    image = told.image
    if entrypoint is not None:
        image = replace(image, entrypoint=entrypoint, command=command or ())
    elif command is not None:
        image = replace(image, command=command)
    return tuple(each for each, _ in started_of_image(image, told.container))


def recipe_of(system: System, service: Mapping[str, Any]) -> tuple[Recipe, Stage] | None:
    """The Dockerfile of a service and the stage that it is built from; None where they cannot be read."""
    build = service["build"]
    context = Path(str(build.get("context") or ""))
    if not context.is_dir() or "dockerfile_inline" in build or not system.inside(context):
        return None
    text = read_text(context / str(build.get("dockerfile") or "Dockerfile"))
    given = {key: str(value) for key, value in (build.get("args") or EMPTY).items() if value is not None}
    recipe = read_recipe(text, given) if text is not None else None
    stage = recipe.stage(str(build["target"]) if build.get("target") else None) if recipe is not None else None
    return (recipe, stage) if recipe is not None and stage is not None else None


def _built(system: System, service: Mapping[str, Any]) -> Told | None:
    read = recipe_of(system, service)
    if read is None:
        return None
    recipe, stage = read
    context = Path(str(service["build"].get("context") or ""))
    dockerfile = context / str(service["build"].get("dockerfile") or "Dockerfile")
    sources = Sources.of(context.resolve(), dockerfile, system.root.resolve())
    image = image_of(recipe, stage, sources)
    container = container_of_image(image, sources, recipe, stage)
    base = recipe.outer_base(stage) or ""
    return Told(image, container, base, missing_programs(base, recipe, stage))


def _plain(system: System, service: Mapping[str, Any]) -> Told | None:
    base = str(service.get("image") or "")
    if repository(base) not in _PLAIN:
        return None
    root = system.root.resolve()
    recipe = read_recipe(f"FROM {base}\n")
    sources = Sources.of(root, root / "Dockerfile", root)
    image = image_of(recipe, recipe.stages[0], sources)
    container = container_of_image(image, sources, recipe, recipe.stages[0])
    # What the command itself installs is not followed.
    return Told(image, replace(container, packages=Packages(frozenset(), False)), base)


def _mounted(system: System, service: Mapping[str, Any], told: Told) -> Told:
    root, contents = system.root.resolve(), told.container.contents
    mounted: list[Copied] = []
    covered: set[str] = set()
    for mount in service.get("volumes") or []:
        target = join("/", str(mount.get("target") or "/"))
        source = Path(str(mount.get("source") or ""))
        if mount.get("type") == "bind" and source.is_absolute() and source.resolve().is_relative_to(root):
            mounted.append(Copied(source.resolve().relative_to(root).as_posix(), target, 1))
        elif mount.get("type") != "tmpfs":
            covered.add(target)
    for key in ("configs", "secrets"):
        covered |= {str(item.get("target") or "/run") for item in service.get(key) or [] if isinstance(item, dict)}
    workdir = join(told.image.workdir or "/", str(service["working_dir"])) if service.get("working_dir") else None
    variables = {**told.container.variables, **_variables(service)}
    container = replace(
        told.container,
        contents=replace(contents, covered=contents.covered | covered, mounted=tuple(mounted)),
        workdir=workdir or told.container.workdir,
        variables=variables,
    )
    return replace(told, container=container)


def _variables(service: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        name: None if value is None else str(value).replace("$$", "$")
        for name, value in (service.get("environment") or {}).items()
    }
