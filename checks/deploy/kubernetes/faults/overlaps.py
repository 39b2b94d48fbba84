"""What two objects take at once: Pods of a Service that serve something else, a path of two Ingresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.networking import ports_of, services
from checks.deploy.kubernetes.pods import Pod
from checks.deploy.kubernetes.unit import Unit, doubt, meets, short, takes
from checks.deploy.kubernetes.values import mapping, mappings, simple, text
from checks.model import Diagnostic

_CANARY = "nginx.ingress.kubernetes.io/canary"


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Services that also take Pods without their port, and paths that two Ingresses have."""
    if unit.is_collection:
        return
    for service in services(unit):
        yield from _without_port(unit, service)
    yield from _twice(unit)


def _without_port(unit: Unit, service: Document) -> Iterator[Diagnostic]:
    selector = mapping(service.content, "spec", "selector")
    near = (pod for pod in unit.pods if meets(pod.document.namespace, service.namespace))
    chosen = [pod for pod in near if selector and takes(selector, pod)]
    targets = {simple(port, "targetPort") or simple(port, "port") for _, port in ports_of(service)}
    numbers = {target for target in targets if isinstance(target, int)}
    if len(numbers) != len(targets):
        return  # a port by name leaves out the Pods that do not have it
    having = [pod for pod in chosen if numbers & _numbers(pod)]
    without = [pod for pod in chosen if not numbers & _numbers(pod)]
    if having and without:
        other = without[0].document
        words = ", ".join(f"{key}: {value}" for key, value in selector.items())
        message = (
            f"Service `{service.name}` selects `{words}`, and so also the Pods of {other.kind} `{other.name}`, which"
            f" declare no port {' or '.join(str(number) for number in sorted(numbers))}"
        )
        hint = f"a label that only {having[0].document.kind} `{having[0].document.name}` has; see {short(other.place)}"
        yield doubt("target-port", service, ("spec", "selector"), message, hint)


def _numbers(pod: Pod) -> set[Any]:
    return {simple(port, "containerPort") for port in pod.ports()}


def _twice(unit: Unit) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, str, str], Document] = {}
    for ingress in unit.of_kind("Ingress"):
        if _CANARY in mapping(ingress.content, "metadata", "annotations"):
            continue
        for path, rule in mappings(ingress.content, "spec", "rules"):
            for part, entry in mappings(rule, "http", "paths"):
                kind = f"{text(entry, 'path')} {text(entry, 'pathType')}"
                key = (text(ingress.content, "spec", "ingressClassName"), text(rule, "host"), kind)
                first = seen.setdefault(key, ingress)
                if first is not ingress and text(rule, "host"):
                    message = (
                        f"Ingress `{ingress.name}` has path `{text(entry, 'path')}` of `{text(rule, 'host')}`, and so"
                        f" has Ingress `{first.name}` at {short(first.place)}: only one of them serves it"
                    )
                    yield doubt("ingress", ingress, ("spec", *path, *part, "path"), message)
