"""Two builds of the same files in one namespace: the Services of one also select the Pods of the other."""

from __future__ import annotations

from collections.abc import Iterator

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.networking import services
from checks.deploy.kubernetes.pods import pod_of
from checks.deploy.kubernetes.unit import Unit, doubt, takes
from checks.deploy.kubernetes.values import mapping
from checks.model import Diagnostic


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every Service that selects the same workload of another build."""
    if unit.rendering.kind != "kustomize":
        return
    for service in services(unit):
        selector = mapping(service.content, "spec", "selector")
        own = [pod.document for pod in unit.pods if selector and takes(selector, pod)]
        other = _twin(unit, service, own)
        if other is not None:
            words = ", ".join(f"{key}: {value}" for key, value in selector.items())
            message = (
                f"Service `{service.name}` selects `{words}`, which in namespace `{service.namespace}` also takes the"
                f" Pods of {other.kind} `{other.name}`, built from the same file"
            )
            hint = "labels: [{pairs: ..., includeSelectors: true}]"
            yield doubt("crossed-selector", service, ("spec", "selector"), message, hint)


def _twin(unit: Unit, service: Document, own: list[Document]) -> Document | None:
    selector = mapping(service.content, "spec", "selector")
    names = {(one.kind, one.name) for one in unit.documents}
    files = {(one.kind, one.place) for one in own}
    for other in unit.elsewhere if service.namespace and files else ():
        pod = pod_of(other) if other.namespace == service.namespace else None
        is_twin = (other.kind, other.place) in files and (other.kind, other.name) not in names
        if pod is not None and is_twin and takes(selector, pod):
            return other
    return None
