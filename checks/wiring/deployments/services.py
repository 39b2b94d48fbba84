"""Names and ways in of a cluster: Services, Ingresses, HTTP routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.model import Place
from checks.wiring.deployments.workloads import Workload, at
from checks.wiring.model import Address, Entry

Pods = Sequence[tuple[Workload, tuple[str, ...]]]
_REWRITES = ("rewrite-target", "app-root", "use-regex", "rewrite", "strip", "middlewares", "configuration-snippet")
_ENDINGS = ("svc", "svc.cluster.local")


def read_addresses(rendering: Rendering, pods: Pods) -> Iterator[Address]:
    """The Services of a rendering, under every name that DNS gives them."""
    for document in rendering.documents:
        if document.kind == "Service":
            yield _address(document, pods)


def _address(document: Document, pods: Pods) -> Address:
    spec = at(document.content, ("spec",))
    selector = at(spec, ("selector",))
    chosen = [(workload, names) for workload, names in pods if _selects(selector, document, workload)]
    units = tuple(name for _, names in chosen for name in names)
    hosts = list(_names(document.name, document.namespace))
    for workload, _ in chosen:
        if workload.document.kind == "StatefulSet":
            count = at(workload.document.content, ("spec",)).get("replicas")
            pods_of_set = (
                f"{workload.document.name}-{number}" for number in range(count if isinstance(count, int) else 1)
            )
            hosts += [f"{pod}.{host}" for pod in pods_of_set for host in _names(document.name, document.namespace)]
    return Address(tuple(hosts), units, document.find(()), _ports(spec) if selector else None)


def _names(name: str, namespace: str) -> Iterator[str]:
    inside = namespace or "default"
    yield name
    yield f"{name}.{inside}"
    for ending in _ENDINGS:
        yield f"{name}.{inside}.{ending}"


def _selects(selector: Mapping[str, Any], service: Document, workload: Workload) -> bool:
    same = service.namespace == workload.document.namespace
    return bool(selector) and same and all(workload.labels.get(key) == value for key, value in selector.items())


def _ports(spec: Mapping[str, Any]) -> dict[int, int | str]:
    listed = spec.get("ports")
    found: dict[int, int | str] = {}
    for item in listed if isinstance(listed, list) else ():
        number = item.get("port") if isinstance(item, dict) else None
        if isinstance(number, int):
            target = item.get("targetPort") or number
            found[number] = int(target) if str(target).isdecimal() else str(target)
    return found


def read_entries(rendering: Rendering) -> Iterator[Entry]:
    """The ways in from outside."""
    for document in rendering.documents:
        if document.kind == "Ingress":
            yield from _of_ingress(document)
        elif document.kind == "HTTPRoute":
            yield from _of_route(document)
        elif document.kind == "Service":
            yield from _of_service(document)


def _of_ingress(document: Document) -> Iterator[Entry]:
    spec = at(document.content, ("spec",))
    kept = not _rewrites(document)
    backend = _backend(at(spec, ("defaultBackend",)))
    if backend:
        yield Entry(None, "/", *backend, document.find(("spec", "defaultBackend")))
    for number, rule in enumerate(_listed(spec.get("rules"))):
        host = str(rule["host"]) if rule.get("host") else None
        for index, item in enumerate(_listed(at(rule, ("http",)).get("paths"))):
            backend = _backend(at(item, ("backend",)))
            where: Path_ = ("spec", "rules", number, "http", "paths", index)
            if backend:
                path = str(item.get("path") or "/")
                exact = item.get("pathType") == "Exact"
                yield Entry(host, path, *backend, document.find((*where, "path")), exact=exact, kept=kept)


def _rewrites(document: Document) -> bool:
    """Whether something may change the path on its way."""
    annotations = at(document.content, ("metadata", "annotations"))
    return any(word in str(key) for key in annotations for word in _REWRITES)


def _backend(content: Mapping[str, Any]) -> tuple[str, int | str | None] | None:
    service = at(content, ("service",))
    if service.get("name"):
        port = at(service, ("port",))
        return str(service["name"]), port.get("number") or port.get("name")
    if content.get("serviceName"):  # as it was written before networking.k8s.io/v1
        return str(content["serviceName"]), content.get("servicePort")
    return None


def _of_route(document: Document) -> Iterator[Entry]:
    spec = at(document.content, ("spec",))
    names = spec.get("hostnames") or [None]
    for number, rule in enumerate(_listed(spec.get("rules"))):
        kept = not rule.get("filters")
        for reference in _listed(rule.get("backendRefs")):
            for index, match in enumerate(_listed(rule.get("matches")) or [{}]):
                path = at(match, ("path",))
                place = document.find(("spec", "rules", number, "matches", index, "path", "value"))
                exact = path.get("type") == "Exact"
                kept = kept and path.get("type") != "RegularExpression"
                value, host = str(path.get("value") or "/"), str(names[0]) if names[0] else None
                target, port = str(reference.get("name")), reference.get("port")
                yield Entry(host, value, target, port, place, exact=exact, kept=kept)


def _of_service(document: Document) -> Iterator[Entry]:
    spec = at(document.content, ("spec",))
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        for number in _ports(spec):
            yield Entry(None, None, document.name, number, _port_place(document))


def _port_place(document: Document) -> Place:
    return document.find(("spec", "ports"))


def _listed(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
