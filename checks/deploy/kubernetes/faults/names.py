"""Names, labels and keys that the API refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.apis import is_own
from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, fault
from checks.deploy.kubernetes.values import is_open, mapping, mappings, text
from checks.model import Diagnostic

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SERVICE = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_PORT = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?"
)
_VALUE = re.compile(r"([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?")
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_LABELLED = frozenset({"Namespace"})
_FREE = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
_LONGEST_CRON_JOB = 52


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every name of the unit that no cluster takes."""
    for document in unit.documents:
        yield from _name(document)
        yield from _labels(document, ("metadata",))
        yield from _annotations(document)
        yield from _data(document)
        for path, port in mappings(document.content, "spec", "ports") if _is_service(document) else ():
            yield from _part(document, path, port, "port of a Service")
    for pod in unit.pods:
        if pod.path:
            yield from _labels(pod.document, (*pod.path, "metadata"))
        yield from _parts(pod)


def _is_service(document: Document) -> bool:
    return document.kind == "Service" and text(document.content, "apiVersion") == "v1"


def _name(document: Document) -> Iterator[Diagnostic]:
    name, where = document.name, ("metadata", "name")
    metadata = mapping(document.content, "metadata")
    if not name:
        if not metadata.get("generateName") and document.kind and is_own(text(document.content, "apiVersion")):
            yield fault("name", document, ("metadata",), f"the {document.kind} has no name: `metadata.name` is missing")
        return
    if is_open(name) or document.kind in _FREE:
        return
    if isinstance(metadata.get("name"), str) and (rule := _refused(document, name)):
        yield fault("name", document, where, f"`{name}` cannot name a {document.kind}: {rule}", _mended(name))


def _refused(document: Document, name: str) -> str | None:
    if _is_service(document):
        taken, rule = _SERVICE, "small letters, digits and `-`, beginning with a letter, at most 63"
    elif document.kind in _LABELLED:
        taken, rule = _LABEL, "small letters, digits and `-`, at most 63"
    else:
        taken, rule = _SUBDOMAIN, "small letters, digits, `-` and `.`, at most 253"
    if not taken.fullmatch(name) or len(name) > 253:
        return rule
    if document.kind == "CronJob" and len(name) > _LONGEST_CRON_JOB:
        return f"at most {_LONGEST_CRON_JOB} characters, as its Jobs get longer names"
    return None


def _mended(name: str) -> str | None:
    mended = re.sub(r"-+", "-", re.sub(r"[^a-z0-9.-]", "-", name.lower())).strip("-.")
    return f"`{mended}`" if mended and mended != name else None


def _labels(document: Document, path: Path_) -> Iterator[Diagnostic]:
    labels = mapping(document.content, *path, "labels")
    for key, value in labels.items():
        where = (*path, "labels", key)
        if not _KEY.fullmatch(key) and not is_open(key):
            yield fault("name", document, where, f"`{key}` cannot be the key of a label")
        if isinstance(value, str) and not _VALUE.fullmatch(value) and not is_open(value):
            rule = "letters, digits, `-`, `_` and `.`, at most 63"
            yield fault("name", document, where, f"label `{key}` cannot have the value `{value}`: {rule}")


def _annotations(document: Document) -> Iterator[Diagnostic]:
    for key in mapping(document.content, "metadata", "annotations"):
        if not _KEY.fullmatch(key.lower()) and not is_open(key):
            message = f"`{key}` cannot be the key of an annotation: at most one `/`, letters, digits, `-`, `_` and `.`"
            yield fault("name", document, ("metadata", "annotations", key), message)


def _data(document: Document) -> Iterator[Diagnostic]:
    if document.kind not in ("ConfigMap", "Secret"):
        return
    for section in ("data", "stringData", "binaryData"):
        for key in mapping(document.content, section):
            if not _DATA_KEY.fullmatch(key) and not is_open(key):
                message = f"`{key}` cannot be a key of a {document.kind}: letters, digits, `-`, `_` and `.`"
                yield fault("name", document, (section, key), message)


def _parts(pod: Pod) -> Iterator[Diagnostic]:
    for container in pod.containers():
        yield from _part(pod.document, container.path, container.content, "container")
        yield from _ports(container)
        yield from _variables(container)
    for path, volume in mappings(pod.spec, "volumes"):
        yield from _part(pod.document, (*pod.spec_path, *path), volume, "volume")


def _part(document: Document, path: Path_, content: Mapping[str, Any], what: str) -> Iterator[Diagnostic]:
    name = text(content, "name")
    if name and not _LABEL.fullmatch(name) and not is_open(name):
        rule = "small letters, digits and `-`, at most 63"
        yield fault("name", document, (*path, "name"), f"`{name}` cannot name a {what}: {rule}", _mended(name))


def _ports(container: Container) -> Iterator[Diagnostic]:
    for path, port in mappings(container.content, "ports"):
        name = text(port, "name")
        if name and not _PORT.fullmatch(name) and not is_open(name):
            rule = "at most 15 small letters, digits and single `-`, with a letter"
            where = (*container.path, *path, "name")
            yield fault("name", container.document, where, f"`{name}` cannot name a port: {rule}")


def _variables(container: Container) -> Iterator[Diagnostic]:
    for path, entry in mappings(container.content, "env"):
        name = text(entry, "name")
        if name and ("=" in name or not name.isprintable() or not name.isascii()):
            where = (*container.path, *path, "name")
            yield fault("name", container.document, where, f"`{name}` cannot name a variable")
