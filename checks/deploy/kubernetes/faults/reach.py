"""What the NetworkPolicies of a unit let through. Where they cannot be judged, everything is let through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.pods import Pod
from checks.deploy.kubernetes.unit import Unit, meets, selects, takes
from checks.deploy.kubernetes.values import at, items, mapping, mappings, simple, text

INGRESS, EGRESS = "Ingress", "Egress"
# Policies of network plug-ins, which add to what Kubernetes' own allow.
_OTHERS = re.compile(r"(cilium\.io|(crd\.)?projectcalico\.org|crd\.antrea\.io|policy\.networking\.k8s\.io)/.*")
_NAME_LABEL = "kubernetes.io/metadata.name"


class Gate(NamedTuple):
    """A port of a Pod: its number and name, as far as they are known."""

    number: int | None = None
    name: str = ""
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class Policies:
    """`own` isolate Pods; `others`, of other units, can only allow more."""

    unit: Unit
    own: Sequence[Document]
    others: Sequence[Document]

    def isolating(self, pod: Pod, side: str) -> list[Document]:
        """The policies that close a side of a Pod except for what some rule allows."""
        if at(pod.spec, "hostNetwork") is True:
            return []
        return [policy for policy in self.own if _is_about(policy, pod, side)]

    def rules(self, pod: Pod, side: str) -> Iterator[tuple[Document, Mapping[str, Any]]]:
        """Every rule that allows a Pod something on a side."""
        for policy in (*self.own, *self.others):
            if _is_about(policy, pod, side):
                for _, rule in mappings(policy.content, "spec", side.lower()):
                    yield policy, rule

    def lets(self, side: str, pod: Pod, peer: Pod, gate: Gate, ports: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a Pod may talk to (or be called by) a peer; `ports` are those of whoever is called."""
        return any(
            allows_port(rule, gate, ports) and self._has_peer(policy, rule, side, peer)
            for policy, rule in self.rules(pod, side)
        )

    def _has_peer(self, policy: Document, rule: Mapping[str, Any], side: str, peer: Pod) -> bool:
        peers = peers_of(rule, side)
        return not peers or any(self._is_peer(policy, each, peer) for each in peers)

    def _is_peer(self, policy: Document, said: Mapping[str, Any], peer: Pod) -> bool:
        if said.get("ipBlock") is not None:
            return True  # nobody knows the addresses of Pods
        selector = said.get("podSelector")
        if selector is not None and not takes(selector, peer):
            return False
        if said.get("namespaceSelector") is None:
            return meets(policy.namespace, peer.document.namespace)
        return self._in_namespace(mapping(said, "namespaceSelector"), peer.document.namespace)

    def _in_namespace(self, selector: Mapping[str, Any], name: str) -> bool:
        known = self.unit.lookup("Namespace", name) if name else None
        if known is not None:
            return selects(selector, {**mapping(known.content, "metadata", "labels"), _NAME_LABEL: name})
        asked = mapping(selector, "matchLabels")
        return not name or _NAME_LABEL not in asked or asked[_NAME_LABEL] == name


def policies_of(unit: Unit) -> Policies | None:
    """The policies of a unit; None where there are none, or where others decide as well."""
    own = list(unit.of_kind("NetworkPolicy"))
    plugged = any(_OTHERS.fullmatch(text(each.content, "apiVersion")) for each in (*unit.documents, *unit.elsewhere))
    if not own or plugged or unit.is_collection:
        return None
    return Policies(unit, own, [each for each in unit.elsewhere if each.kind == "NetworkPolicy"])


def peers_of(rule: Mapping[str, Any], side: str) -> list[Mapping[str, Any]]:
    """Whom a rule is about; empty where it is about everybody."""
    return [peer for _, peer in mappings(rule, "from" if side == INGRESS else "to")]


def allows_port(rule: Mapping[str, Any], gate: Gate, ports: Sequence[Mapping[str, Any]] = ()) -> bool:
    """Whether a rule allows a port; `ports` are those that the called Pod declares, to know their names."""
    said = items(rule, "ports")
    return not said or any(_is_port(each, gate, ports) for _, each in mappings(rule, "ports"))


def _is_port(said: Mapping[str, Any], gate: Gate, ports: Sequence[Mapping[str, Any]]) -> bool:
    if (text(said, "protocol") or "TCP") != gate.protocol:
        return False
    port, last = simple(said, "port"), simple(said, "endPort")
    if port is None or (gate.number is None and not gate.name):
        return True
    if isinstance(port, str):
        numbers = {simple(each, "containerPort") for each in ports if text(each, "name") == port}
        return port == gate.name or gate.number in numbers or not ports
    named = (simple(each, "containerPort") for each in ports if text(each, "name") == gate.name)
    number = gate.number if gate.number is not None else next(named, None)
    if not isinstance(number, int):
        return True
    return port <= number <= last if isinstance(last, int) else number == port


def _is_about(policy: Document, pod: Pod, side: str) -> bool:
    if not meets(policy.namespace, pod.document.namespace):
        return False
    types = items(policy.content, "spec", "policyTypes") or [
        INGRESS,
        *([EGRESS] if at(policy.content, "spec", "egress") else []),
    ]
    return side in types and takes(mapping(policy.content, "spec", "podSelector"), pod)
