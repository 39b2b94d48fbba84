"""The port that a server is told to listen on, in the manifest or in the project's own image, and the declared one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checks.deploy.dockerfile.reading import built
from checks.deploy.dockerfile.running import Running, running
from checks.deploy.kubernetes.faults.asking import settings_of
from checks.deploy.kubernetes.faults.built import dockerfiles, made_by
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, doubt, fault
from checks.deploy.kubernetes.values import items, mappings, simple, text
from checks.model import Diagnostic


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every container whose server listens elsewhere than its port says."""
    files = dockerfiles(unit)
    for pod in unit.pods:
        for container in pod.containers():
            ports = {simple(port, "containerPort"): path for path, port in mappings(container.content, "ports")}
            server = _server(unit, files, pod, container) if ports else None
            if server is None or server[0].port in ports:
                continue
            each, where = server
            declared = ", ".join(str(number) for number in ports)
            message = f"`{each.program}` listens on port {each.port}{where}, and {container.title} declares {declared}"
            make = fault if len(ports) == 1 and each.said else doubt
            path = next(iter(ports.values()))
            yield make("served-port", pod.document, (*container.path, *path, "containerPort"), message)


def _server(unit: Unit, files: list[str], pod: Pod, container: Container) -> tuple[Running, str] | None:
    """The one server that a container starts, with words about where that is written."""
    command = [str(word) for word in items(container.content, "command")]
    words = [str(word) for word in items(container.content, "args")]
    variables: dict[str, str | None] = {}
    where = ""
    folder: str | None = text(container.content, "workingDir") or "/"
    if not command:
        file = made_by(unit, files, pod, container)
        context = unit.root / file if file else None
        image = built(context, context.parent, unit.root) if context else None
        if image is None:
            return None
        command, words = list(image.entrypoint), words or list(image.command)
        variables.update(image.variables)
        where = f" ({file}:{image.lines.get('command') or image.lines.get('entrypoint') or 1})"
    variables.update({text(entry, "name"): None for _, entry in mappings(container.content, "env")})
    variables.update({each.name: each.value for each in settings_of(unit, pod, container)})
    if items(container.content, "envFrom") and any("$" in word for word in (*command, *words)):
        return None  # what is taken over may say another port
    argv = [_put_in(word, variables) for word in (*command, *words)]
    servers = [each for each in running(argv, variables, folder) if each.server and each.port is not None]
    return (servers[0], where) if len(servers) == 1 else None


def _put_in(word: str, variables: Mapping[str, str | None]) -> str:
    """A word with the `$(NAME)` of Kubernetes, where that is known."""
    return re.sub(r"\$\((\w+)\)", lambda found: variables.get(found[1]) or found[0], word)
