"""Routes and monitors of well-known operators: the Services and ports that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.faults.networking import ports_of, services
from checks.deploy.kubernetes.routing import Backend, backends
from checks.deploy.kubernetes.unit import Unit, doubt, fault, meets, selects, short
from checks.deploy.kubernetes.values import is_open, mapping, mappings, simple, text
from checks.model import Diagnostic


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every port that a Service does not have, and every monitor that watches nothing."""
    for document in unit.documents:
        for backend in backends(document):
            yield from _port(unit, document, backend)
        if document.kind == "ServiceMonitor":
            yield from _monitor(unit, document)


def _port(unit: Unit, document: Document, backend: Backend) -> Iterator[Diagnostic]:
    service = unit.lookup("Service", backend.name, backend.namespace or document.namespace)
    offered = [port for _, port in ports_of(service)] if service else []
    known = {simple(port, "port") for port in offered} | {text(port, "name") for port in offered}
    asked = backend.port
    if service is None or not offered or asked is None or asked in known or is_open(asked):
        return
    words = ", ".join(str(port.get("port")) for port in offered)
    message = f"{document.kind} `{document.name}` asks Service `{service.name}` for port `{asked}`; it has {words}"
    yield fault("ingress-port", document, backend.path, message, f"the Service is at {short(service.place)}")


def _monitor(unit: Unit, monitor: Document) -> Iterator[Diagnostic]:
    selector = mapping(monitor.content, "spec", "selector")
    if not selector or mapping(monitor.content, "spec", "namespaceSelector") or not services(unit):
        return
    near = [each for each in services(unit) if meets(each.namespace, monitor.namespace)]
    chosen = [each for each in near if selects(selector, mapping(each.content, "metadata", "labels"))]
    if not chosen:
        words = ", ".join(f"{key}: {value}" for key, value in mapping(selector, "matchLabels").items())
        others = [each for each in unit.elsewhere if each.kind == "Service"]
        if words and not any(selects(selector, mapping(each.content, "metadata", "labels")) for each in others):
            message = f"ServiceMonitor `{monitor.name}` selects Services with `{words}`, and none here has these labels"
            yield doubt("guards-nothing", monitor, ("spec", "selector"), message)
        return
    names = {text(port, "name") for each in chosen for _, port in ports_of(each)} - {""}
    for path, endpoint in mappings(monitor.content, "spec", "endpoints"):
        yield from _endpoint(monitor, path, endpoint, names)


def _endpoint(monitor: Document, path: Path_, endpoint: Mapping[str, Any], names: set[str]) -> Iterator[Diagnostic]:
    asked = text(endpoint, "port")
    if asked and asked not in names and not is_open(asked):
        offered = ", ".join(f"`{name}`" for name in sorted(names)) or "no port with a name"
        message = f"ServiceMonitor `{monitor.name}` watches port `{asked}`; the Services that it selects have {offered}"
        yield fault("ingress-port", monitor, (*path, "port"), message)
