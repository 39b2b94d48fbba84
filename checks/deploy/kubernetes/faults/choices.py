"""Words that must be one of a few, which the published schemas leave open."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from checks.deploy.kubernetes.apis import is_own
from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Pod, pod_of
from checks.deploy.kubernetes.unit import Unit, fault
from checks.deploy.kubernetes.values import at, is_open, items, mappings, text
from checks.model import Diagnostic

_OF_CONTAINER: dict[Path_, tuple[str, ...]] = {
    ("imagePullPolicy",): ("Always", "IfNotPresent", "Never"),
    ("terminationMessagePolicy",): ("File", "FallbackToLogsOnError"),
}
_OF_POD: dict[Path_, tuple[str, ...]] = {
    ("restartPolicy",): ("Always", "OnFailure", "Never"),
    ("dnsPolicy",): ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    ("securityContext", "seccompProfile", "type"): ("RuntimeDefault", "Localhost", "Unconfined"),
}
_OF_KIND: dict[str, dict[Path_, tuple[str, ...]]] = {
    "Service": {
        ("spec", "type"): ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
        ("spec", "sessionAffinity"): ("None", "ClientIP"),
        ("spec", "externalTrafficPolicy"): ("Cluster", "Local"),
    },
    "Deployment": {("spec", "strategy", "type"): ("Recreate", "RollingUpdate")},
    "StatefulSet": {
        ("spec", "updateStrategy", "type"): ("RollingUpdate", "OnDelete"),
        ("spec", "podManagementPolicy"): ("OrderedReady", "Parallel"),
    },
    "DaemonSet": {("spec", "updateStrategy", "type"): ("RollingUpdate", "OnDelete")},
    "CronJob": {("spec", "concurrencyPolicy"): ("Allow", "Forbid", "Replace")},
    "RoleBinding": {("roleRef", "kind"): ("Role", "ClusterRole")},
    "ClusterRoleBinding": {("roleRef", "kind"): ("ClusterRole",)},
}
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_PATHS = ("Exact", "Prefix", "ImplementationSpecific")
_ACCESS = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_ALWAYS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every word that the API refuses."""
    for document in unit.documents:
        if not is_own(text(document.content, "apiVersion")):
            continue
        for path, choices in _OF_KIND.get(document.kind, {}).items():
            yield from _chosen(document, path, choices)
        yield from _lists(document)
        pod = pod_of(document)
        if pod is not None:
            yield from _pod(pod)


def _pod(pod: Pod) -> Iterator[Diagnostic]:
    for path, choices in _OF_POD.items():
        yield from _chosen(pod.document, (*pod.spec_path, *path), choices)
    for container in pod.containers():
        for path, choices in _OF_CONTAINER.items():
            yield from _chosen(pod.document, (*container.path, *path), choices)
        for path, _ in mappings(container.content, "ports"):
            yield from _chosen(pod.document, (*container.path, *path, "protocol"), _PROTOCOLS)
    yield from _restart(pod)


def _restart(pod: Pod) -> Iterator[Diagnostic]:
    document, policy = pod.document, text(pod.spec, "restartPolicy")
    where = (*pod.spec_path, "restartPolicy")
    if document.kind in ("Job", "CronJob") and policy in ("", "Always") and "restartPolicy" not in _open_keys(pod):
        said = "is `Always`" if policy else "is not said, which means `Always`"
        message = f"the restartPolicy of {document.kind} `{document.name}` {said}: the API refuses that"
        yield fault("restart-policy", document, where, message, "restartPolicy: OnFailure (or Never)")
    elif document.kind in _ALWAYS and policy in ("OnFailure", "Never"):
        message = f"the restartPolicy of {document.kind} `{document.name}` must be `Always`, not `{policy}`"
        yield fault("restart-policy", document, where, message, "remove it, or make this a Job")


def _open_keys(pod: Pod) -> set[str]:
    return {key for key, value in pod.spec.items() if is_open(value)}


def _lists(document: Document) -> Iterator[Diagnostic]:
    content = document.content
    if document.kind == "Service":
        for path, _ in mappings(content, "spec", "ports"):
            yield from _chosen(document, (*path, "protocol"), _PROTOCOLS)
    elif document.kind == "Ingress":
        for path, rule in mappings(content, "spec", "rules"):
            for part, _ in mappings(rule, "http", "paths"):
                yield from _chosen(document, (*path, *part, "pathType"), _PATHS)
    elif document.kind == "PersistentVolumeClaim":
        yield from _access(document, ("spec", "accessModes"))
    elif document.kind == "StatefulSet":
        for path, _ in mappings(content, "spec", "volumeClaimTemplates"):
            yield from _access(document, (*path, "spec", "accessModes"))


def _access(document: Document, path: Path_) -> Iterator[Diagnostic]:
    for index, _ in enumerate(items(document.content, *path)):
        yield from _chosen(document, (*path, index), _ACCESS)


def _chosen(document: Document, path: Path_, choices: tuple[str, ...]) -> Iterator[Diagnostic]:
    value: Any = at(document.content, *path)
    if not isinstance(value, str) or value in choices or is_open(value):
        return
    key = path[-1] if isinstance(path[-1], str) else path[-2]
    near = get_close_matches(value.lower(), [choice.lower() for choice in choices], 1)
    hint = next((choice for choice in choices if near and choice.lower() == near[0]), None)
    words = ", ".join(f"`{choice}`" for choice in choices)
    message = f"`{key}` of {document.kind} `{document.name}` is `{value}`; the API takes {words}"
    yield fault("unknown-choice", document, path, message, f"{key}: {hint}" if hint else None)
