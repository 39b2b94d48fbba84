"""How workloads are replaced by newer ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.faults.refused.refusal import Refusal, below, expressions, only_with, whole
from checks.deploy.kubernetes.values import is_open, mapping, text

_NONE = (0, "0", "0%")


def deployment(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """The bounds of a Deployment."""
    spec = mapping(content, "spec")
    yield from _common(spec)
    deadline, ready = whole(spec.get("progressDeadlineSeconds")), whole(spec.get("minReadySeconds")) or 0
    if deadline is not None and deadline <= ready:
        message = f"`progressDeadlineSeconds` {deadline} must be more than `minReadySeconds` {ready}"
        yield Refusal(("spec", "progressDeadlineSeconds"), message)
    yield from _shares(mapping(spec, "strategy", "rollingUpdate"), ("spec", "strategy", "rollingUpdate"))


def stateful_set(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """The updates of a StatefulSet."""
    spec = mapping(content, "spec")
    yield from _common(spec)
    yield from _update(spec)


def daemon_set(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """The updates of a DaemonSet."""
    spec = mapping(content, "spec")
    yield from _common(spec)
    yield from _update(spec)
    rolling, where = mapping(spec, "updateStrategy", "rollingUpdate"), ("spec", "updateStrategy", "rollingUpdate")
    if "maxSurge" not in rolling or "maxUnavailable" not in rolling:
        return
    none = (rolling["maxSurge"] in _NONE, rolling["maxUnavailable"] in _NONE)
    if all(none) or not any(none):
        message = "of `maxSurge` and `maxUnavailable` of a DaemonSet exactly one is 0"
        yield Refusal(where, message)


def _common(spec: Mapping[str, Any]) -> Iterator[Refusal]:
    yield from below(spec, ("spec",), replicas=0, minReadySeconds=0, revisionHistoryLimit=0)
    yield from expressions(mapping(spec, "selector"), ("spec", "selector"))


def _update(spec: Mapping[str, Any]) -> Iterator[Refusal]:
    strategy = mapping(spec, "updateStrategy")
    where = ("spec", "updateStrategy")
    rolls = text(strategy, "type") in ("", "RollingUpdate")
    yield from only_with(strategy, where, "rollingUpdate", rolls, "the type `RollingUpdate`")
    yield from _shares(mapping(strategy, "rollingUpdate"), (*where, "rollingUpdate"))
    yield from below(mapping(strategy, "rollingUpdate"), (*where, "rollingUpdate"), partition=0)


def _shares(rolling: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    for key in ("maxSurge", "maxUnavailable"):
        yield from share(rolling.get(key), (*path, key), key)


def share(value: Any, path: Path_, key: str) -> Iterator[Refusal]:
    """A number of Pods, or a percentage."""
    if is_open(value):
        return
    if isinstance(value, str) and not re.fullmatch(r"\d+%", value):
        hint = f"{key}: {value}" if value.isdecimal() else None
        yield Refusal(path, f"`{key}` is `{value}`: a number without quotes, or a percentage such as `25%`", hint)
    elif isinstance(value, int) and value < 0:
        yield Refusal(path, f"`{key}` is {value}, less than nothing")
    elif isinstance(value, str) and key != "maxSurge" and value.endswith("%") and int(value[:-1]) > 100:
        yield Refusal(path, f"`{key}` is `{value}`, more than all")
