"""Pods that must not be root, and the user of the project's own image.

The kubelet reads a number out of an image; a name it cannot look up, and refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.deploy.dockerfile.reading import read_text
from checks.deploy.dockerfile.stages import read_recipe
from checks.deploy.kubernetes.faults.built import dockerfiles, made_by
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, fault
from checks.deploy.kubernetes.values import mapping
from checks.model import Diagnostic


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every container whose image has a user by name, or the user root."""
    asking = [
        (pod, container)
        for pod in unit.pods
        for container in pod.containers()
        if _setting(pod, container, "runAsNonRoot") is True and _setting(pod, container, "runAsUser") is None
    ]
    if not asking:
        return
    files = dockerfiles(unit)
    for pod, container in asking:
        file = made_by(unit, files, pod, container)
        user = _user(unit, file) if file else None
        name = user[0].partition(":")[0] if user else ""
        if user is None or (name.isdecimal() and int(name) != 0):
            continue
        why = "is root" if name in ("root", "0") else "is a name, which the kubelet cannot check"
        message = f"{container.title} must not run as root; the user `{name}` of its image ({file}:{user[1]}) {why}"
        hint = "runAsUser: with the number of that user" if name not in ("root", "0") else "USER 10001"
        yield fault("run-as-root", container.document, container.path, message, hint)


def _setting(pod: Pod, container: Container, key: str) -> Any:
    own = mapping(container.content, "securityContext").get(key)
    return mapping(pod.spec, "securityContext").get(key) if own is None else own


def _user(unit: Unit, file: str) -> tuple[str, int] | None:
    """The last USER of the image's last stage, where it is written out."""
    content = read_text(unit.root / file)
    recipe = read_recipe(content) if content else None
    stage = recipe.stage(None) if recipe else None
    if recipe is None or stage is None:
        return None
    said = [each for part in recipe.lineage(stage) for each in part.instructions if each.keyword == "USER"]
    if not said or "$" in said[-1].value:
        return None
    return said[-1].value.strip(), said[-1].line
