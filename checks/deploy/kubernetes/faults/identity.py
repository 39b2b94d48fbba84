"""The same object twice, and data that is no text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.deploy.kubernetes.apis import group_of
from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.shape import shown
from checks.deploy.kubernetes.unit import Unit, doubt, fault, short
from checks.deploy.kubernetes.values import mapping, text
from checks.model import Diagnostic

_SHORT_KINDS = frozenset({"svc", "cm", "config", "pvc", "sts", "ds", "sa", "ns", "hpa", "cron", "app"})


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Objects that replace each other, and values that the API refuses."""
    seen: dict[tuple[str, str, str, str], Document] = {}
    for document in unit.documents:
        group = group_of(text(document.content, "apiVersion"))
        key = (group, document.kind, document.namespace, document.name)
        if document.name and key in seen:
            yield _again(unit, document, seen[key])
        else:
            seen[key] = document
        yield from _data(document)
        yield from _metadata(document)


def _again(unit: Unit, document: Document, first: Document) -> Diagnostic:
    message = f"{document.kind} `{document.name}` is there already, at {short(first.place)}"
    to_choose = unit.is_collection or _are_variants(document, first)
    if document.place.file == first.place.file or not to_choose:
        return fault("same-object", document, ("metadata", "name"), f"{message}: the later one replaces the earlier")
    return doubt("same-object", document, ("metadata", "name"), f"{message}: whichever is applied last wins")


def _are_variants(document: Document, first: Document) -> bool:
    """Whether two files are there to choose from: `app-v1.yaml` beside `app-v2.yaml`, or another folder."""
    one, other = PurePosixPath(document.place.file), PurePosixPath(first.place.file)
    if one.parent != other.parent or document.content == first.content:
        return True
    if any(_is_named_variant(path.stem, document) for path in (one, other)):
        return True
    words, others = (re.split(r"s?[-_.]", path.stem.removesuffix("s")) for path in (one, other))
    return bool(set(words) & set(others))


def _is_named_variant(stem: str, document: Document) -> bool:
    """Whether a file is called after its object and something more than the kind: `web-nodeport.yaml`."""
    more = stem.removeprefix(f"{document.name}-")
    return more != stem and not document.kind.lower().startswith(more) and more not in _SHORT_KINDS


def _data(document: Document) -> Iterator[Diagnostic]:
    sections = {"ConfigMap": ("data", "binaryData"), "Secret": ("data", "stringData")}.get(document.kind, ())
    for section in sections:
        for key, value in mapping(document.content, section).items():
            if value is not None and not isinstance(value, str):
                message = f"`{key}` of {document.kind} `{document.name}` is {shown(value)}, which is no text"
                hint = _quoted(key, value)
                yield fault("not-text", document, (section, key), f"{message}: the API refuses it", hint)


def _metadata(document: Document) -> Iterator[Diagnostic]:
    for section in ("labels", "annotations"):
        for key, value in mapping(document.content, "metadata", section).items():
            if isinstance(value, bool | int | float):
                message = (
                    f"{section[:-1]} `{key}` of {document.kind} `{document.name}` is {shown(value)}, which is no text"
                )
                where = ("metadata", section, key)
                yield fault("not-text", document, where, f"{message}: the API refuses it", _quoted(key, value))


def _quoted(key: str, value: object) -> str | None:
    if isinstance(value, bool):
        return f'{key}: "{str(value).lower()}"'
    return f'{key}: "{value}"' if isinstance(value, int | float) else f"{key}: |"
