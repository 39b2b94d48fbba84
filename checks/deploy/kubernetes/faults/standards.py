"""Pods that the Pod Security Standard of their own namespace does not admit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, fault, short
from checks.deploy.kubernetes.values import at, items, mapping, mappings, text
from checks.model import Diagnostic

_LABEL = "pod-security.kubernetes.io/enforce"
_CAPABILITIES = frozenset(
    [
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    ]
)
_VOLUMES = frozenset(
    [
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
        *("persistentVolumeClaim", "projected", "secret"),
    ]
)
_PROFILES = ("RuntimeDefault", "Localhost")
Found = Iterator[tuple[Path_, str]]


def find(unit: Unit) -> Iterator[Diagnostic]:
    """The first thing about each Pod that its namespace refuses."""
    for pod in unit.pods:
        namespace = pod.document.namespace
        made = unit.lookup("Namespace", namespace) if namespace else None
        level = mapping(made.content, "metadata", "labels").get(_LABEL) if made else None
        if made is None or level not in ("baseline", "restricted"):
            continue
        found = [*_baseline(pod), *(_restricted(pod) if level == "restricted" else ())]
        if found:
            path, why = found[0]
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            message = f"namespace `{namespace}` admits only `{level}` Pods, and {why}{more}: no Pod is created"
            yield fault("pod-security", pod.document, path, message, f"the level is set at {short(made.place)}")


def _contexts(pod: Pod) -> Iterator[tuple[Path_, str, Mapping[str, Any]]]:
    """Every securityContext, that of the Pod first."""
    title = f"{pod.document.kind} `{pod.document.name}`"
    yield (*pod.spec_path, "securityContext"), title, mapping(pod.spec, "securityContext")
    for container in pod.containers():
        yield (*container.path, "securityContext"), container.title, mapping(container.content, "securityContext")


def _baseline(pod: Pod) -> Found:
    title = f"{pod.document.kind} `{pod.document.name}`"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(key) is True:
            yield (*pod.spec_path, key), f"{title} has `{key}`"
    for path, volume in mappings(pod.spec, "volumes"):
        if volume.get("hostPath") is not None:
            yield (*pod.spec_path, *path), f"{title} has a hostPath"
    for container in pod.containers():
        for path, port in mappings(container.content, "ports"):
            if port.get("hostPort"):
                yield (*container.path, *path), f"{container.title} has a hostPort"
    yield from _contexts_of_baseline(pod)


def _contexts_of_baseline(pod: Pod) -> Found:
    for where, title, context in _contexts(pod):
        if context.get("privileged") is True:
            yield (*where, "privileged"), f"{title} is privileged"
        if text(context, "seccompProfile", "type") == "Unconfined":
            yield (*where, "seccompProfile"), f"{title} has an unconfined seccompProfile"
        for name in items(context, "capabilities", "add"):
            if str(name) not in _CAPABILITIES:
                yield (*where, "capabilities", "add"), f"{title} adds the capability `{name}`"


def _restricted(pod: Pod) -> Found:
    if at(pod.spec, "os", "name") == "windows":
        return
    whole = mapping(pod.spec, "securityContext")
    for path, volume in mappings(pod.spec, "volumes"):
        kinds = {key for key, value in volume.items() if key != "name" and value is not None}
        if kinds - _VOLUMES - {"hostPath"}:
            yield (*pod.spec_path, *path), f"the volume `{text(volume, 'name')}` is a `{min(kinds - _VOLUMES)}`"
    for where, title, context in _contexts(pod):
        if context.get("runAsUser") == 0:
            yield (*where, "runAsUser"), f"{title} has user 0"
        if context.get("runAsNonRoot") is False:
            yield (*where, "runAsNonRoot"), f"{title} says `runAsNonRoot: false`"
    for container in pod.containers():
        yield from _restricted_container(container, whole)


def _restricted_container(container: Container, whole: Mapping[str, Any]) -> Found:
    context, where = mapping(container.content, "securityContext"), container.path
    if context.get("allowPrivilegeEscalation") is not False:
        yield where, f"{container.title} lacks `allowPrivilegeEscalation: false`"
    if context.get("runAsNonRoot") is None and whole.get("runAsNonRoot") is not True:
        yield where, f"{container.title} lacks `runAsNonRoot: true`"
    profile = text(context, "seccompProfile", "type") or text(whole, "seccompProfile", "type")
    if profile not in _PROFILES:
        yield where, f"{container.title} lacks `seccompProfile: {{type: RuntimeDefault}}`"
    if "ALL" not in items(context, "capabilities", "drop"):
        yield where, f"{container.title} lacks `capabilities: {{drop: [ALL]}}`"
    for name in items(context, "capabilities", "add"):
        if str(name) != "NET_BIND_SERVICE" and str(name) in _CAPABILITIES:
            yield (*where, "securityContext", "capabilities"), f"{container.title} adds the capability `{name}`"
