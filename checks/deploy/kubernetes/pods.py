"""The Pods that objects make, and their containers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.values import items, mapping, mappings, text
from checks.model import Place

_TEMPLATES: dict[str, Path_] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_COMMON: Path_ = ("spec", "template")


# Labels that a Pod gets from what makes it, and that no template says.
_GIVEN = {
    "StatefulSet": ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash"),
    "DaemonSet": ("controller-revision-hash", "pod-template-generation"),
    "Deployment": ("pod-template-hash",),
    "ReplicaSet": ("pod-template-hash",),
    "Job": ("batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/controller-uid", "controller-uid"),
    "CronJob": ("batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/controller-uid", "controller-uid"),
}
_JOB_NAMES = ("batch.kubernetes.io/job-name", "job-name")


def _is_given(document: Document, key: str, value: str) -> bool:
    name, kind = document.name, document.kind
    if key in _JOB_NAMES:
        return value == name if kind == "Job" else kind == "CronJob" and value.startswith(f"{name}-")
    if key == "statefulset.kubernetes.io/pod-name":
        return kind == "StatefulSet" and re.fullmatch(rf"{re.escape(name)}-\d+", value) is not None
    return key in _GIVEN.get(kind, ())


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """One container of a Pod; `is_init` where it must end before the others start."""

    document: Document
    content: Mapping[str, Any]
    path: Path_
    is_init: bool

    @property
    def name(self) -> str:
        """Its name."""
        return text(self.content, "name")

    @property
    def title(self) -> str:
        """For messages: container `api` of Deployment `hiring`."""
        return f"container `{self.name}` of {self.document.kind} `{self.document.name}`"

    def find(self, *path: str | int) -> Place:
        """The place of a part of it."""
        return self.document.find((*self.path, *path))


@dataclass(frozen=True, slots=True, eq=False)
class Pod:
    """What a Pod of one object will be: `path` leads to its template, which for a bare Pod is the object itself."""

    document: Document
    path: Path_

    @property
    def template(self) -> Mapping[str, Any]:
        """The template with its metadata."""
        return mapping(self.document.content, *self.path)

    @property
    def spec(self) -> Mapping[str, Any]:
        """The Pod's spec."""
        return mapping(self.template, "spec")

    @property
    def labels(self) -> Mapping[str, Any]:
        """The Pod's labels."""
        return mapping(self.template, "metadata", "labels")

    def labels_for(self, selector: Mapping[str, Any]) -> Mapping[str, Any]:
        """The Pod's labels, with those that its controller gives when the Pod is made, where `selector` asks them."""
        given = {key: value for key, value in selector.items() if _is_given(self.document, key, str(value))}
        return {**given, **self.labels}

    @property
    def spec_path(self) -> Path_:
        """The way to the Pod's spec."""
        return (*self.path, "spec")

    def containers(self) -> Iterator[Container]:
        """Every container, the init ones first."""
        for section in ("initContainers", "containers"):
            for (_, index), content in mappings(self.spec, section):
                path = (*self.spec_path, section, index)
                yield Container(self.document, content, path, section == "initContainers")

    def ports(self) -> list[Mapping[str, Any]]:
        """Every port that a container declares."""
        return [port for each in self.containers() for _, port in mappings(each.content, "ports")]


def pod_of(document: Document) -> Pod | None:
    """The Pod that an object makes; also of custom resources with a Pod template such as a Rollout."""
    path = _TEMPLATES.get(document.kind, _COMMON)
    pod = Pod(document, path)
    return pod if items(pod.spec, "containers") or items(pod.spec, "initContainers") else None
