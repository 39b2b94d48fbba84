"""Autoscalers and disruption budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.faults.refused.refusal import Refusal, below, expressions, whole
from checks.deploy.kubernetes.faults.refused.updates import share
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, text

_BLOCKS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_VALUES = {"Utilization": "averageUtilization", "Value": "value", "AverageValue": "averageValue"}
_LONGEST_PERIOD = 1800
_LONGEST_WINDOW = 3600


def autoscaler(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """The bounds and metrics of an autoscaler."""
    spec = mapping(content, "spec")
    yield from below(spec, ("spec",), minReplicas=0, maxReplicas=1)
    for path, metric in mappings(spec, "metrics"):
        yield from _metric(metric, ("spec", *path))
    for word in ("scaleUp", "scaleDown"):
        yield from _behaviour(mapping(spec, "behavior", word), ("spec", "behavior", word))


def _metric(metric: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    kind = text(metric, "type")
    block = _BLOCKS.get(kind)
    if block is None:
        if kind and not is_open(kind):
            words = ", ".join(f"`{each}`" for each in _BLOCKS)
            yield Refusal((*path, "type"), f"there is no metric of type `{kind}`; there are {words}")
        return
    said = [name for name in _BLOCKS.values() if metric.get(name) is not None]
    if said != [block]:
        there = ", ".join(f"`{name}`" for name in said) or "nothing"
        yield Refusal(path, f"a metric of type `{kind}` is told under `{block}`, and here is {there}")
    target = mapping(metric, block, "target")
    where = (*path, block, "target")
    wanted = _VALUES.get(text(target, "type"))
    if wanted and target.get(wanted) is None:
        yield Refusal(where, f"a target of type `{text(target, 'type')}` needs `{wanted}`")
    if text(target, "type") == "Utilization" and kind not in ("Resource", "ContainerResource"):
        yield Refusal((*where, "type"), f"a metric of type `{kind}` has no utilization")
    yield from below(target, where, averageUtilization=1)


def _behaviour(rules: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    window = whole(rules.get("stabilizationWindowSeconds"))
    if window is not None and not 0 <= window <= _LONGEST_WINDOW:
        message = f"the stabilization window of {window} seconds is not between 0 and {_LONGEST_WINDOW}"
        yield Refusal((*path, "stabilizationWindowSeconds"), message)
    if "policies" in rules and not items(rules, "policies"):
        yield Refusal((*path, "policies"), "there must be a policy")
    for way, policy in mappings(rules, "policies"):
        yield from below(policy, (*path, *way), value=1, periodSeconds=1)
        period = whole(policy.get("periodSeconds"))
        if period is not None and period > _LONGEST_PERIOD:
            message = f"a period of {period} seconds is more than {_LONGEST_PERIOD}"
            yield Refusal((*path, *way, "periodSeconds"), message)


def budget(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A disruption budget has one bound."""
    spec = mapping(content, "spec")
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield Refusal(("spec", "maxUnavailable"), "`minAvailable` and `maxUnavailable` exclude each other")
    for key in ("minAvailable", "maxUnavailable"):
        yield from share(spec.get(key), ("spec", key), key)
    yield from expressions(mapping(spec, "selector"), ("spec", "selector"))
