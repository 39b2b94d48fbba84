"""Services, what stands behind them, and the ingresses before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Pod, pod_of
from checks.deploy.kubernetes.unit import Unit, doubt, fault, meets, short, takes
from checks.deploy.kubernetes.values import is_open, mapping, mappings, simple, text
from checks.model import Diagnostic

_HIGHEST_PORT = 65535
_SET_LATER = frozenset({"role", "spilo-role", "leader", "primary", "master"})
_NODE_PORTS = range(30000, 32768)


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Everything about Services and Ingresses."""
    for service in services(unit):
        yield from _service(service)
        yield from _behind(unit, service)
    yield from _node_ports_twice(unit)
    for ingress in unit.of_kind("Ingress"):
        yield from _ingress(unit, ingress)


def services(unit: Unit) -> list[Document]:
    """The Services of Kubernetes itself: others have the kind, too."""
    return [each for each in unit.of_kind("Service") if text(each.content, "apiVersion") == "v1"]


def ports_of(service: Document) -> list[tuple[Path_, Mapping[str, Any]]]:
    """The ports of a Service, each with its place."""
    return list(mappings(service.content, "spec", "ports"))


def _service(service: Document) -> Iterator[Diagnostic]:
    spec, ports = mapping(service.content, "spec"), ports_of(service)
    kind, headless = text(spec, "type"), spec.get("clusterIP") == "None"
    if kind == "ExternalName":
        if not text(spec, "externalName"):
            yield fault("service", service, ("spec",), f"Service `{service.name}` is an ExternalName and names none")
        return
    if not ports and not headless:
        yield fault("service", service, ("spec",), f"Service `{service.name}` has no ports: the API refuses that")
    if headless and kind in ("NodePort", "LoadBalancer"):
        message = f"Service `{service.name}` is headless and of type {kind}: the API refuses that"
        yield fault("service", service, ("spec", "clusterIP"), message)
    yield from _service_ports(service, ports, kind)


def _service_ports(service: Document, ports: list[tuple[Path_, Mapping[str, Any]]], kind: str) -> Iterator[Diagnostic]:
    seen: set[tuple[Any, str]] = set()
    names: set[str] = set()
    for path, port in ports:
        number, name = simple(port, "port"), text(port, "name")
        key = (number, text(port, "protocol") or "TCP")
        if key in seen:
            yield fault("service", service, (*path, "port"), f"Service `{service.name}` has port {number} twice")
        if name in names or (not name and len(ports) > 1):
            why = f"has the name `{name}` twice" if name else "has several ports, so each needs a name"
            yield fault("service", service, path, f"Service `{service.name}` {why}: the API refuses that")
        seen.add(key)
        names.add(name)
        if isinstance(number, int) and not 0 < number <= _HIGHEST_PORT:
            message = f"there is no port {number}: ports go from 1 to {_HIGHEST_PORT}"
            yield fault("port", service, (*path, "port"), message)
        yield from _node_port(service, path, port, kind)


def _node_port(service: Document, path: Path_, port: Mapping[str, Any], kind: str) -> Iterator[Diagnostic]:
    node = port.get("nodePort")
    if not isinstance(node, int) or isinstance(node, bool) or node == 0:
        return
    if kind in ("", "ClusterIP"):
        message = f"Service `{service.name}` has a nodePort and is no NodePort: the API refuses that"
        yield fault("service", service, (*path, "nodePort"), message, "type: NodePort")
    elif node not in _NODE_PORTS:
        message = f"nodePort {node} is outside of 30000-32767, which clusters give out"
        yield doubt("service", service, (*path, "nodePort"), message)


def _node_ports_twice(unit: Unit) -> Iterator[Diagnostic]:
    seen: dict[tuple[int, str], Document] = {}
    for service in services(unit):
        for path, port in ports_of(service):
            node = port.get("nodePort")
            key = (node if isinstance(node, int) else 0, text(port, "protocol") or "TCP")
            first = seen.setdefault(key, service)
            if key[0] and first.name != service.name:
                message = f"nodePort {node} is taken by Service `{first.name}` at {short(first.place)}"
                make = doubt if unit.is_collection else fault
                yield make("service", service, (*path, "nodePort"), f"{message}: the API refuses that")


def _behind(unit: Unit, service: Document) -> Iterator[Diagnostic]:
    selector = mapping(service.content, "spec", "selector")
    if not selector or text(service.content, "spec", "type") == "ExternalName":
        return
    pods = [pod for pod in unit.pods if meets(pod.document.namespace, service.namespace)]
    chosen = [pod for pod in pods if takes(selector, pod)]
    if not chosen:
        yield from _nothing_behind(unit, service, selector, pods)
        return
    yield from _target_ports(service, chosen)


def _nothing_behind(
    unit: Unit, service: Document, selector: Mapping[str, Any], pods: list[Pod]
) -> Iterator[Diagnostic]:
    others = (pod for one in unit.elsewhere if (pod := pod_of(one)) is not None)
    if any(takes(selector, pod) for pod in others) or any(is_open(value) for value in selector.values()):
        return
    words = ", ".join(f"{key}: {value}" for key, value in selector.items())
    message = f"Service `{service.name}` selects `{words}`, which no Pod here has"
    elsewhere = next((pod for pod in unit.pods if takes(selector, pod)), None)
    if elsewhere is not None:
        namespaces = f"`{elsewhere.document.namespace}`, not in `{service.namespace}`"
        message = f"the Pods that Service `{service.name}` selects are in namespace {namespaces}"
        yield fault("selects-nothing", service, ("spec", "selector"), message)
    elif pods and not unit.has_custom and not _may_come_later(unit, service, selector, pods):
        yield fault("selects-nothing", service, ("spec", "selector"), message, _offered(pods, selector))
    else:
        yield doubt("selects-nothing", service, ("spec", "selector"), message, _offered(pods, selector))


def _may_come_later(unit: Unit, service: Document, selector: Mapping[str, Any], pods: list[Pod]) -> bool:
    """Whether somebody else may make such Pods: the cluster itself, whoever tries an example, a label set later."""
    if unit.is_collection or unit.has_templates or service.namespace.startswith("kube-"):
        return True
    labelled_later = (
        {key: value for key, value in selector.items() if key in pod.labels or key not in _SET_LATER} for pod in pods
    )
    return unit.labels_pods and any(
        rest and len(rest) < len(selector) and takes(rest, pod) for rest, pod in zip(labelled_later, pods, strict=True)
    )


def _offered(pods: list[Pod], selector: Mapping[str, Any]) -> str | None:
    """The labels of the Pod that comes nearest."""
    said = {", ".join(f"{key}: {value}" for key, value in pod.labels.items()): pod for pod in pods if pod.labels}
    wanted = ", ".join(f"{key}: {value}" for key, value in selector.items())
    near = get_close_matches(wanted, said, 1, 0.3)
    if not near:
        return None
    document = said[near[0]].document
    return f"{document.kind} `{document.name}` at {short(document.place)} has `{near[0]}`"


def _target_ports(service: Document, pods: list[Pod]) -> Iterator[Diagnostic]:
    declared = [port for pod in pods for port in pod.ports()]
    names = {text(port, "name") for port in declared} - {""}
    numbers = {simple(port, "containerPort") for port in declared}
    pod = pods[0].document
    where = f"{pod.kind} `{pod.name}` at {short(pod.place)}"
    ports = ports_of(service)
    missed = [entry for entry in ports if not _meets(_target(entry[1]), names, numbers)]
    for path, port in missed:
        target = _target(port)
        way = (*path, "targetPort" if "targetPort" in port else "port")
        if isinstance(target, str):
            offered = ", ".join(f"`{name}`" for name in sorted(names)) or "no named port"
            message = f"Service `{service.name}` sends to port `{target}`, but {where} declares {offered}"
            yield fault("target-port", service, way, message)
        elif numbers:
            offered = ", ".join(str(number) for number in sorted(numbers, key=str))
            message = f"Service `{service.name}` sends to port {target}, but {where} declares {offered}"
            # A container may listen on more than it declares; that it declares none of what is asked is no accident,
            # except where the Service is only there to give the Pods of a StatefulSet their names.
            names_only = any(text(each.document.content, "spec", "serviceName") == service.name for each in pods)
            make = fault if len(missed) == len(ports) and not names_only else doubt
            yield make("target-port", service, way, message)


def _target(port: Mapping[str, Any]) -> Any:
    target = port.get("targetPort", simple(port, "port"))
    return int(target) if isinstance(target, str) and target.isdecimal() else target


def _meets(target: Any, names: set[str], numbers: set[Any]) -> bool:
    if target is None or is_open(target) or not isinstance(target, int | str):
        return True
    return target in names if isinstance(target, str) else target in numbers


def _ingress(unit: Unit, ingress: Document) -> Iterator[Diagnostic]:
    spec = mapping(ingress.content, "spec")
    backends: list[tuple[Path_, Mapping[str, Any]]] = [
        (("spec", word), mapping(spec, word)) for word in ("defaultBackend", "backend") if word in spec
    ]
    seen: dict[tuple[str, str], Path_] = {}
    for path, rule in mappings(ingress.content, "spec", "rules"):
        for part, entry in mappings(rule, "http", "paths"):
            where = (*path, *part)
            backends.append(((*where, "backend"), mapping(entry, "backend")))
            yield from _path(ingress, rule, entry, where, seen)
    for where, backend in backends:
        yield from _backend_port(unit, ingress, where, backend)


def _path(
    ingress: Document,
    rule: Mapping[str, Any],
    entry: Mapping[str, Any],
    where: Path_,
    seen: dict[tuple[str, str], Path_],
) -> Iterator[Diagnostic]:
    path, kind = text(entry, "path"), text(entry, "pathType")
    if kind in ("Exact", "Prefix") and not path.startswith("/") and not is_open(path):
        message = f"path `{path}` of Ingress `{ingress.name}` must begin with `/`: the API refuses it"
        yield fault("ingress", ingress, (*where, "path"), message)
    key = (text(rule, "host"), f"{path} {kind}")
    if key in seen:
        message = f"Ingress `{ingress.name}` has path `{path}` twice for `{key[0] or '*'}`"
        yield doubt("ingress", ingress, (*where, "path"), message)
    seen[key] = where


def _backend_port(unit: Unit, ingress: Document, where: Path_, backend: Mapping[str, Any]) -> Iterator[Diagnostic]:
    name = text(backend, "service", "name") or text(backend, "serviceName")
    service = unit.lookup("Service", name, ingress.namespace)
    if service is None:
        return
    asked = mapping(backend, "service", "port")
    port = text(asked, "name") or simple(asked, "number") or simple(backend, "servicePort")
    offered = [entry for _, entry in ports_of(service)]
    if port is None or is_open(port) or not offered:
        return
    known = {text(entry, "name") for entry in offered} | {simple(entry, "port") for entry in offered}
    if port not in known and not (isinstance(port, str) and port.isdecimal() and int(port) in known):
        words = ", ".join(_described(entry) for entry in offered)
        message = f"Ingress `{ingress.name}` asks Service `{name}` for port `{port}`; it has {words}"
        hint = f"the Service is at {short(service.place)}"
        way = (*where, "service", "port") if "service" in backend else (*where, "servicePort")
        yield fault("ingress-port", ingress, way, message, hint)


def _described(port: Mapping[str, Any]) -> str:
    name = text(port, "name")
    return f"{port.get('port')} (`{name}`)" if name else str(simple(port, "port"))
