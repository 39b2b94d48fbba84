"""Classes of a cluster that objects name: priorities, storage, ingresses, runtimes.

Most clusters bring some along, so that one is only missed where the project makes one of nearly the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.unit import Unit, fault, short
from checks.deploy.kubernetes.values import mappings, text
from checks.model import Diagnostic

_OF_KIND = {
    "PersistentVolumeClaim": ("storageClassName", "StorageClass"),
    "PersistentVolume": ("storageClassName", "StorageClass"),
    "Ingress": ("ingressClassName", "IngressClass"),
}


class _Named(NamedTuple):
    document: Document
    path: Path_
    kind: str
    name: str


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every class that goes by another name."""
    made: dict[str, dict[str, Document]] = {}
    for document in (*unit.documents, *unit.elsewhere):
        made.setdefault(document.kind, {})[document.name] = document
    for named in _named(unit):
        known = made.get(named.kind, {})
        near = [] if named.name in known or not named.name else get_close_matches(named.name, known, 1, 0.8)
        if near:
            who = f"{named.document.kind} `{named.document.name}`"
            message = f"{who} names {named.kind} `{named.name}`, which nothing here makes"
            hint = f"there is `{near[0]}` at {short(known[near[0]].place)}"
            yield fault("missing-class", named.document, named.path, message, hint)


def _named(unit: Unit) -> Iterator[_Named]:
    for pod in unit.pods:
        for key, kind in (("priorityClassName", "PriorityClass"), ("runtimeClassName", "RuntimeClass")):
            yield _Named(pod.document, (*pod.spec_path, key), kind, text(pod.spec, key))
    for document in unit.of_kind(*_OF_KIND):
        key, kind = _OF_KIND[document.kind]
        yield _Named(document, ("spec", key), kind, text(document.content, "spec", key))
    for document in unit.of_kind("StatefulSet"):
        for path, claim in mappings(document.content, "spec", "volumeClaimTemplates"):
            name = text(claim, "spec", "storageClassName")
            yield _Named(document, (*path, "spec", "storageClassName"), "StorageClass", name)
