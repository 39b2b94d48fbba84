"""Policies that let the port of a Service in: a policy sees the ports of the Pods behind it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.reach import INGRESS, Gate, Policies, allows_port, policies_of
from checks.deploy.kubernetes.pods import Pod
from checks.deploy.kubernetes.unit import Unit, fault, short, takes
from checks.deploy.kubernetes.values import mapping, mappings, simple, text
from checks.model import Diagnostic


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Ports of ingress rules that no Pod has, and that a Service turns into one which nothing lets in."""
    policies = policies_of(unit)
    if policies is None:
        return
    for policy in policies.own:
        pods = [pod for pod in unit.pods if policy in policies.isolating(pod, INGRESS)]
        for path, rule in mappings(policy.content, "spec", "ingress"):
            for way, said in mappings(rule, "ports"):
                port = simple(said, "port")
                found = _turned(unit, pods, port) if "endPort" not in said else None
                if found is not None and not _is_let_in(policies, pods, found[1]):
                    service, number = found
                    message = (
                        f"NetworkPolicy `{policy.name}` lets port {port} in, which is that of Service "
                        f"`{service.name}`: a policy sees the port of the Pods, {number}, and nothing lets that in"
                    )
                    hint = f"write `port: {number}`; the Service is at {short(service.place)}"
                    yield fault("blocked-traffic", policy, (*path, *way, "port"), message, hint)


def _turned(unit: Unit, pods: list[Pod], port: str | int | float | bool | None) -> tuple[Document, int] | None:
    """The Service that turns a port into one which its Pods say that they have; None where the Pods have it."""
    declared = [each for pod in pods for each in pod.ports()]
    numbers = {simple(each, "containerPort") for each in declared}
    if not isinstance(port, int) or not numbers or port in numbers:
        return None
    for service in unit.of_kind("Service"):
        selector = mapping(service.content, "spec", "selector")
        if selector and any(takes(selector, pod) for pod in pods):
            for _, each in mappings(service.content, "spec", "ports"):
                target = simple(each, "targetPort")
                named = [simple(one, "containerPort") for one in declared if text(one, "name") == target]
                number = named[0] if named else target
                if simple(each, "port") == port and isinstance(number, int) and number in numbers:
                    return service, number
    return None


def _is_let_in(policies: Policies, pods: list[Pod], number: int) -> bool:
    return any(allows_port(rule, Gate(number), pod.ports()) for pod in pods for _, rule in policies.rules(pod, INGRESS))
