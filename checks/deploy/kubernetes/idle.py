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

_MEANT = 0.75


def idle_parts(tree: Tree, sources: Sequence[Source]) -> list[Diagnostic]:
    """Every entry under `images` and `patches` that nothing in the tree answers to."""
    documents = [document for source in sources if isinstance(source.content, dict) for document in plain(source)]
    pods = [pod for document in documents if (pod := pod_of(document)) is not None]
    used = {_bare(text(each.content, "image")) for pod in pods for each in pod.containers()}
    used |= {text(entry, "newName") for part in tree.all() for _, entry in mappings(part.top.content, "images")}
    named = {text(entry, "name") for part in tree.all() for _, entry in mappings(part.top.content, "images")}
    found: list[Diagnostic] = []
    for part in tree.all():
        found += _images(part, used, named, documents)
        found += _patches(part, documents)
    return found


def _bare(image: str) -> str:
    """The name of an image without tag and digest."""
    return re.sub(r"(:[^:/@]+)?(@.+)?$", "", image)


def _images(part: Tree, used: set[str], named: set[str], documents: Sequence[Document]) -> Iterator[Diagnostic]:
    custom = any(pod_of(document) is None and "image" in document.content.get("spec", {}) for document in documents)
    for path, entry in mappings(part.top.content, "images"):
        name = text(entry, "name")
        if name and name not in used and not custom:
            meant = sorted(image for image in used - named if image.rsplit("/", 1)[-1] == name)
            near = meant or get_close_matches(name, sorted(used), 1)
            # The image that was meant is left as it is: nothing else changes it.
            sure = bool(meant) or bool(get_close_matches(name, sorted(used - named), 1, _MEANT))
            message = f"`images` changes `{name}`, which no container here has as its image"
            yield _idle(part, (*path, "name"), message, f"there is `{near[0]}`" if near else None, sure=sure)


def _patches(part: Tree, documents: Sequence[Document]) -> Iterator[Diagnostic]:
    patched = [text(entry, "target", "name") for _, entry in mappings(part.top.content, "patches")]
    for path, entry in mappings(part.top.content, "patches"):
        target = mapping(entry, "target")
        kind, name = text(target, "kind"), text(target, "name")
        if kind and name and not is_open(name) and not any(_meets(one, kind, name) for one in documents):
            names = [one.name for one in documents if one.kind == kind]
            near = get_close_matches(name, names, 1)
            others = [each for each in patched if each != name]
            left = [each for each in names if not any(_matches(other, each) for other in others)]
            message = f"the patch of {kind} `{name}` changes nothing: there is none here"
            hint = f"there is `{near[0]}`" if near else None
            sure = bool(get_close_matches(name, left, 1, _MEANT))
            yield _idle(part, (*path, "target", "name"), message, hint, sure=sure)


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


def _idle(part: Tree, path: Path_, message: str, hint: str | None, *, sure: bool) -> Diagnostic:
    place: Any = part.top.source.find(path)
    severity = Severity.ERROR if sure else Severity.WARNING
    return Diagnostic("kubernetes.idle-change", severity, message, place.file, place.line, None, hint)


def frozen_parts(tree: Tree) -> Iterator[Diagnostic]:
    """What a kustomization generates as immutable under a name that stays: its next content is refused."""
    for part in tree.all():
        general = mapping(part.top.content, "generatorOptions")
        for section in ("configMapGenerator", "secretGenerator"):
            for path, entry in mappings(part.top.content, section):
                options = {**general, **mapping(entry, "options")}
                if options.get("immutable") is True and options.get("disableNameSuffixHash") is True:
                    place: Any = part.top.source.find(path)
                    message = (
                        f"`{text(entry, 'name')}` is generated as immutable and without a hash in its name:"
                        " its first change is refused"
                    )
                    hint = "leave out `disableNameSuffixHash`, or `immutable`"
                    yield Diagnostic(
                        "kubernetes.frozen-settings", Severity.WARNING, message, place.file, place.line, None, hint
                    )
