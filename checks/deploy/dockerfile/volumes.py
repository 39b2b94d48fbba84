"""Volumes that belong to root, mounted into an image that runs as somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.image import PLAIN_BASES, Image, repository
from checks.deploy.dockerfile.stages import Recipe, Stage
from checks.deploy.dockerfile.subject import Subject
from checks.model import Diagnostic

# These are in the base images already, some of them open to everybody.
_OF_BASES = ("/tmp", "/var/tmp", "/home", "/run", "/dev")


def volumes(subject: Subject) -> Iterator[Diagnostic]:
    """A new volume takes the owner of the folder that the image has there; where it has none, root's."""
    found: dict[Diagnostic, None] = {}
    for number, recipe in enumerate(subject.recipes):
        build = subject.builds[number]
        stage = recipe.stage(build.target)
        if stage is None or subject.outside or not build.volumes or not _is_known(recipe, stage):
            continue
        image = subject.image(number, stage)
        contents = Contents.of(image, subject.contexts[number])
        for target in build.volumes:
            if _is_root_s(target, recipe, stage, image, contents):
                user, line = image.user or ("", 1)
                where = f"{build.said}:{build.line}" if build.line else build.said
                message = (
                    f"the image runs as `{user}` and has no `{target}`, where service `{build.service}` ({where}) "
                    f"mounts a volume: a new one belongs to root, and `{user}` cannot write to it"
                )
                hint = f"before USER: RUN mkdir -p {target} && chown {user} {target}"
                found[subject.error("root-volume", line, message, hint)] = None
    yield from found


def _is_known(recipe: Recipe, stage: Stage) -> bool:
    return repository(recipe.outer_base(stage)).removeprefix("docker.io/").removeprefix("library/") in PLAIN_BASES


def _is_root_s(target: str, recipe: Recipe, stage: Stage, image: Image, contents: Contents) -> bool:
    user = (image.user or ("", 0))[0].partition(":")[0]
    if not user or user in ("root", "0") or "$" in user or target.startswith(_OF_BASES):
        return False
    steps = [each.value for known in recipe.lineage(stage) for each in known.instructions if each.keyword != "VOLUME"]
    last = target.rstrip("/").rpartition("/")[2]
    said = any(last in value.replace("/", " ").split() or target in value for value in steps)
    return not said and target.rstrip("/") not in image.folders and contents.lacks(target.rstrip("/"))
