"""What a rendering runs, without what is named differently on purpose: for holding two renderings side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.deploy.kubernetes.pods import Pod, pod_of
from checks.deploy.kubernetes.values import items, mapping, mappings, text

KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")
PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable of a container: its text, or the key of a secret or a ConfigMap that it comes from."""

    text: str | None
    secret_key: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """One container, in words that do not depend on the name of a release.

    `open` says that more variables come from an object which is made elsewhere; `mounts` leaves out empty folders.
    """

    name: str
    path: Path_
    image: str
    tag: str
    command: tuple[str, ...]
    settings: Mapping[str, Setting]
    open: bool
    ports: frozenset[int]
    probes: Mapping[str, str]
    mounts: frozenset[str]
    is_init: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """One object that runs Pods."""

    document: Document
    component: str
    containers: tuple[Container, ...]
    schedule: str | None = None

    @property
    def title(self) -> str:
        """For people: `Deployment api`."""
        return f"{self.document.kind} `{self.document.name}`"


def workloads_of(rendering: Rendering) -> tuple[Workload, ...]:
    """Everything in a rendering that runs Pods again and again, or once."""
    # What has only a generateName is made by hand, again and again.
    pods = [pod for each in rendering.documents if each.kind in KINDS and each.name and (pod := pod_of(each))]
    return tuple(_workload(pod, rendering) for pod in pods)


def _workload(pod: Pod, rendering: Rendering) -> Workload:
    labels = {**mapping(pod.document.content, "metadata", "labels"), **pod.labels}
    schedule = text(pod.document.content, "spec", "schedule") if pod.document.kind == "CronJob" else None
    scratch = frozenset(text(each, "name") for _, each in mappings(pod.spec, "volumes") if "emptyDir" in each)
    containers = tuple(
        _container(each.content, each.path, rendering, each.is_init, scratch) for each in pod.containers()
    )
    return Workload(pod.document, str(labels.get("app.kubernetes.io/component") or ""), containers, schedule)


def _container(
    content: Mapping[str, Any], path: Path_, rendering: Rendering, is_init: bool, scratch: frozenset[str]
) -> Container:
    image, _, tag = text(content, "image").partition("@")[0].rpartition("/")[2].partition(":")
    ports = {str(each.get("name")): each.get("containerPort") for _, each in mappings(content, "ports")}
    settings, is_open = _settings(content, rendering)
    return Container(
        name=text(content, "name"),
        path=path,
        image=image,
        tag=tag,
        command=tuple(str(word) for word in [*items(content, "command"), *items(content, "args")]),
        settings=settings,
        open=is_open,
        ports=frozenset(port for port in ports.values() if isinstance(port, int)),
        probes={kind: _probe(mapping(content, kind), ports) for kind in PROBES if mapping(content, kind)},
        mounts=frozenset(
            text(each, "mountPath")
            for _, each in mappings(content, "volumeMounts")
            if text(each, "name") not in scratch
        ),
        is_init=is_init,
    )


def _probe(probe: Mapping[str, Any], ports: Mapping[str, Any]) -> str:
    for kind in ("httpGet", "tcpSocket", "grpc"):
        if kind in probe:
            asked = mapping(probe, kind)
            port = ports.get(str(asked.get("port")), asked.get("port"))
            return " ".join(word for word in (kind, text(asked, "path"), f"on port {port}") if word)
    return f"exec {' '.join(map(str, items(probe, 'exec', 'command')))}"


def _settings(content: Mapping[str, Any], rendering: Rendering) -> tuple[dict[str, Setting], bool]:
    found: dict[str, Setting] = {}
    is_open = False
    for _, source in mappings(content, "envFrom"):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if field in source:
                data = _data(rendering, kind, text(source, field, "name"))
                is_open = is_open or data is None
                prefix = text(source, "prefix")
                found.update({prefix + key: value for key, value in (data or {}).items()})
    for _, each in mappings(content, "env"):
        found[text(each, "name")] = _setting(each)
    return found, is_open


def _setting(each: Mapping[str, Any]) -> Setting:
    if mapping(each, "valueFrom"):
        return Setting(None, text(each, "valueFrom", "secretKeyRef", "key") or None)
    return Setting(str(each.get("value") if each.get("value") is not None else ""))


def _data(rendering: Rendering, kind: str, name: str) -> dict[str, Setting] | None:
    for each in rendering.documents:
        if each.kind == kind and each.name == name:
            if kind == "Secret":
                keys = {**mapping(each.content, "data"), **mapping(each.content, "stringData")}
                return {str(key): Setting(None, str(key)) for key in keys}
            return {str(key): Setting(str(value)) for key, value in mapping(each.content, "data").items()}
    return None


def parts_of(name: str) -> tuple[str, ...]:
    """The words of a name, without numbers such as a version or a revision, and without a hash."""
    return tuple(word for word in re.split(r"[-_.]", name) if word and not word.isdigit())
