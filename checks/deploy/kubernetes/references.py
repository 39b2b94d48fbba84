"""What an object needs by name: settings, secrets, volumes, accounts, services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Pod, pod_of
from checks.deploy.kubernetes.routing import backends
from checks.deploy.kubernetes.values import mapping, mappings, text

TLS = "the TLS"
"""The role of an Ingress' certificate, which most often something else makes."""
_CLAIMS = ("spec", "volumeClaimTemplates")


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One name that an object relies on. `keys` are what it takes out of it, each with the way to where it says so.

    `optional`: Kubernetes goes on without it. `role` says what it is needed for, for people.
    """

    document: Document
    kind: str
    name: str
    path: Path_
    role: str
    optional: bool = False
    keys: tuple[tuple[str, Path_], ...] = ()
    namespace: str = ""


def references(document: Document) -> Iterator[Reference]:
    """Everything that an object relies on."""
    pod = pod_of(document)
    if pod is not None:
        yield from _of_pod(pod)
    for backend in backends(document):
        role = f"the {document.kind}"
        yield Reference(document, "Service", backend.name, backend.path, role, namespace=backend.namespace)
    maker = _OF_KIND.get(document.kind)
    if maker is not None:
        yield from maker(document)


def _of_pod(pod: Pod) -> Iterator[Reference]:
    for container in pod.containers():
        for path, entry in mappings(container.content, "env"):
            yield from _of_variable(pod.document, (*container.path, *path), entry)
        for path, entry in mappings(container.content, "envFrom"):
            for word, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                yield from _simple(pod.document, kind, mapping(entry, word), (*container.path, *path, word), "envFrom")
    # A StatefulSet puts its own claim in the place of a volume of the same name.
    claims = [text(each, "metadata", "name") for _, each in mappings(pod.document.content, *_CLAIMS)]
    volumes = [(path, each) for path, each in mappings(pod.spec, "volumes") if text(each, "name") not in claims]
    for path, volume in volumes:
        yield from _of_volume(pod.document, (*pod.spec_path, *path), volume)
    for path, entry in mappings(pod.spec, "imagePullSecrets"):
        yield from _simple(pod.document, "Secret", entry, (*pod.spec_path, *path), "imagePullSecrets")
    for word in ("serviceAccountName", "serviceAccount"):
        if name := text(pod.spec, word):
            yield Reference(pod.document, "ServiceAccount", name, (*pod.spec_path, word), word)
            return


def _of_variable(document: Document, path: Path_, entry: Mapping[str, Any]) -> Iterator[Reference]:
    for word, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        asked = mapping(entry, "valueFrom", word)
        way = (*path, "valueFrom", word)
        if name := text(asked, "name"):
            keys = ((text(asked, "key"), (*way, "key")),) if text(asked, "key") else ()
            role = f"the variable `{text(entry, 'name')}`"
            yield Reference(document, kind, name, (*way, "name"), role, asked.get("optional") is True, keys)


def _simple(
    document: Document, kind: str, content: Mapping[str, Any], path: Path_, role: str, word: str = "name"
) -> Iterator[Reference]:
    if name := text(content, word):
        keys = tuple((text(item, "key"), (*path, *way, "key")) for way, item in mappings(content, "items"))
        yield Reference(document, kind, name, (*path, word), role, content.get("optional") is True, keys)


def _of_volume(document: Document, path: Path_, volume: Mapping[str, Any]) -> Iterator[Reference]:
    role = f"the volume `{text(volume, 'name')}`"
    yield from _simple(document, "ConfigMap", mapping(volume, "configMap"), (*path, "configMap"), role)
    yield from _simple(document, "Secret", mapping(volume, "secret"), (*path, "secret"), role, "secretName")
    claim = mapping(volume, "persistentVolumeClaim")
    way = (*path, "persistentVolumeClaim")
    yield from _simple(document, "PersistentVolumeClaim", claim, way, role, "claimName")
    for part, source in mappings(volume, "projected", "sources"):
        for word, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            yield from _simple(document, kind, mapping(source, word), (*path, *part, word), role)


def _of_ingress(document: Document) -> Iterator[Reference]:
    spec = mapping(document.content, "spec")
    for path, entry in mappings(spec, "tls"):
        if name := text(entry, "secretName"):
            keys = tuple((key, ("spec", *path, "secretName")) for key in ("tls.crt", "tls.key"))
            yield Reference(document, "Secret", name, ("spec", *path, "secretName"), TLS, keys=keys)
    for word in ("defaultBackend", "backend"):
        yield from _backend(document, mapping(spec, word), ("spec", word))
    for path, rule in mappings(spec, "rules"):
        for part, entry in mappings(rule, "http", "paths"):
            yield from _backend(document, mapping(entry, "backend"), ("spec", *path, *part, "backend"))


def _backend(document: Document, backend: Mapping[str, Any], path: Path_) -> Iterator[Reference]:
    if name := text(backend, "service", "name"):
        yield Reference(document, "Service", name, (*path, "service", "name"), "the ingress")
    elif name := text(backend, "serviceName"):
        yield Reference(document, "Service", name, (*path, "serviceName"), "the ingress")


def _of_binding(document: Document) -> Iterator[Reference]:
    role = mapping(document.content, "roleRef")
    if text(role, "name"):
        yield Reference(document, text(role, "kind"), text(role, "name"), ("roleRef", "name"), "the binding")
    for path, subject in mappings(document.content, "subjects"):
        if text(subject, "kind") == "ServiceAccount" and text(subject, "name"):
            namespace = text(subject, "namespace")
            way = (*path, "name")
            yield Reference(document, "ServiceAccount", text(subject, "name"), way, "the binding", namespace=namespace)


def _of_scaler(document: Document) -> Iterator[Reference]:
    target = mapping(document.content, "spec", "scaleTargetRef")
    if text(target, "name"):
        kind = text(target, "kind") or "Deployment"
        yield Reference(document, kind, text(target, "name"), ("spec", "scaleTargetRef", "name"), "the autoscaler")


def _of_stateful_set(document: Document) -> Iterator[Reference]:
    if name := text(document.content, "spec", "serviceName"):
        yield Reference(document, "Service", name, ("spec", "serviceName"), "the StatefulSet")


_OF_KIND = {
    "Ingress": _of_ingress,
    "RoleBinding": _of_binding,
    "ClusterRoleBinding": _of_binding,
    "HorizontalPodAutoscaler": _of_scaler,
    "StatefulSet": _of_stateful_set,
}
