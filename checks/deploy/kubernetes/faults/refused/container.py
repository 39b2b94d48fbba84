"""The containers of a Pod: which parts of one exclude each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.faults.refused.refusal import Refusal, below
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, quantity, simple, text

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_ONLY_RUNNING = (*_PROBES, "lifecycle")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")
_RESOURCES = ("cpu", "memory", "ephemeral-storage")


def containers(spec: Mapping[str, Any]) -> Iterator[Refusal]:
    """Everything about single containers."""
    for path, container in mappings(spec, "initContainers"):
        yield from _init(container, path)
    for section in ("initContainers", "containers"):
        for path, container in mappings(spec, section):
            for judge in (_probes, _lifecycle, _mounts, _resources, _security):
                yield from judge(container, path)
            yield from _ports(container, path, is_on_host=spec.get("hostNetwork") is True)


def _init(container: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    """What ends before the others start is not probed; with `restartPolicy: Always` it runs beside them."""
    if text(container, "restartPolicy") == "Always":
        return
    for key in _ONLY_RUNNING:
        if container.get(key) is not None:
            message = f"the init container `{text(container, 'name')}` has a `{key}`, and ends before it could be used"
            yield Refusal((*path, key), message, "restartPolicy: Always makes it run beside the others")


def _probes(container: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    for word in _PROBES:
        probe, where = mapping(container, word), (*path, word)
        yield from below(probe, where, initialDelaySeconds=0, periodSeconds=0, timeoutSeconds=0)
        yield from below(probe, where, failureThreshold=0, successThreshold=0, terminationGracePeriodSeconds=1)
        if word == "readinessProbe" and probe.get("terminationGracePeriodSeconds") is not None:
            message = "a readinessProbe ends nothing, so it has no `terminationGracePeriodSeconds`"
            yield Refusal((*where, "terminationGracePeriodSeconds"), message)
        yield from _handler(probe, where)


def _handler(handler: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    asked = mapping(handler, "httpGet")
    scheme = text(asked, "scheme")
    if scheme and scheme not in ("HTTP", "HTTPS") and not is_open(scheme):
        yield Refusal((*path, "httpGet", "scheme"), f"the scheme is `HTTP` or `HTTPS`, not `{scheme}`")
    if isinstance(handler.get("exec"), dict) and not items(handler, "exec", "command"):
        yield Refusal((*path, "exec"), "`exec` needs a `command`")
    for key in ("httpGet", "tcpSocket"):
        port = simple(handler, key, "port")
        if isinstance(port, int) and not 0 < port < 65536:
            yield Refusal((*path, key, "port"), f"there is no port {port}")


def _lifecycle(container: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    for word in ("postStart", "preStop"):
        handler, where = mapping(container, "lifecycle", word), (*path, "lifecycle", word)
        said = [key for key in _HANDLERS if handler.get(key) is not None]
        if len(said) > 1:
            yield Refusal(where, f"`{word}` has {' and '.join(f'`{key}`' for key in said)}, and may have one")
        yield from _handler(handler, where)


def _mounts(container: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    is_privileged = mapping(container, "securityContext").get("privileged") is True
    for way, mount in mappings(container, "volumeMounts"):
        where = (*path, *way)
        if mount.get("subPath") and mount.get("subPathExpr"):
            yield Refusal(where, "`subPath` and `subPathExpr` exclude each other")
        if ":" in text(mount, "mountPath"):
            yield Refusal(
                (*where, "mountPath"), f"`{text(mount, 'mountPath')}` has a colon, which no mountPath may have"
            )
        yield from relative(text(mount, "subPath"), (*where, "subPath"))
        if text(mount, "mountPropagation") == "Bidirectional" and not is_privileged:
            yield Refusal((*where, "mountPropagation"), "`Bidirectional` is for privileged containers only")


def relative(value: str, path: Path_) -> Iterator[Refusal]:
    """A path below a volume stays below it."""
    if value.startswith("/") or ".." in value.split("/"):
        yield Refusal(path, f"`{value}` must be a path below the volume, without `..`")


def _resources(container: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    resources = mapping(container, "resources")
    for section in ("requests", "limits"):
        for key, value in mapping(resources, section).items():
            where, amount = (*path, "resources", section, key), quantity(value)
            if not (key in _RESOURCES or "/" in key or key.startswith("hugepages-") or is_open(key)):
                message = f"a container cannot ask for `{key}`: only cpu, memory, ephemeral-storage, hugepages-..."
                yield Refusal(where, f"{message} and names with a domain such as `nvidia.com/gpu`")
            elif amount is not None and amount < 0:
                yield Refusal(where, f"`{value}` is less than nothing")
            elif "/" in key and amount is not None and amount != amount.to_integral_value():
                yield Refusal(where, f"`{key}` is counted in whole numbers, not `{value}`")
    yield from _extended(resources, (*path, "resources"))


def _extended(resources: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    limits = mapping(resources, "limits")
    for key, value in mapping(resources, "requests").items():
        if ("/" in key or key.startswith("hugepages-")) and quantity(value) != quantity(limits.get(key)):
            yield Refusal((*path, "requests", key), f"the request of `{key}` must be the same as its limit")


def _security(container: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    context, where = mapping(container, "securityContext"), (*path, "securityContext")
    yield from below(context, where, runAsUser=0, runAsGroup=0)
    yield from seccomp(context, where)
    if context.get("allowPrivilegeEscalation") is not False:
        return
    added = [str(each).removeprefix("CAP_") for each in items(context, "capabilities", "add")]
    if context.get("privileged") is True or "SYS_ADMIN" in added:
        what = "is privileged" if context.get("privileged") is True else "adds SYS_ADMIN"
        message = f"container `{text(container, 'name')}` {what} and says `allowPrivilegeEscalation: false`"
        yield Refusal((*where, "allowPrivilegeEscalation"), message)


def seccomp(context: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    """A profile of the node is named, and only such a one."""
    profile = mapping(context, "seccompProfile")
    is_local, named = text(profile, "type") == "Localhost", text(profile, "localhostProfile")
    if profile.get("type") is not None and is_local != bool(named):
        why = "`Localhost` needs a `localhostProfile`" if is_local else "`localhostProfile` goes only with `Localhost`"
        yield Refusal((*path, "seccompProfile"), why)


def _ports(container: Mapping[str, Any], path: Path_, *, is_on_host: bool) -> Iterator[Refusal]:
    for way, port in mappings(container, "ports"):
        on_host, inside = simple(port, "hostPort"), simple(port, "containerPort")
        if isinstance(on_host, int) and not 0 <= on_host < 65536:
            yield Refusal((*path, *way, "hostPort"), f"there is no port {on_host}")
        elif is_on_host and on_host and isinstance(inside, int) and on_host != inside:
            message = f"with `hostNetwork`, hostPort {on_host} must be the containerPort {inside}"
            yield Refusal((*path, *way, "hostPort"), message)
