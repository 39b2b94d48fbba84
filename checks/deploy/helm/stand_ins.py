"""Stand-ins for values that are missing: what they make of a rendering is no finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from checks.deploy.kubernetes.documents import Rendering
from checks.model import Diagnostic

STAND_IN = "skillgate-stands-in"

# What one object says of another: nothing can be known of it where a template was left out.
_RELATIONS = re.compile(
    r"kubernetes\.(missing-.*|unknown-host|service-port|selects-nothing|target-port|ingress-port|guards-nothing|"
    r"autoscaler|variable|unset-variable|open-namespace|custom-.*)|helm\.(hook-too-early|type-too-late)"
)


def honest(found: Iterable[Diagnostic], is_whole: bool) -> Iterator[Diagnostic]:
    """Without what comes of a stand-in, and without what a template that was left out may answer."""
    for each in found:
        made_up = STAND_IN in f"{each.message} {each.hint}"
        if not made_up and (is_whole or not _RELATIONS.fullmatch(each.rule)):
            yield each


def as_deployed(rendering: Rendering) -> Rendering | None:
    """A rendering for readers who know nothing of stand-ins: without the probes that have one, its variables unknown.

    None where a stand-in came into what an object is or runs.
    """
    cleaned = [replace(each, content=_cleaned(each.content)) for each in rendering.documents]
    if any(STAND_IN in _essence(each.content, "") for each in cleaned):
        return None
    return replace(rendering, documents=tuple(cleaned))


_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_ESSENTIAL = frozenset({"name", "namespace", "image", "command", "args", "ports", "labels", "selector", "schedule"})


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"name", "value"} and STAND_IN in str(value["value"]):
            return {"name": value["name"], "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
        kept = {key: item for key, item in value.items() if key not in _PROBES or STAND_IN not in str(item)}
        return {key: _cleaned(item) for key, item in kept.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def _essence(value: Any, key: str) -> str:
    """Everything below the keys that say what an object is, as one text."""
    if key in _ESSENTIAL:
        return str(value)
    if isinstance(value, Mapping):
        return " ".join(_essence(item, str(name)) for name, item in value.items())
    if isinstance(value, list):
        return " ".join(_essence(item, "") for item in value)
    return ""
