"""What belongs together inside one Pod: container names, volumes, mounts, ports, probes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, doubt, fault, short
from checks.deploy.kubernetes.values import is_open, mapping, mappings, simple, strings, text
from checks.model import Diagnostic

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("httpGet", "exec", "tcpSocket", "grpc")
_COPIED = re.compile(r"(default-token|kube-api-access)-[a-z0-9]{5}")
_HIGHEST_PORT = 65535


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Everything about the parts of each Pod."""
    settings = [said for each in unit.of_kind("ConfigMap") for _, said in strings(each.content)]
    for pod in unit.pods:
        yield from _container_names(pod)
        yield from _volumes(pod)
        yield from _port_names(pod)
        for container in pod.containers():
            yield from _mounts(pod, container)
            yield from _probes(container, settings)


def _container_names(pod: Pod) -> Iterator[Diagnostic]:
    yield from _repeated(pod.document, [(each.path, each.content) for each in pod.containers()], "name", "container")


def _repeated(
    document: Document, entries: list[tuple[Path_, Mapping[str, Any]]], key: str, what: str
) -> Iterator[Diagnostic]:
    seen: dict[str, Path_] = {}
    for path, content in entries:
        value = text(content, key)
        if value and value in seen:
            first = short(document.find((*seen[value], key)))
            message = f"{what} `{value}` of {document.kind} `{document.name}` is there already, at {first}"
            yield fault("repeated-name", document, (*path, key), message)
        seen.setdefault(value, path)


def _volumes(pod: Pod) -> Iterator[Diagnostic]:
    volumes = [((*pod.spec_path, *path), volume) for path, volume in mappings(pod.spec, "volumes")]
    yield from _repeated(pod.document, volumes, "name", "volume")
    for path, volume in volumes:
        kinds = [key for key, value in volume.items() if key != "name" and value is not None]
        if len(kinds) > 1:
            message = f"volume `{text(volume, 'name')}` is {' and '.join(f'`{kind}`' for kind in kinds)} at once"
            yield fault("volume", pod.document, path, f"{message}: the API refuses that")


def _mounts(pod: Pod, container: Container) -> Iterator[Diagnostic]:
    declared = [text(volume, "name") for _, volume in mappings(pod.spec, "volumes")]
    claims = mappings(pod.document.content, "spec", "volumeClaimTemplates")
    declared += [text(claim, "metadata", "name") for _, claim in claims]
    mounts = [((*container.path, *path), mount) for path, mount in mappings(container.content, "volumeMounts")]
    for path, mount in mounts:
        name = text(mount, "name")
        if name and name not in declared and not is_open(name):
            near = get_close_matches(name, declared, 1)
            message = f"{container.title} mounts the volume `{name}`, which its Pod does not declare"
            hint = f"there is `{near[0]}`" if near else f"add it to `volumes` of {pod.document.kind}"
            make = doubt if _COPIED.fullmatch(name) else fault  # out of a running Pod, where it is added by itself
            yield make("undeclared-volume", pod.document, (*path, "name"), message, hint)
    yield from _repeated(pod.document, mounts, "mountPath", "the mount path")


def _port_names(pod: Pod) -> Iterator[Diagnostic]:
    ports = [
        ((*container.path, *path), port)
        for container in pod.containers()
        for path, port in mappings(container.content, "ports")
    ]
    by_container: dict[Path_, list[tuple[Path_, Mapping[str, Any]]]] = {}
    for path, port in ports:
        by_container.setdefault(path[:-2], []).append((path, port))
        number = simple(port, "containerPort")
        if isinstance(number, int) and not 0 < number <= _HIGHEST_PORT:
            message = f"there is no port {number}: ports go from 1 to {_HIGHEST_PORT}"
            yield fault("port", pod.document, (*path, "containerPort"), message)
    for entries in by_container.values():
        yield from _repeated(pod.document, entries, "name", "port")
        yield from _repeated_numbers(pod.document, entries)


def _repeated_numbers(document: Document, entries: list[tuple[Path_, Mapping[str, Any]]]) -> Iterator[Diagnostic]:
    seen: set[tuple[Any, str]] = set()
    for path, port in entries:
        key = (simple(port, "containerPort"), text(port, "protocol") or "TCP")
        if key in seen:
            yield doubt("repeated-name", document, path, f"port {key[0]} is declared twice in one container")
        seen.add(key)


def _probes(container: Container, settings: list[str]) -> Iterator[Diagnostic]:
    for word in PROBES:
        probe = mapping(container.content, word)
        if not probe:
            continue
        handlers = [key for key in _HANDLERS if probe.get(key) is not None]
        if len(handlers) > 1:
            words = " and ".join(f"`{key}`" for key in handlers)
            message = f"the {word} of {container.title} has {words}: the API takes one"
            yield fault("probe", container.document, (*container.path, word), message)
        elif not handlers:
            message = f"the {word} of {container.title} does not say what to try"
            yield fault(
                "probe", container.document, (*container.path, word), message, "httpGet, tcpSocket, exec or grpc"
            )
        if (
            word != "readinessProbe"
            and isinstance(probe.get("successThreshold"), int)
            and probe["successThreshold"] != 1
        ):
            where = (*container.path, word, "successThreshold")
            yield fault("probe", container.document, where, f"the successThreshold of a {word} must be 1")
        for key in ("httpGet", "tcpSocket"):
            yield from _probe_port(container, (word, key, "port"), mapping(probe, key), settings)
    for word in ("preStop", "postStart"):
        path = ("lifecycle", word, "httpGet")
        yield from _probe_port(container, (*path, "port"), mapping(container.content, *path), settings)


def _probe_port(
    container: Container, where: Path_, handler: Mapping[str, Any], settings: list[str]
) -> Iterator[Diagnostic]:
    port = simple(handler, "port")
    if port is None or handler.get("host") or is_open(port):
        return
    path, word = (*container.path, *where), where[0] if where[0] != "lifecycle" else where[1]
    declared = [entry for _, entry in mappings(container.content, "ports")]
    names = [text(entry, "name") for entry in declared if text(entry, "name")]
    numbers = [simple(entry, "containerPort") for entry in declared]
    asks = f"the {word} of {container.title} asks port"
    if isinstance(port, str) and not port.isdecimal() and port not in names:
        offered = ", ".join(f"`{name}`" for name in names) or "no named port"
        yield fault("probe-port", container.document, path, f"{asks} `{port}`, and it declares {offered}")
    elif declared and str(port).isdecimal() and int(port) not in numbers:
        offered = ", ".join(str(number) for number in numbers)
        # A container may listen on more than it declares, but hardly where nothing speaks of it.
        make = doubt if len(declared) > 1 or _is_known(container, str(port), settings) else fault
        yield make("probe-port", container.document, path, f"{asks} {port}, and it declares {offered}")


def _is_known(container: Container, port: str, settings: list[str]) -> bool:
    """Whether anything beside the probes names the number."""
    others = {key: value for key, value in container.content.items() if key not in PROBES}
    return any(port in said for said in [*settings, *(said for _, said in strings(others))])
