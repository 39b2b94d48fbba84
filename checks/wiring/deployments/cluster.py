"""Kubernetes objects as deployments: what kustomizations, plain manifests and charts come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from checks.deploy.kubernetes.documents import Document, Rendered, Rendering
from checks.model import CheckContext, Place
from checks.wiring.code.model import Code
from checks.wiring.deployments.cluster_values import Values
from checks.wiring.deployments.commands import Words, starts, whole
from checks.wiring.deployments.images import Images, repository
from checks.wiring.deployments.probes import of_command
from checks.wiring.deployments.services import read_addresses, read_entries
from checks.wiring.deployments.volumes import covers_of
from checks.wiring.deployments.workloads import Container, Workload, at, is_sealed, mounts_of, read_workloads
from checks.wiring.model import Deployment, Port, Probe, Role, Unit

_PURPOSES = {"readinessProbe": "readiness", "livenessProbe": "liveness", "startupProbe": "startup"}


def read_cluster(
    context: CheckContext, files: Sequence[str], code: Code, images: Images
) -> tuple[tuple[Deployment, ...], tuple[str, ...]]:
    """Every rendering as a deployment."""
    if not any(file.endswith((".yaml", ".yml", ".json")) for file in files):
        return (), ()
    found: list[Deployment] = []
    unread: list[str] = []
    for rendered in _rendered(context):
        found += [_Reader(rendering, code, images).deployment() for rendering in rendered.renderings]
        unread += [rendered.blocked] if rendered.blocked else []
    return tuple(one for one in found if one.units), tuple(unread)


def _rendered(context: CheckContext) -> Iterator[Rendered]:
    from checks.deploy.helm.rendering import render as charts
    from checks.deploy.kubernetes.rendering import render as manifests

    yield manifests(context)
    yield charts(context)


class _Reader:
    """One rendering."""

    def __init__(self, rendering: Rendering, code: Code, images: Images) -> None:
        self.rendering, self.code, self.images = rendering, code, images
        self.values = Values(rendering)
        self.workloads = tuple(read_workloads(rendering))

    def deployment(self) -> Deployment:
        units: list[Unit] = []
        named: dict[int, tuple[str, ...]] = {}
        for workload in self.workloads:
            own = tuple(self.units(workload))
            units += own
            named[id(workload)] = tuple(unit.name for unit in own if unit.role is not Role.INIT)
        pods = [(workload, named[id(workload)]) for workload in self.workloads]
        addresses = tuple(read_addresses(self.rendering, pods))
        entries = tuple(read_entries(self.rendering))
        name, kind = self.rendering.name, self.rendering.kind
        return Deployment(name, kind, tuple(units), addresses, entries, self.rendering.place)

    def units(self, workload: Workload) -> Iterator[Unit]:
        for container in workload.containers:
            item = container.content
            place = partial(_place, workload.document, container.path)
            image = str(item["image"]) if item.get("image") else None
            made = self.images.find(image, repository(image) in self.own_images) if image else None
            words = whole(_words(item, "command", place), _words(item, "args", place), made)
            workdir = item.get("workingDir") or (made.workdir if made else None)
            found = self.values.of_container(workload, container, made)
            ports = tuple(_ports(item, place))
            yield Unit(
                deployment=self.rendering.name,
                name=container.unit,
                role=container.role,
                place=place(()),
                image=image,
                built=made,
                argv=tuple(found.expand(word) for word in words.words),
                argv_place=words.place,
                starts=starts(tuple(found.expand(word) for word in words.words), workdir, made, self.code),
                workdir=workdir,
                variables=found.variables,
                open=found.open,
                ports=ports,
                probes=tuple(_probes(item, ports, place)),
                schedule=workload.schedule,
                mounts=mounts_of(workload, container),
                covers=tuple(covers_of(workload, container, self.rendering)),
                sealed=is_sealed(container),
            )

    @cached_property
    def own_images(self) -> frozenset[str]:
        """Images in which some container here starts a program of the project's, whatever they are called."""
        return frozenset(
            repository(str(container.content["image"]))
            for workload in self.workloads
            for container in workload.containers
            if container.content.get("image") and self._runs_ours(workload, container)
        )

    def _runs_ours(self, workload: Workload, container: Container) -> bool:
        place = partial(_place, workload.document, container.path)
        words = whole(_words(container.content, "command", place), _words(container.content, "args", place), None)
        return self.is_ours(words.words)

    def is_ours(self, words: Sequence[str]) -> bool:
        """Whether these words start something of the project's, whatever the image is called."""
        begun = starts(words, None, None, self.code)
        return any(self.code.file_of(one) is not None for one in begun)


def _place(document: Document, container: tuple[str | int, ...], path: tuple[str | int, ...]) -> Place:
    return document.find((*container, *path))


def _words(item: Mapping[str, Any], key: str, place: Any) -> Words:
    value = item.get(key)
    return Words(tuple(str(word) for word in value), place((key,))) if isinstance(value, list) and value else Words()


def _ports(item: Mapping[str, Any], place: Any) -> Iterator[Port]:
    listed = item.get("ports")
    for index, port in enumerate(listed if isinstance(listed, list) else ()):
        number = port.get("containerPort") if isinstance(port, dict) else None
        if isinstance(number, int):
            name = str(port["name"]) if port.get("name") else None
            yield Port(number, name, place(("ports", index, "containerPort")))


def _probes(item: Mapping[str, Any], ports: Sequence[Port], place: Any) -> Iterator[Probe]:
    for key, purpose in _PURPOSES.items():
        probe = item.get(key)
        if not isinstance(probe, dict):
            continue
        http, tcp, command = probe.get("httpGet"), probe.get("tcpSocket"), at(probe, ("exec",)).get("command")
        if isinstance(http, dict):
            path = str(http.get("path") or "/")
            yield Probe(purpose, place((key, "httpGet", "path")), path, _number(http.get("port"), ports))
        elif isinstance(tcp, dict):
            yield Probe(purpose, place((key, "tcpSocket", "port")), None, _number(tcp.get("port"), ports))
        elif isinstance(command, list):
            words = tuple(str(word) for word in command)
            yield of_command(words, place((key, "exec", "command")), purpose)


def _number(port: object, ports: Sequence[Port]) -> int | str | None:
    """The port that a probe asks: a name stands for the container's port of that name."""
    if isinstance(port, int) or port is None:
        return port
    if str(port).isdecimal():
        return int(str(port))
    return next((one.number for one in ports if one.name == port), str(port))
