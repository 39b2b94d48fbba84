"""Files that settings name and that would come out of a mounted ConfigMap or Secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.faults.asking import settings_of
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, doubt, fault, short
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, text
from checks.model import Diagnostic

_FILE = re.compile(r"(?:--?[\w-]+=)?(/[\w./-]+/[\w.-]+\.[a-z0-9]{2,10})")


class _Said(NamedTuple):
    document: Document
    path: Path_
    who: str
    value: str


class _Made(NamedTuple):
    """What comes out of a volume."""

    source: Document
    files: set[str]

    @property
    def title(self) -> str:
        return f"{self.source.kind} `{self.source.name}`"

    @property
    def offered(self) -> str:
        return ", ".join(f"`{name}`" for name in sorted(self.files)[:6])

    @property
    def hint(self) -> str:
        return f"the {self.source.kind} is at {short(self.source.place)}"


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every part of a volume that is not in what it is made of."""
    for pod in unit.pods:
        volumes = {text(volume, "name"): volume for _, volume in mappings(pod.spec, "volumes")}
        for container in pod.containers():
            mounts = list(mappings(container.content, "volumeMounts"))
            points = [text(mount, "mountPath").rstrip("/") for _, mount in mounts]
            said = list(_words(unit, pod, container)) if mounts else []
            for path, mount in mounts:
                made = _files(unit, pod, volumes.get(text(mount, "name"), {}))
                if made is not None:
                    yield from _part(container, path, mount, made)
                    yield from _named(mount, made, points, said)


def _files(unit: Unit, pod: Pod, volume: Mapping[str, Any]) -> _Made | None:
    """The ConfigMap or Secret of a volume, and the files that come out of it."""
    for word, kind, key in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
        source = mapping(volume, word)
        made = unit.lookup(kind, text(source, key), pod.document.namespace) if source else None
        if made is None or source.get("optional") is True or unit.is_filled_by_operator(made.name):
            continue
        keys = {name for section in ("data", "stringData", "binaryData") for name in mapping(made.content, section)}
        if not keys or text(made.content, "type") == "kubernetes.io/service-account-token":
            return None  # something else fills it
        chosen = {text(item, "path") for _, item in mappings(source, "items")}
        return _Made(made, chosen or keys)
    return None


def _part(container: Container, path: Path_, mount: Mapping[str, Any], made: _Made) -> Iterator[Diagnostic]:
    part = text(mount, "subPath")
    if part and not is_open(part) and part not in made.files and not any(f"{part}/" in name for name in made.files):
        message = f"{container.title} mounts `{part}` of {made.title}, which has {made.offered}"
        yield fault("missing-key", container.document, (*container.path, *path, "subPath"), message, made.hint)


def _named(mount: Mapping[str, Any], made: _Made, points: list[str], said: list[_Said]) -> Iterator[Diagnostic]:
    point = text(mount, "mountPath").rstrip("/")
    if mount.get("subPath") or mount.get("subPathExpr") or not point:
        return
    for each in said:
        found = _FILE.fullmatch(each.value.strip())
        folder, _, name = found[1].rpartition("/") if found else ("", "", "")
        if found and folder == point and name not in made.files and found[1] not in points:
            message = f"{each.who} names `{found[1]}`; {made.title}, which is mounted there, has {made.offered}"
            yield doubt("missing-key", each.document, each.path, message, made.hint)


def _words(unit: Unit, pod: Pod, container: Container) -> Iterator[_Said]:
    """Every variable, and every word of the command that is no script."""
    for each in settings_of(unit, pod, container):
        yield _Said(each.document, each.path, f"`{each.name}`", each.value)
    for key in ("command", "args"):
        for index, word in enumerate(items(container.content, key)):
            if isinstance(word, str):
                who = f"the {key} of {container.title}"
                yield _Said(pod.document, (*container.path, key, index), who, word)
