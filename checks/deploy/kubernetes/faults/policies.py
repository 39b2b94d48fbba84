"""Connections that the Pods of a unit need, as their settings say, and that its NetworkPolicies do not let through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.asking import Asked, asked_by, settings_of
from checks.deploy.kubernetes.faults.networking import ports_of
from checks.deploy.kubernetes.faults.reach import EGRESS, INGRESS, Gate, Policies, allows_port, peers_of, policies_of
from checks.deploy.kubernetes.pods import Pod
from checks.deploy.kubernetes.unit import Unit, doubt, fault, short, takes
from checks.deploy.kubernetes.values import at, is_open, mapping, mappings, simple, text
from checks.model import Diagnostic

_LOCAL = re.compile(r"localhost|[\d.]+|host\.docker\.internal")
_NAMES = 53
_TOP = re.compile(r"[a-z]{2,}")


class _Call(NamedTuple):
    """A Pod that asks another through a Service."""

    asked: Asked
    caller: Pod
    called: Pod
    service: Document
    gate: Gate


@dataclass(slots=True)
class _Report:
    """What is not let through, each once, with every Pod that needs it."""

    blocked: dict[tuple[str, str, str], tuple[_Call, list[Pod]]] = field(default_factory=dict)
    outside: dict[tuple[str, int], tuple[Asked, Document, list[Pod]]] = field(default_factory=dict)
    through: set[str | tuple[str, int]] = field(default_factory=set)
    nameless: dict[str, list[Pod]] = field(default_factory=dict)

    def is_needed(self, asked: Asked, what: str | tuple[str, int]) -> bool:
        """Whether a Pod surely asks: of settings that many share, some use only a part, and others are let through."""
        return not asked.is_shared or what not in self.through


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every connection that is needed and not let through."""
    policies = policies_of(unit)
    if policies is None:
        return
    yield from _empty_peers(unit, policies)
    report = _Report()
    for pod in unit.pods:
        asked = [each for each in asked_by(unit, pod) if not is_open(each.host)]
        for call in _calls(unit, pod, asked):
            _note_blocked(policies, call, report)
        closed = policies.isolating(pod, EGRESS)
        if closed:
            _note_outside(unit, policies, pod, asked, report)
            if any(not _LOCAL.fullmatch(each.host) for each in asked) and not _may_resolve(policies, pod):
                report.nameless.setdefault(closed[0].name, []).append(pod)
    for (side, _, _), (call, pods) in report.blocked.items():
        yield _blocked(unit, policies, side, call, pods, is_sure=report.is_needed(call.asked, call.service.name))
    for key, (each, policy, pods) in report.outside.items():
        yield _closed(each, policy, pods, is_sure=report.is_needed(each, key))
    yield from _nameless(policies, report.nameless)


def _calls(unit: Unit, pod: Pod, asked: list[Asked]) -> Iterator[_Call]:
    for each in asked:
        service = _service(unit, pod, each.host)
        if service is None or not (selector := mapping(service.content, "spec", "selector")):
            continue
        for called in unit.pods:
            if called.document is not pod.document and takes(selector, called):
                yield _Call(each, pod, called, service, _gate(each, service))


def _service(unit: Unit, pod: Pod, host: str) -> Document | None:
    labels = host.lower().rstrip(".").split(".")
    if len(labels) == 1:
        return unit.lookup("Service", labels[0], pod.document.namespace)
    if len(labels) == 2 or labels[2] == "svc":
        found = unit.lookup("Service", labels[0], labels[1])
        return found if found and (found.namespace == labels[1] or len(labels) > 2) else None
    return None


def _gate(asked: Asked, service: Document) -> Gate:
    """The port of the Pods behind the Service's port that is asked for."""
    ports = [port for _, port in ports_of(service)]
    wanted = [port for port in ports if asked.port in (None, simple(port, "port"))]
    if len(wanted) != 1:
        # A headless Service hands every port through.
        return Gate(asked.port if text(service.content, "spec", "clusterIP") == "None" else None)
    target = simple(wanted[0], "targetPort") or simple(wanted[0], "port")
    protocol = text(wanted[0], "protocol") or "TCP"
    if isinstance(target, str) and not target.isdecimal():
        return Gate(None, target, protocol)
    return Gate(int(target) if target is not None else None, "", protocol)


def _note_blocked(policies: Policies, call: _Call, report: _Report) -> None:
    ports = call.called.ports()
    both: list[str] = []
    for side, pod, peer in ((INGRESS, call.called, call.caller), (EGRESS, call.caller, call.called)):
        closed = policies.isolating(pod, side)
        if not closed or policies.lets(side, pod, peer, call.gate, ports):
            both.append(side)
        else:
            _, pods = report.blocked.setdefault((side, closed[0].name, call.service.name), (call, []))
            if call.caller not in pods:
                pods.append(call.caller)
    if len(both) > 1:
        report.through.add(call.service.name)


def _blocked(unit: Unit, policies: Policies, side: str, call: _Call, pods: list[Pod], *, is_sure: bool) -> Diagnostic:
    closed = policies.isolating(call.called if side == INGRESS else call.caller, side)
    policy = next((each for each in closed if mapping(each.content, "spec", "podSelector")), closed[0])
    verb = "lets nothing of" if side == INGRESS else "lets nothing out of"
    message = (
        f"NetworkPolicy `{policy.name}` {verb} {_titles(pods)} through to Service `{call.service.name}`"
        f"{_port_words(call.gate)}, which {call.asked.who} names"
    )
    idle = next((each for each in policies.own if not _is_about_any(unit, each)), None)
    hint = f"it is asked at {short(call.asked.document.find(call.asked.path))}; {_labels(call.caller)}"
    if idle is not None:
        hint += f"; NetworkPolicy `{idle.name}` at {short(idle.place)} is about no Pod at all"
    section = side.lower()
    where = ("spec", section) if at(policy.content, "spec", section) else ("spec",)
    return (fault if is_sure else doubt)("blocked-traffic", policy, where, message, hint)


def _is_about_any(unit: Unit, policy: Document) -> bool:
    selector = mapping(policy.content, "spec", "podSelector")
    return any(takes(selector, pod) for pod in unit.pods)


def _titles(pods: list[Pod]) -> str:
    names = ", ".join(f"{pod.document.kind} `{pod.document.name}`" for pod in pods[:3])
    return f"{names} and {len(pods) - 3} more" if len(pods) > 3 else names


def _port_words(gate: Gate) -> str:
    known = gate.number or gate.name
    return f" on port {known} of its Pods" if known else ""


def _labels(pod: Pod) -> str:
    labels = ", ".join(f"{key}: {value}" for key, value in pod.labels.items())
    return f"the Pods that ask have the labels `{labels}`"


def _may_resolve(policies: Policies, pod: Pod) -> bool:
    """Whether any rule lets a Pod ask the cluster's name servers, which are in another namespace."""
    if text(pod.spec, "dnsPolicy") == "None":
        return True
    for _, rule in policies.rules(pod, EGRESS):
        peers = peers_of(rule, EGRESS)
        away = not peers or any("namespaceSelector" in peer or "ipBlock" in peer for peer in peers)
        gates = (Gate(_NAMES, "", "UDP"), Gate(_NAMES, "", "TCP"))
        if (away or pod.document.namespace == "kube-system") and any(allows_port(rule, gate) for gate in gates):
            return True
    return False


def _nameless(policies: Policies, found: dict[str, list[Pod]]) -> Iterator[Diagnostic]:
    for policy in policies.own:
        pods = found.get(policy.name, [])
        if pods:
            message = (
                f"NetworkPolicy `{policy.name}` closes what {_titles(pods)} may ask, and nothing opens port 53:"
                " no host name can be resolved"
            )
            hint = "egress: [{to: [{namespaceSelector: {}}], ports: [{protocol: UDP, port: 53}]}]"
            yield fault("blocked-traffic", policy, ("spec",), message, hint)


def _note_outside(unit: Unit, policies: Policies, pod: Pod, asked: list[Asked], report: _Report) -> None:
    """What is outside of the cluster is reached by address, on ports that some rule must allow."""
    settings = [each for container in pod.containers() for each in settings_of(unit, pod, container)]
    if any(re.fullmatch(r"https?_proxy", each.name, re.IGNORECASE) for each in settings):
        return
    for each in asked:
        if each.port is None or not _is_outside(each.host):
            continue
        key = (short(each.document.find(each.path)), each.port)
        if any(_opens(rule, each.port) for _, rule in policies.rules(pod, EGRESS)):
            report.through.add(key)
        else:
            policy = policies.isolating(pod, EGRESS)[0]
            report.outside.setdefault(key, (each, policy, []))[2].append(pod)


def _closed(asked: Asked, policy: Document, pods: list[Pod], *, is_sure: bool) -> Diagnostic:
    message = (
        f"{asked.who} of {_titles(pods)} asks `{asked.host}` on port {asked.port}, which NetworkPolicy `{policy.name}`"
        " closes and none opens"
    )
    make = fault if is_sure else doubt
    return make("blocked-traffic", asked.document, asked.path, message, f"see {short(policy.place)}")


def _is_outside(host: str) -> bool:
    labels = host.lower().rstrip(".").split(".")
    within = "svc" in labels or labels[-1] in ("local", "internal", "localhost", "cluster")
    return len(labels) > 2 and not within and _TOP.fullmatch(labels[-1]) is not None


def _opens(rule: object, port: int) -> bool:
    peers = peers_of(mapping(rule), EGRESS)
    return (not peers or any("ipBlock" in peer for peer in peers)) and allows_port(mapping(rule), Gate(port))


def _empty_peers(unit: Unit, policies: Policies) -> Iterator[Diagnostic]:
    """A rule that allows Pods which are not there."""
    for policy in policies.own:
        for section, side in (("ingress", "from"), ("egress", "to")):
            for path, rule in mappings(policy.content, "spec", section):
                for way, peer in mappings(rule, side):
                    selector = mapping(peer, "podSelector")
                    if not selector or "namespaceSelector" in peer or any(takes(selector, pod) for pod in unit.pods):
                        continue
                    words = ", ".join(f"{key}: {value}" for key, value in mapping(selector, "matchLabels").items())
                    if words and not is_open(words) and not unit.has_custom:
                        message = f"NetworkPolicy `{policy.name}` allows Pods with `{words}`, and there are none"
                        yield doubt("guards-nothing", policy, (*path, *way, "podSelector"), message)
