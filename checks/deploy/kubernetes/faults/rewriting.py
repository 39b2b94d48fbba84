"""Rewrites of ingress-nginx, whose annotations no schema knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.unit import Unit, doubt, fault
from checks.deploy.kubernetes.values import mapping, mappings, text
from checks.model import Diagnostic

_TARGET = "nginx.ingress.kubernetes.io/rewrite-target"


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every rewrite to a group that its path does not have."""
    for ingress in unit.of_kind("Ingress"):
        target = mapping(ingress.content, "metadata", "annotations").get(_TARGET)
        asked = max((int(number) for number in re.findall(r"\$(\d)", str(target or ""))), default=0)
        if asked:
            yield from _paths(ingress, str(target), asked)


def _paths(ingress: Document, target: str, asked: int) -> Iterator[Diagnostic]:
    paths = [
        text(entry, "path")
        for _, rule in mappings(ingress.content, "spec", "rules")
        for _, entry in mappings(rule, "http", "paths")
    ]
    lacking = [path for path in paths if _groups(path) < asked]
    if not lacking:
        return
    message = (
        f"Ingress `{ingress.name}` rewrites to `{target}`, but path `{lacking[0]}` has {_groups(lacking[0]) or 'no'}"
        f" groups: what `${asked}` stands for is lost"
    )
    make = fault if len(lacking) == len(paths) else doubt
    yield make("rewrite", ingress, ("metadata", "annotations", _TARGET), message, f"path: {lacking[0]}(/|$)(.*)")


def _groups(path: str) -> int:
    try:
        return re.compile(path).groups
    except re.error:  # another dialect: nothing can be said
        return 9
