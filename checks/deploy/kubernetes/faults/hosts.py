"""Hosts and ports in settings: each must be a Service that is there, on a port that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.asking import Asked, asked_in
from checks.deploy.kubernetes.faults.networking import ports_of, services
from checks.deploy.kubernetes.pods import Pod
from checks.deploy.kubernetes.unit import Unit, doubt, fault, meets, short, takes
from checks.deploy.kubernetes.values import is_open, items, mapping, simple, text
from checks.model import Diagnostic

# Databases, queues, Temporal: nobody names one who can do without it.
_ESSENTIAL = frozenset({5432, 3306, 27017, 6379, 5672, 9092, 4222, 7233, 1433, 9042, 11211})
_OWN_NAMES = frozenset({"localhost", "host", "hostname", "none", "null", "true", "false", "kubernetes", "smtp", "mail"})
_LOCAL = frozenset({"localhost", "127.0.0.1"})


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every host that is not there, and every port that a host does not have."""
    told: set[tuple[str, str, int | None]] = set()
    for asked in asked_in(unit):
        where = asked.document.find(asked.path)
        key = (f"{where.file}:{where.line}", asked.host, asked.port)
        if key not in told:
            told.add(key)
            yield from _judge(unit, asked)


def _judge(unit: Unit, asked: Asked) -> Iterator[Diagnostic]:
    if asked.host in _LOCAL:
        yield from _local(unit, asked)
        return
    labels = asked.host.lower().split(".")
    name = labels[0]
    if asked.host in _OWN_NAMES or is_open(asked.host) or re.fullmatch(r"[\d.]+", asked.host) or "_" in name:
        return
    if len(labels) > 1:
        yield from _qualified(unit, asked, labels)
        return
    known = [each for each in services(unit) if each.name == name]
    here = [each for each in known if meets(each.namespace, asked.document.namespace)]
    if here:
        yield from _port(unit, asked, here[0])
    elif known:
        other = known[0]
        message = f"{asked.who} asks `{name}`, which is in namespace `{other.namespace}`, not in its own"
        yield fault("unknown-host", asked.document, asked.path, message, f"`{name}.{other.namespace}`")
    else:
        yield from _unknown(unit, asked, name)


def _unknown(unit: Unit, asked: Asked, name: str) -> Iterator[Diagnostic]:
    others_have = (each for each in unit.elsewhere if each.kind == "Service" and each.name == name)
    if any(meets(each.namespace, asked.document.namespace) for each in others_have) or name in unit.names("Endpoints"):
        return
    near = unit.near("Service", name)
    others = ", ".join(f"`{other}`" for other in unit.names("Service")[:6])
    message = f"{asked.who} asks the host `{name}`, and no Service here has that name"
    hint = near or (f"the Services are {others}" if others else None)
    make = fault if others and _is_needed(unit, asked, name) else doubt
    yield make("unknown-host", asked.document, asked.path, message, hint)


def _is_needed(unit: Unit, asked: Asked, name: str) -> bool:
    """Whether the host cannot just be optional: a database, a queue, or a Service that goes by another name."""
    if unit.has_custom or unit.uses_helm:
        return False
    own = [pod for pod in unit.pods if pod.document is asked.document]
    # A Pod asks others, not the Service that it is behind itself.
    others = [each for each in services(unit) if not any(_is_behind(each, pod) for pod in own)]
    names = sorted({each.name for each in others})
    alike = get_close_matches(name, names, 1, 0.8) or [
        other for other in names if f"-{name}" in other or f"{name}-" in other
    ]
    return bool(alike) or (asked.port in _ESSENTIAL and _is_offered(unit, asked.port))


def _is_behind(service: Document, pod: Pod) -> bool:
    selector = mapping(service.content, "spec", "selector")
    return bool(selector) and takes(selector, pod)


def _is_offered(unit: Unit, port: int) -> bool:
    """Whether something of the unit has the port, and so is what was meant."""
    by_service = (simple(each, "port") for service in services(unit) for _, each in ports_of(service))
    by_pod = (simple(each, "containerPort") for pod in unit.pods for each in pod.ports())
    return port in by_service or port in by_pod


def _qualified(unit: Unit, asked: Asked, labels: list[str]) -> Iterator[Diagnostic]:
    """`name.namespace`, with or without `.svc.cluster.local`; anything else is somewhere out there."""
    in_cluster = "svc" in labels[2:4]
    service_at = labels.index("svc") - 2 if in_cluster else 0
    if not in_cluster and len(labels) != 2:
        return
    name, namespace = labels[service_at], labels[service_at + 1]
    service = unit.lookup("Service", name, namespace)
    if service is not None and (in_cluster or service.namespace == namespace):
        yield from _port(unit, asked, service)
        return
    known = unit.in_other_namespace("Service", name)
    if known is not None and in_cluster and known.namespace:
        message = f"{asked.who} asks `{asked.host}`, but Service `{name}` is in namespace `{known.namespace}`"
        yield fault("unknown-host", asked.document, asked.path, message, f"see {short(known.place)}")
    elif in_cluster and namespace in {document.namespace for document in unit.documents}:
        yield from _unknown(unit, asked, name)


def _port(unit: Unit, asked: Asked, service: Document) -> Iterator[Diagnostic]:
    ports = [simple(port, "port") for _, port in ports_of(service)]
    if asked.port is None or asked.port in ports or text(service.content, "spec", "type") == "ExternalName":
        return
    headless = mapping(service.content, "spec").get("clusterIP") == "None"
    asks_itself = any(_is_behind(service, pod) for pod in unit.pods if pod.document is asked.document)
    if headless:
        pods = [pod for pod in unit.pods if _is_behind(service, pod)]
        ports += [simple(port, "containerPort") for pod in pods for port in pod.ports()]
        if asked.port in ports or not ports:
            return
    offered = ", ".join(str(port) for port in dict.fromkeys(ports)) or "none"
    message = f"{asked.who} asks Service `{service.name}` for port {asked.port}; it has {offered}"
    make = doubt if headless or asks_itself else fault
    yield make("service-port", asked.document, asked.path, message, f"the Service is at {short(service.place)}")


def _local(unit: Unit, asked: Asked) -> Iterator[Diagnostic]:
    """A container that asks itself for what only another Pod has."""
    pods = [pod for pod in unit.pods if pod.document is asked.document]
    own = {simple(port, "containerPort") for pod in pods for port in pod.ports()}
    if not pods or asked.port is None or asked.port in own or len(items(pods[0].spec, "containers")) > 1:
        return
    other = next(
        (each for each in services(unit) for _, port in ports_of(each) if simple(port, "port") == asked.port), None
    )
    if other is not None:
        message = f"{asked.who} asks port {asked.port} of its own Pod, where nothing listens"
        yield fault("unknown-host", asked.document, asked.path, message, f"Service `{other.name}` has that port")
