"""Which image of a unit is made by which Dockerfile of the project. Where two may be meant, none is."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from checks.deploy.dockerfile.builds import is_dockerfile
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit
from checks.deploy.kubernetes.values import text
from checks.discovery import project_files

# Registries of what others publish; ghcr.io, quay.io and gcr.io hold people's own images as well.
_OF_OTHERS = re.compile(
    r"(docker\.io|registry\.k8s\.io|k8s\.gcr\.io|public\.ecr\.aws|mcr\.microsoft\.com|docker\.elastic\.co)/"
)


def dockerfiles(unit: Unit) -> list[str]:
    """The Dockerfiles of the project."""
    return [file for file in project_files(unit.root) if is_dockerfile(file)]


def made_by(unit: Unit, files: list[str], pod: Pod, container: Container) -> str | None:
    """The one Dockerfile whose folder is called like the image or like what runs it, or the only one for all."""
    image = repository(container)
    for name in (image.rpartition("/")[2], pod.document.name):
        same = [file for file in files if PurePosixPath(file).parent.name == name]
        alone = name != pod.document.name or len(list(pod.containers())) == 1
        if name and len(same) == 1 and alone:
            return same[0]
    if len(files) != 1 or "/" in files[0] or not _is_own(image):
        return None
    every = {repository(each) for each_pod in unit.pods for each in each_pod.containers()}
    return files[0] if [each for each in every if _is_own(each)] == [image] else None


def repository(container: Container) -> str:
    """The name of a container's image without tag and digest."""
    return re.sub(r"(:[^:/@]+)?(@.+)?$", "", text(container.content, "image"))


def _is_own(image: str) -> bool:
    """Whether an image lies in a registry that may be the project's own."""
    first, slash, _ = image.partition("/")
    return bool(slash) and ("." in first or ":" in first) and not _OF_OTHERS.match(image)
