"""The Services that the routes of Gateway API, Traefik and Istio send to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from checks.deploy.kubernetes.apis import group_of
from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.values import mapping, mappings, simple, text


class Backend(NamedTuple):
    """One Service that a route names; `path` leads to the name."""

    name: str
    namespace: str
    port: str | int | None
    path: Path_


def is_route(document: Document) -> bool:
    """Whether an object is a route of one of these."""
    return (group_of(text(document.content, "apiVersion")), document.kind) in _MAKERS


def backends(document: Document) -> Iterator[Backend]:
    """Every Service that a route sends to."""
    maker = _MAKERS.get((group_of(text(document.content, "apiVersion")), document.kind))
    if maker is not None:
        yield from maker(document.content)


def _gateway(content: Mapping[str, Any]) -> Iterator[Backend]:
    for path, rule in mappings(content, "spec", "rules"):
        for way, backend in mappings(rule, "backendRefs"):
            if text(backend, "kind") in ("", "Service") and text(backend, "group") == "" and text(backend, "name"):
                where = (*path, *way, "name")
                yield Backend(text(backend, "name"), text(backend, "namespace"), simple(backend, "port"), where)


def _traefik(content: Mapping[str, Any]) -> Iterator[Backend]:
    for path, route in mappings(content, "spec", "routes"):
        for way, service in mappings(route, "services"):
            if text(service, "kind") in ("", "Service") and text(service, "name") and "@" not in text(service, "name"):
                where = (*path, *way, "name")
                yield Backend(text(service, "name"), text(service, "namespace"), simple(service, "port"), where)


def _istio(content: Mapping[str, Any]) -> Iterator[Backend]:
    for section in ("http", "tcp", "tls"):
        for path, rule in mappings(content, "spec", section):
            for way, route in mappings(rule, "route"):
                destination = mapping(route, "destination")
                labels = text(destination, "host").split(".")
                if labels[0] and (len(labels) == 1 or "svc" in labels[2:3]):
                    namespace = labels[1] if len(labels) > 1 else ""
                    where = (*path, *way, "destination", "host")
                    yield Backend(labels[0], namespace, simple(destination, "port", "number"), where)


_MAKERS = {
    ("gateway.networking.k8s.io", "HTTPRoute"): _gateway,
    ("gateway.networking.k8s.io", "GRPCRoute"): _gateway,
    ("gateway.networking.k8s.io", "TCPRoute"): _gateway,
    ("gateway.networking.k8s.io", "TLSRoute"): _gateway,
    ("traefik.io", "IngressRoute"): _traefik,
    ("traefik.io", "IngressRouteTCP"): _traefik,
    ("traefik.containo.us", "IngressRoute"): _traefik,
    ("networking.istio.io", "VirtualService"): _istio,
}
