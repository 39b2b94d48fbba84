"""Services, ingresses and network policies."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.faults.refused.refusal import Refusal, expressions, only_with, whole
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, simple, text

_HOST = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
_CLASS = "kubernetes.io/ingress.class"
_BALANCER = "`type: LoadBalancer`"


def service(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """The parts of a Service that only some types have."""
    spec = mapping(content, "spec")
    kind = text(spec, "type") or "ClusterIP"
    if is_open(kind):
        return
    outside = kind in ("NodePort", "LoadBalancer")
    way: Path_ = ("spec",)
    balanced = kind == "LoadBalancer"
    yield from only_with(spec, way, "externalTrafficPolicy", outside, f"`type: NodePort` or {_BALANCER}")
    for key in ("loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts"):
        yield from only_with(spec, way, key, balanced, _BALANCER)
    local = balanced and text(spec, "externalTrafficPolicy") == "Local"
    if spec.get("healthCheckNodePort") != 0:
        yield from only_with(spec, way, "healthCheckNodePort", local, f"{_BALANCER} and `externalTrafficPolicy: Local`")
    sticky = text(spec, "sessionAffinity") == "ClientIP"
    yield from only_with(spec, way, "sessionAffinityConfig", sticky, "`sessionAffinity: ClientIP`")
    if kind == "ExternalName" and spec.get("clusterIP") not in (None, ""):
        yield Refusal(("spec", "clusterIP"), "an ExternalName has no `clusterIP`")
    yield from _cluster_address(text(spec, "clusterIP"))
    for path, port in mappings(spec, "ports"):
        yield from _target(port, ("spec", *path))


def _cluster_address(address: str) -> Iterator[Refusal]:
    if address in ("", "None") or is_open(address):
        return
    try:
        ipaddress.ip_address(address)
    except ValueError:
        hint = "clusterIP: None" if address.lower() == "none" else None
        yield Refusal(("spec", "clusterIP"), f"`{address}` is neither an IP address nor `None`", hint)


def _target(port: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    target = simple(port, "targetPort")
    if isinstance(target, int) and not 0 <= target < 65536:  # 0 means the same as none
        yield Refusal((*path, "targetPort"), f"there is no port {target}")
    elif isinstance(target, str) and not is_open(target) and not _PORT_NAME.fullmatch(target):
        if target.isdecimal():
            hint = f"targetPort: {target}"
            yield Refusal((*path, "targetPort"), f"`{target}` in quotes is the name of a port, and has no letter", hint)
        else:
            rule = "at most 15 small letters, digits and single `-`"
            yield Refusal((*path, "targetPort"), f"`{target}` cannot be the name of a port ({rule})")


def ingress(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """Hosts, classes and backends of an Ingress."""
    spec = mapping(content, "spec")
    old = text(content, "apiVersion") != "networking.k8s.io/v1"
    if not items(spec, "rules") and not spec.get("defaultBackend") and not old:
        yield Refusal(("spec",), "there is neither a rule nor a `defaultBackend`")
    noted, said = text(content, "metadata", "annotations", _CLASS), text(spec, "ingressClassName")
    if noted and said and noted != said and not is_open(noted) and not is_open(said):
        where = ("metadata", "annotations", _CLASS)
        yield Refusal(where, f"the annotation says the class `{noted}`, and `ingressClassName` says `{said}`")
    for path, rule in mappings(spec, "rules"):
        yield from _host(text(rule, "host"), ("spec", *path, "host"))
        for part, entry in mappings(rule, "http", "paths"):
            yield from _path(entry, ("spec", *path, *part))
    for path, entry in mappings(spec, "tls"):
        for index, host in enumerate(items(entry, "hosts")):
            yield from _host(host, ("spec", *path, "hosts", index))


def _host(host: Any, path: Path_) -> Iterator[Refusal]:
    if not isinstance(host, str) or not host or is_open(host):
        return
    if re.fullmatch(r"[\d.]+", host):
        yield Refusal(path, f"the host is the address `{host}`, and must be a name")
    elif not _HOST.fullmatch(host):
        yield Refusal(path, f"`{host}` is no host: a name in small letters, without scheme, port and path")


def _path(entry: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    said = text(entry, "path")
    if text(entry, "pathType") == "ImplementationSpecific" and said and not said.startswith("/") and not is_open(said):
        yield Refusal((*path, "path"), f"path `{said}` must begin with `/`")
    elif text(entry, "pathType") in ("Exact", "Prefix") and ("//" in said or "/../" in f"{said}/"):
        yield Refusal((*path, "path"), f"path `{said}` may have no `//` and no `..`")
    backend = mapping(entry, "backend")
    if backend.get("service") and backend.get("resource"):
        yield Refusal((*path, "backend"), "a backend has a `service` or a `resource`, not both")
    port = mapping(backend, "service", "port")
    if port.get("name") and port.get("number"):
        yield Refusal((*path, "backend", "service", "port"), "a port has a `name` or a `number`, not both")
    elif isinstance(backend.get("service"), dict) and not port.get("name") and not port.get("number"):
        yield Refusal((*path, "backend", "service"), "the backend needs a port", "port: {number: 80}")


def policy(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """Peers and ports of a NetworkPolicy."""
    spec = mapping(content, "spec")
    yield from expressions(mapping(spec, "podSelector"), ("spec", "podSelector"))
    for index, word in enumerate(items(spec, "policyTypes")):
        if word not in ("Ingress", "Egress") and not is_open(word):
            yield Refusal(("spec", "policyTypes", index), f"`{word}` is not `Ingress` or `Egress`")
    for section, side in (("ingress", "from"), ("egress", "to")):
        for path, rule in mappings(spec, section):
            for way, peer in mappings(rule, side):
                yield from _peer(peer, ("spec", *path, *way))
            for way, port in mappings(rule, "ports"):
                yield from _range(port, ("spec", *path, *way))


def _peer(peer: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    selectors = [key for key in ("podSelector", "namespaceSelector") if peer.get(key) is not None]
    for key in selectors:
        yield from expressions(mapping(peer, key), (*path, key))
    block = mapping(peer, "ipBlock")
    if not block:
        if not selectors:
            yield Refusal(path, "a peer says none of `podSelector`, `namespaceSelector` and `ipBlock`")
        return
    if selectors:
        yield Refusal((*path, "ipBlock"), f"`ipBlock` and `{selectors[0]}` exclude each other", "two peers: `- ` twice")
    whole_net = _network(text(block, "cidr"))
    if whole_net is None:
        if not is_open(text(block, "cidr")):
            message = f"`{text(block, 'cidr')}` is no network such as 10.0.0.0/8"
            yield Refusal((*path, "ipBlock", "cidr"), message)
        return
    for index, said in enumerate(items(block, "except")):
        part = _network(str(said))
        if part is None or part.version != whole_net.version or not part.subnet_of(whole_net):  # type: ignore[arg-type]
            message = f"the exception `{said}` is not within `{text(block, 'cidr')}`"
            yield Refusal((*path, "ipBlock", "except", index), message)


def _network(said: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(said, strict=False) if "/" in said else None
    except ValueError:
        return None


def _range(port: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    first, last = port.get("port"), whole(port.get("endPort"))
    number = whole(first)
    if last is not None and (number is None or last < number):
        yield Refusal((*path, "endPort"), f"the ports {first} to {last} are no range")
    if number is not None and not 0 < number < 65536:
        yield Refusal((*path, "port"), f"there is no port {number}")
    elif isinstance(first, str) and first.isdecimal():
        message = f"`{first}` in quotes is the name of a port, and has no letter"
        yield Refusal((*path, "port"), message, f"port: {first}")
