"""Where Pods may run and what claims are bound to: labels of nodes, and volumes that a claim names."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Pod
from checks.deploy.kubernetes.unit import Unit, fault, short
from checks.deploy.kubernetes.values import at, is_open, items, mapping, mappings, quantity, text
from checks.model import Diagnostic

_LABELS = (
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "node.kubernetes.io/instance-type",
)
_NEAR = 0.88


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Labels of nodes that are nearly one that every node has, and claims that cannot have their volume."""
    for pod in unit.pods:
        for path, key in _node_labels(pod):
            near = get_close_matches(key, _LABELS, 1, _NEAR)
            if near and key not in _LABELS and not key.startswith("beta.") and not is_open(key):
                message = f"{pod.document.kind} `{pod.document.name}` goes by the label `{key}`, which no node has"
                yield fault("unknown-choice", pod.document, (*pod.spec_path, *path), message, f"`{near[0]}`")
    for claim in unit.of_kind("PersistentVolumeClaim"):
        name = text(claim.content, "spec", "volumeName")
        volume = unit.lookup("PersistentVolume", name) if name else None
        if volume is not None:
            yield from _bound(claim, volume)


def _node_labels(pod: Pod) -> Iterator[tuple[Path_, str]]:
    for key in mapping(pod.spec, "nodeSelector"):
        yield ("nodeSelector", key), str(key)
    for path, one in mappings(pod.spec, "topologySpreadConstraints"):
        yield (*path, "topologyKey"), text(one, "topologyKey")
    for word in ("podAffinity", "podAntiAffinity"):
        for path, term in mappings(pod.spec, "affinity", word, "requiredDuringSchedulingIgnoredDuringExecution"):
            yield (*path, "topologyKey"), text(term, "topologyKey")
        for path, one in mappings(pod.spec, "affinity", word, "preferredDuringSchedulingIgnoredDuringExecution"):
            yield (*path, "podAffinityTerm", "topologyKey"), text(one, "podAffinityTerm", "topologyKey")


def _bound(claim: Document, volume: Document) -> Iterator[Diagnostic]:
    asked, has = mapping(claim.content, "spec"), mapping(volume.content, "spec")
    hint = f"the volume is at {short(volume.place)}"
    who = f"the claim `{claim.name}` names the volume `{volume.name}`, which"
    size, space = quantity(at(asked, "resources", "requests", "storage")), quantity(at(has, "capacity", "storage"))
    if size is not None and space is not None and size > space:
        message = f"{who} has {at(has, 'capacity', 'storage')}, less than is asked for"
        yield fault("volume-claim", claim, ("spec", "resources", "requests", "storage"), message, hint)
    lacking = [mode for mode in items(asked, "accessModes") if mode not in items(has, "accessModes")]
    if lacking:
        yield fault("volume-claim", claim, ("spec", "accessModes"), f"{who} is not `{lacking[0]}`", hint)
    if "storageClassName" in asked and asked["storageClassName"] != (has.get("storageClassName") or ""):
        message = f"{who} is of the class `{has.get('storageClassName') or ''}`, not `{asked['storageClassName']}`"
        yield fault("volume-claim", claim, ("spec", "storageClassName"), message, hint)
