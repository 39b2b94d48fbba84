"""Known programs whose root file system is read-only, and that must write somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.kubernetes.faults.built import repository
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, doubt, fault
from checks.deploy.kubernetes.values import at, mapping, mappings, strings, text
from checks.model import Diagnostic

# The official images, each with a folder that they write to before they answer.
_WRITES = {
    "nginx": "/var/cache/nginx",
    "nginx-unprivileged": "/tmp",
    "httpd": "/usr/local/apache2/logs",
    "postgres": "/var/run/postgresql",
    "mysql": "/var/run/mysqld",
    "mariadb": "/run/mysqld",
    "rabbitmq": "/var/lib/rabbitmq",
}
_OFFICIAL = re.compile(r"((docker\.io/)?(library/)?|(docker\.io/)?nginxinc/|public\.ecr\.aws/docker/library/)([\w-]+)")
_ELSEWHERE = re.compile(r"_temp_path|unix_socket_director|^\s*(pid|socket|CoreDumpDirectory)\b", re.MULTILINE)


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every such program without a place to write."""
    for pod in unit.pods:
        for container in pod.containers():
            if mapping(container.content, "securityContext").get("readOnlyRootFilesystem") is not True:
                continue
            program, is_sure = _program(container)
            folder = _WRITES.get(program)
            if folder is None or _may_write(pod, container, folder) or _is_told(unit, pod, container):
                continue
            message = f"{container.title} may write nowhere, and {program} writes to `{folder}` before it answers"
            hint = f"an emptyDir, mounted at `{folder}`"
            make = fault if is_sure else doubt
            where = (*container.path, "securityContext", "readOnlyRootFilesystem")
            yield make("read-only-root", pod.document, where, message, hint)


def _program(container: Container) -> tuple[str, bool]:
    """What an image runs by its name, or by what is mounted into it; another command may run something else."""
    if container.content.get("command") or container.is_init:
        return "", False
    found = _OFFICIAL.fullmatch(repository(container))
    if found:
        return found[5], True
    mounts = (text(mount, "mountPath") for _, mount in mappings(container.content, "volumeMounts"))
    known = any(mount.startswith("/etc/nginx/") or mount == "/etc/nginx" for mount in mounts)
    return ("nginx" if known and "unprivileged" not in repository(container) else "", False)


def _may_write(pod: Pod, container: Container, folder: str) -> bool:
    """Whether something writable is mounted there or above; `/run` and `/var/run` are one."""
    closed = {text(volume, "name") for _, volume in mappings(pod.spec, "volumes") if _is_closed(volume)}
    for _, mount in mappings(container.content, "volumeMounts"):
        point = text(mount, "mountPath").rstrip("/").removeprefix("/var") or "/"
        below = folder.removeprefix("/var").startswith(f"{point}/") or folder.removeprefix("/var") == point
        if (below or text(mount, "mountPath") == "/var") and text(mount, "name") not in closed:
            return True
    return False


def _is_closed(volume: object) -> bool:
    return any(at(volume, kind) is not None for kind in ("configMap", "secret", "projected", "downwardAPI"))


def _is_told(unit: Unit, pod: Pod, container: Container) -> bool:
    """Whether a mounted file or an argument puts what is written somewhere else."""
    volumes = {text(volume, "name"): volume for _, volume in mappings(pod.spec, "volumes")}
    said = [word for _, word in strings(container.content)]
    for _, mount in mappings(container.content, "volumeMounts"):
        name = text(volumes.get(text(mount, "name")), "configMap", "name")
        source = unit.lookup("ConfigMap", name, pod.document.namespace) if name else None
        said += [word for _, word in strings(source.content)] if source else []
    return any(_ELSEWHERE.search(word) for word in said)
