"""Names of generated objects that kustomize changes, where it does not know that they are names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.unit import HASH, Unit, doubt, fault, short
from checks.deploy.kubernetes.values import items, mappings, text
from checks.model import Diagnostic

_HASHED = re.compile(rf"(.+)-{HASH}")
_ABOUT = {"ConfigMap": re.compile(r"config-?_?map|(^|[-_])cm\b", re.I), "Secret": re.compile(r"secret", re.I)}


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every plain name of what only exists with a hash."""
    if unit.rendering.kind != "kustomize":
        return
    for kind in _ABOUT:
        hashed = {found[1]: one for one in unit.of_kind(kind) if (found := _HASHED.fullmatch(one.name))}
        for name in unit.names(kind):
            hashed.pop(name, None)
        if hashed:
            yield from _in_words(unit, kind, hashed)


def _is_read_by_name(unit: Unit, made: Document) -> bool:
    """Whether a role is about the object: there kustomize knows the name, so that somebody asks the API for it."""
    rules = (rule for role in unit.of_kind("Role", "ClusterRole") for _, rule in mappings(role.content, "rules"))
    return any(made.name in items(rule, "resourceNames") for rule in rules)


def _in_words(unit: Unit, kind: str, hashed: dict[str, Document]) -> Iterator[Diagnostic]:
    for pod in unit.pods:
        for container in pod.containers():
            said: list[tuple[Path_, str, str]] = []
            for key in ("command", "args"):
                words = [str(word) for word in items(container.content, key)]
                for index, word in enumerate(words):
                    option, equals, value = word.partition("=")
                    before = words[index - 1] if index else ""
                    said.append(((key, index), option, value) if equals else ((key, index), before, word))
            for path, entry in mappings(container.content, "env"):
                said.append(((*path, "value"), text(entry, "name"), text(entry, "value")))
            for path, about, value in said:
                if value in hashed and _ABOUT[kind].search(about):
                    message = f"{container.title} is told `{value}` by `{about}`"
                    make = fault if _is_read_by_name(unit, hashed[value]) else doubt
                    yield make("hashed-name", pod.document, (*container.path, *path), *_words(message, hashed[value]))


def _words(message: str, made: Document) -> tuple[str, str]:
    more = f"{message}, but the {made.kind} is generated and called `{made.name}`"
    return more, f"generated at {short(made.place)}: `options: {{disableNameSuffixHash: true}}` keeps the plain name"
