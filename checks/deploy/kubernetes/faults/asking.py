"""Hosts and ports that settings and commands name: who asks whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit
from checks.deploy.kubernetes.values import items, mapping, mappings, text

_URL = re.compile(r"\b([a-z][a-z0-9+.]*)://(?:[^\s/@'\"]*@)?([A-Za-z0-9][\w.-]*)(?::(\d+))?(?=[/?\s'\",;]|$)")
_ADDRESS = re.compile(r"([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*):(\d{2,5})")
_NAME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*")
_ADDRESSED = re.compile(
    r"ADDR|HOST|URL|URI|ENDPOINT|SERVER|BROKER|TARGET|SERVICE|SEEDS|BOOTSTRAP|DSN|PROXY|UPSTREAM", re.IGNORECASE
)
# What a browser or another system calls, from wherever it is.
_FROM_OUTSIDE = re.compile(r"ORIGIN|CORS|PUBLIC|EXTERNAL|REDIRECT|CALLBACK|ALLOWED", re.IGNORECASE)
_HOSTED = re.compile(r"(^|_|^PG)(HOST|HOSTNAME|SEEDS|SERVER)$", re.IGNORECASE)
_HOST_WORD = re.compile(r"(HOST|HOSTNAME|SERVER)$")
_TYPED = re.compile(r"\bnc\s+(?:-\S+\s+)*([a-z][a-z0-9-]*)\s+(\d{2,5})\b|\bpg_isready\b.*?-h\s*([a-z][a-z0-9-]*)")
_PORTS = {"http": 80, "https": 443, "redis": 6379, "amqp": 5672, "mysql": 3306, "mongodb": 27017, "nats": 4222}


class Asked(NamedTuple):
    """One host that something asks, with the port where it says one.

    `is_shared` where the Pod takes over a whole ConfigMap or Secret, and may well do without this part of it.
    """

    document: Document
    path: Path_
    host: str
    port: int | None
    who: str
    is_shared: bool = False


class Setting(NamedTuple):
    """One variable with a value that is written somewhere: `path` leads to it in `document`."""

    document: Document
    path: Path_
    name: str
    value: str
    is_shared: bool = False


def asked_in(unit: Unit) -> Iterator[Asked]:
    """Every host that something of the unit names, where it is written."""
    for pod in unit.pods:
        for container in pod.containers():
            yield from _by_settings(list(_own(pod.document, container)))
            yield from _by_words(pod.document, container)
    for document in unit.of_kind("ConfigMap", "Secret"):
        yield from _by_settings(list(_kept(document)))


def asked_by(unit: Unit, pod: Pod) -> Iterator[Asked]:
    """Every host that one Pod is told, by itself or by the ConfigMaps and Secrets that it takes variables from."""
    for container in pod.containers():
        yield from _by_settings(settings_of(unit, pod, container))
        yield from _by_words(pod.document, container)


def settings_of(unit: Unit, pod: Pod, container: Container) -> list[Setting]:
    """The variables of a container, as far as their values are written in the unit; the last word wins."""
    found: dict[str, Setting] = {}
    for _, entry in mappings(container.content, "env"):
        for word, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            asked = mapping(entry, "valueFrom", word)
            source = unit.lookup(kind, text(asked, "name"), pod.document.namespace)
            for kept in _kept(source) if source else ():
                if kept.name == text(asked, "key"):
                    found[text(entry, "name")] = kept._replace(name=text(entry, "name"))
    for _, entry in mappings(container.content, "envFrom"):
        for word, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            source = unit.lookup(kind, text(entry, word, "name"), pod.document.namespace)
            for kept in _kept(source) if source else ():
                name = text(entry, "prefix") + kept.name
                found.setdefault(name, kept._replace(name=name, is_shared=True))
    found.update({each.name: each for each in _own(pod.document, container)})
    return list(found.values())


def _own(document: Document, container: Container) -> Iterator[Setting]:
    for path, entry in mappings(container.content, "env"):
        if isinstance(entry.get("value"), str):
            yield Setting(document, (*container.path, *path, "value"), text(entry, "name"), text(entry, "value"))


def _kept(document: Document) -> Iterator[Setting]:
    section = "data" if document.kind == "ConfigMap" else "stringData"
    for key, value in mapping(document.content, section).items():
        if isinstance(value, str) and "\n" not in value.strip():
            yield Setting(document, (section, key), key, value.strip())


def _by_settings(settings: list[Setting]) -> Iterator[Asked]:
    ports = {each.name: each for each in settings if each.value.isdecimal()}
    for each in settings:
        for asked in _hosts(each.document, each.path, each.name, each.value):
            beside = ports.get(_HOST_WORD.sub("PORT", each.name)) if asked.port is None else None
            if beside is None:
                yield asked._replace(is_shared=each.is_shared)
            else:
                who, is_shared = f"`{beside.name}`", each.is_shared or beside.is_shared
                yield Asked(beside.document, beside.path, asked.host, int(beside.value), who, is_shared)


def _by_words(document: Document, container: Container) -> Iterator[Asked]:
    for key in ("command", "args"):
        for index, word in enumerate(items(container.content, key)):
            yield from _in_words(document, (*container.path, key, index), word, container.name)


def _hosts(document: Document, path: Path_, name: str, value: str) -> Iterator[Asked]:
    who = f"`{name}`"
    if _FROM_OUTSIDE.search(name):
        return
    urls = list(_urls(document, path, value, who))
    yield from urls
    if urls or not _ADDRESSED.search(name):
        return
    for part in re.split(r"[,\s]+", value):
        if found := _ADDRESS.fullmatch(part):
            yield Asked(document, path, found[1], int(found[2]), who)
        elif _HOSTED.search(name) and _NAME.fullmatch(part):
            yield Asked(document, path, part, None, who)


def _urls(document: Document, path: Path_, value: str, who: str) -> Iterator[Asked]:
    for scheme, host, port in _URL.findall(value):
        default = 5432 if scheme.startswith("postgres") else _PORTS.get(scheme.split("+")[0])
        yield Asked(document, path, host, int(port) if port else default, who)


def _in_words(document: Document, path: Path_, word: object, container: str) -> Iterator[Asked]:
    if not isinstance(word, str) or len(word) > 4000:
        return
    who = f"the command of container `{container}`"
    yield from _urls(document, path, word, who)
    for found in _TYPED.finditer(word):
        yield Asked(document, path, found[1] or found[3], int(found[2]) if found[2] else None, who)
