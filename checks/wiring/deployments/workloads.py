"""What runs Pods: Deployments, Jobs and their like, with their containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.wiring.model import Role

_POD: Path_ = ("spec", "template")
_TEMPLATES: Mapping[str, tuple[Role, Path_]] = {
    "Deployment": (Role.SERVICE, _POD),
    "StatefulSet": (Role.SERVICE, _POD),
    "DaemonSet": (Role.SERVICE, _POD),
    "ReplicaSet": (Role.SERVICE, _POD),
    "Job": (Role.JOB, _POD),
    "CronJob": (Role.SCHEDULE, ("spec", "jobTemplate", "spec", "template")),
    "Pod": (Role.SERVICE, ()),
}


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """One container: its content, where it stands in its document, and the name and role of its unit."""

    content: Mapping[str, Any]
    path: Path_
    unit: str
    role: Role


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """One object that runs Pods."""

    document: Document
    containers: tuple[Container, ...]
    labels: Mapping[str, str]
    volumes: Mapping[str, str]
    schedule: str | None = None


def read_workloads(rendering: Rendering) -> Iterator[Workload]:
    """Everything in a rendering that runs Pods."""
    for document in rendering.documents:
        if document.kind in _TEMPLATES:
            role, path = _TEMPLATES[document.kind]
            pod = at(document.content, path)
            labels = at(pod, ("metadata", "labels"))
            containers = tuple(_containers(document, at(pod, ("spec",)), (*path, "spec"), role))
            schedule = at(document.content, ("spec",)).get("schedule") if role is Role.SCHEDULE else None
            yield Workload(document, containers, labels, _volumes(document, pod), str(schedule) if schedule else None)


def pod_of(workload: Workload) -> Mapping[str, Any]:
    """The template of the Pods."""
    return at(workload.document.content, _TEMPLATES[workload.document.kind][1])


def is_sealed(container: Container) -> bool:
    """Whether a container can write on its volumes only."""
    return at(container.content, ("securityContext",)).get("readOnlyRootFilesystem") is True


def _volumes(document: Document, pod: Mapping[str, Any]) -> dict[str, str]:
    """What the volumes of a Pod are; those that each Pod has for itself are called after it."""
    listed = at(pod, ("spec",)).get("volumes")
    found: dict[str, str] = {}
    for item in listed if isinstance(listed, list) else ():
        claim = at(item, ("persistentVolumeClaim",)).get("claimName")
        found[str(item.get("name"))] = (
            f"claim {claim}" if claim else f"{document.kind}/{document.name} {item.get('name')}"
        )
    return found


def mounts_of(workload: Workload, container: Container) -> dict[str, str]:
    """Where a container mounts which volumes."""
    listed = container.content.get("volumeMounts")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return {
        str(item.get("mountPath")).rstrip("/"): workload.volumes.get(str(item.get("name")), str(item.get("name")))
        for item in items
    }


def at(content: Any, path: Path_) -> Mapping[str, Any]:
    """The mapping at `path`; an empty one where there is none."""
    for part in path:
        content = content.get(part) if isinstance(content, Mapping) else None
    return content if isinstance(content, Mapping) else {}


def _containers(document: Document, spec: Mapping[str, Any], path: Path_, role: Role) -> Iterator[Container]:
    owner = f"{document.kind}/{document.name}"
    for key in ("containers", "initContainers"):
        listed = spec.get(key)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(item, dict):
                continue
            first = key == "containers" and index == 0
            # An init container that is always restarted runs beside the others, for as long as they do.
            waits = key == "initContainers" and item.get("restartPolicy") != "Always"
            name = owner if first else f"{owner}:{item.get('name') or index}"
            yield Container(item, (*path, key, index), name, Role.INIT if waits else role)
