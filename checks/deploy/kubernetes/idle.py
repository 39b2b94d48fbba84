"""Parts of a kustomization that change nothing: kustomize says no word about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.kustomizations import Tree
from checks.deploy.kubernetes.pods import pod_of
from checks.deploy.kubernetes.source import Source
from checks.deploy.kubernetes.tracing import plain
from checks.deploy.kubernetes.values import is_open, mapping, mappings, text
from checks.model import Diagnostic, Severity


def idle_parts(tree: Tree, sources: Sequence[Source]) -> list[Diagnostic]:
    """Every entry under `images` and `patches` that nothing in the tree answers to."""
    documents = [document for source in sources if isinstance(source.content, dict) for document in plain(source)]
    pods = [pod for document in documents if (pod := pod_of(document)) is not None]
    used = {_bare(text(each.content, "image")) for pod in pods for each in pod.containers()}
    used |= {text(entry, "newName") for part in tree.all() for _, entry in mappings(part.top.content, "images")}
    found: list[Diagnostic] = []
    for part in tree.all():
        found += _images(part, used, documents)
        found += _patches(part, documents)
    return found


def _bare(image: str) -> str:
    """The name of an image without tag and digest."""
    return re.sub(r"(:[^:/@]+)?(@.+)?$", "", image)


def _images(part: Tree, used: set[str], documents: Sequence[Document]) -> Iterator[Diagnostic]:
    custom = any(pod_of(document) is None and "image" in document.content.get("spec", {}) for document in documents)
    for path, entry in mappings(part.top.content, "images"):
        name = text(entry, "name")
        if name and name not in used and not custom:
            near = get_close_matches(name, sorted(used), 1)
            message = f"`images` changes `{name}`, which no container here has as its image"
            yield _idle(part, (*path, "name"), message, f"there is `{near[0]}`" if near else None)


def _patches(part: Tree, documents: Sequence[Document]) -> Iterator[Diagnostic]:
    for path, entry in mappings(part.top.content, "patches"):
        target = mapping(entry, "target")
        kind, name = text(target, "kind"), text(target, "name")
        if kind and name and not is_open(name) and not any(_meets(one, kind, name) for one in documents):
            names = [one.name for one in documents if one.kind == kind]
            near = get_close_matches(name, names, 1)
            message = f"the patch of {kind} `{name}` changes nothing: there is none here"
            yield _idle(part, (*path, "target", "name"), message, f"there is `{near[0]}`" if near else None)


def _meets(document: Document, kind: str, name: str) -> bool:
    if document.kind == "Kustomization":  # what it generates may be meant
        return any(
            text(item, "name") in name
            for section in ("configMapGenerator", "secretGenerator", "helmCharts")
            for _, item in mappings(document.content, section)
        )
    return document.kind == kind and (document.name in name or _matches(name, document.name))


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return True


def _idle(part: Tree, path: Path_, message: str, hint: str | None) -> Diagnostic:
    place: Any = part.top.source.find(path)
    return Diagnostic("kubernetes.idle-change", Severity.WARNING, message, place.file, place.line, None, hint)
