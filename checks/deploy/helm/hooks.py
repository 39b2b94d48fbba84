"""Hooks that run before the objects they need are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.helm.findings import ERROR, finding
from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.deploy.kubernetes.values import strings
from checks.model import Diagnostic

_REFERENCES = {
    "configMapKeyRef": ("ConfigMap", "name"),
    "configMapRef": ("ConfigMap", "name"),
    "secretKeyRef": ("Secret", "name"),
    "secretRef": ("Secret", "name"),
    "configMap": ("ConfigMap", "name"),
    "secret": ("Secret", "secretName"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}


def hook_findings(rendering: Rendering) -> Iterator[Diagnostic]:
    """Before an installation only other hooks exist; a Pod that needs anything else waits until Helm gives up."""
    later = {(each.kind, each.name): each for each in rendering.documents if not hooks_of(each)}
    for document in rendering.documents:
        if "pre-install" not in hooks_of(document) or document.kind not in ("Job", "Pod"):
            continue
        for path, kind, name in _needs(document.content, ()):
            if (kind, name) in later:
                yield _finding(document, path, later[(kind, name)])
        yield from _hosts(document, later)


def hooks_of(document: Document) -> frozenset[str]:
    """The points in a release's life at which Helm makes this object; none for the release's own objects."""
    annotations = (document.content.get("metadata") or {}).get("annotations")
    text = annotations.get("helm.sh/hook", "") if isinstance(annotations, Mapping) else ""
    return frozenset(word.strip() for word in str(text).split(",") if word.strip())


def _finding(document: Document, path: Path_, needed: Document) -> Diagnostic:
    message = (
        f"{document.kind} `{document.name}` is a hook that runs before the installation and needs {needed.kind} "
        f"`{needed.name}` ({needed.place}), which is made after it"
    )
    hint = f'make the {needed.kind} a hook too, with a lower "helm.sh/hook-weight", or run the Job as post-install'
    return finding("hook-too-early", ERROR, message, document.find(path), hint)


def _needs(value: Any, path: Path_) -> Iterator[tuple[Path_, str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            below = (*path, str(key))
            if key == "serviceAccountName" and isinstance(item, str):
                yield below, "ServiceAccount", item
            elif key in _REFERENCES and isinstance(item, Mapping) and not item.get("optional"):
                kind, field = _REFERENCES[str(key)]
                yield below, kind, str(item.get(field) or "")
            yield from _needs(item, below)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _needs(item, (*path, index))


def _hosts(document: Document, later: Mapping[tuple[str, str], Document]) -> Iterator[Diagnostic]:
    """Addresses in its environment: a database that this same release brings does not run yet."""
    services = {name: each for (kind, name), each in later.items() if kind == "Service" and name}
    for path, text in strings(document.content):
        for name, service in services.items():
            if "env" in path and re.search(rf"(^|[@/]){re.escape(name)}(\.[\w.-]+)?(:\d+|/|$)", text):
                yield _finding(document, path, service)
