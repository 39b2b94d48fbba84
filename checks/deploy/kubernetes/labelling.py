"""Labels of a kustomization, put onto an object as kustomize does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.deploy.kubernetes.values import items, mapping

_WORKLOADS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})


def add_labels(content: dict[str, Any], pairs: Mapping[str, Any], *, selectors: bool, templates: bool) -> None:
    """Adds labels to the object, and to its selectors and Pod template where that is asked for."""
    _update(content, ("metadata", "labels"), pairs)
    kind = content.get("kind")
    if templates:
        _label_templates(content, str(kind), pairs)
    if not selectors:
        return
    if kind in {"Service", "ReplicationController"}:
        _update(content, ("spec", "selector"), pairs)
    elif kind in _WORKLOADS:
        _update(content, ("spec", "selector", "matchLabels"), pairs)
    elif kind == "PodDisruptionBudget":
        _update(content, ("spec", "selector", "matchLabels"), pairs, only_there=True)
    elif kind == "NetworkPolicy":
        _update(content, ("spec", "podSelector", "matchLabels"), pairs, only_there=True)


def _label_templates(content: dict[str, Any], kind: str, pairs: Mapping[str, Any]) -> None:
    if kind in _WORKLOADS or kind in {"Job", "ReplicationController"}:
        _update(content, ("spec", "template", "metadata", "labels"), pairs)
    elif kind == "CronJob":
        _update(content, ("spec", "jobTemplate", "metadata", "labels"), pairs)
        _update(content, ("spec", "jobTemplate", "spec", "template", "metadata", "labels"), pairs)
    if kind == "StatefulSet":
        for claim in items(content, "spec", "volumeClaimTemplates"):
            if isinstance(claim, dict):
                _update(claim, ("metadata", "labels"), pairs)


def _update(
    content: dict[str, Any], path: tuple[str, ...], pairs: Mapping[str, Any], *, only_there: bool = False
) -> None:
    if only_there and not mapping(content, *path):
        return
    for step in path:
        below = content.get(step)
        if not isinstance(below, dict):
            below = content[step] = {}
        content = below
    content.update(pairs)
