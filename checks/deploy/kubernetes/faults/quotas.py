"""What the LimitRanges and ResourceQuotas of a namespace ask of the Pods in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.pods import Pod
from checks.deploy.kubernetes.unit import Unit, fault, short
from checks.deploy.kubernetes.values import items, mapping, mappings, quantity, text
from checks.model import Diagnostic

# `cpu` of a quota is that of the requests.
_COUNTED = {
    "cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    "requests.cpu": ("requests", "cpu"),
    "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"),
    "limits.memory": ("limits", "memory"),
}


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every container that its namespace refuses for what it asks, or does not ask."""
    quotas, ranges = list(unit.of_kind("ResourceQuota")), list(unit.of_kind("LimitRange"))
    for pod in unit.pods:
        namespace = pod.document.namespace
        if not namespace:
            continue
        near = [each for each in ranges if each.namespace == namespace]
        for limits in near:
            yield from _beyond(pod, limits)
        for quota in quotas:
            scoped = items(quota.content, "spec", "scopes") or mapping(quota.content, "spec", "scopeSelector")
            if quota.namespace == namespace and not near and not scoped:
                yield from _uncounted(pod, quota)


def _uncounted(pod: Pod, quota: Document) -> Iterator[Diagnostic]:
    for key in mapping(quota.content, "spec", "hard"):
        if key not in _COUNTED:
            continue
        section, resource = _COUNTED[key]
        for container in pod.containers():
            resources = mapping(container.content, "resources")
            # A limit stands for a request that is not said.
            if not any(resource in mapping(resources, each) for each in {section, "limits"}):
                message = (
                    f"{container.title} says no {section}.{resource}, and the ResourceQuota `{quota.name}` counts"
                    " them: no Pod is created"
                )
                hint = f"the quota is at {short(quota.place)}"
                yield fault("quota", pod.document, (*container.path, "resources"), message, hint)
                return


def _beyond(pod: Pod, limits: Document) -> Iterator[Diagnostic]:
    for _, limit in mappings(limits.content, "spec", "limits"):
        if text(limit, "type") != "Container":
            continue
        for container in pod.containers():
            for section, key, value, bound in _outside(mapping(container.content, "resources"), limit):
                message = (
                    f"{container.title} has {section}.{key} `{value}`, and the LimitRange `{limits.name}` allows"
                    f" {bound}: no Pod is created"
                )
                where = (*container.path, "resources", section, key)
                yield fault("quota", pod.document, where, message, f"the range is at {short(limits.place)}")


def _outside(resources: Mapping[str, Any], limit: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, str]]:
    for section, word, sign in (("limits", "max", 1), ("requests", "min", -1)):
        for key, value in mapping(resources, section).items():
            amount, bound = quantity(value), quantity(mapping(limit, word).get(key))
            if amount is not None and bound is not None and (amount - bound) * sign > 0:
                yield section, key, value, f"{'at most' if sign > 0 else 'at least'} `{mapping(limit, word)[key]}`"
