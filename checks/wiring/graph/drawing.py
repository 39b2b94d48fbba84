"""From the model of a system, and what is wrong with it, to its picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from checks.model import Diagnostic, Place, Severity
from checks.temporal.discovery import discover
from checks.temporal.model import Project, UseKind
from checks.wiring.graph.picture import Edge, Node, Picture, Shape
from checks.wiring.graph.reached import reached_files, texts_in
from checks.wiring.graph.stores import known_image, outside_name
from checks.wiring.model import App, Deployment, Kind, Role, Unit
from checks.wiring.system import System

_OUTSIDE_NAMES = re.compile(r"(?:_URL|_ENDPOINT|_BUCKET|_WEBHOOK|_DSN|_SMTP|SMTP_HOST|_API)$")
_HEALTH = re.compile(r"/(?:health\w*|ready|readyz|live|livez|ping|status|metrics|docs|redoc|openapi\.json)/?$")
_VERBS = {UseKind.START: "starts", UseKind.SIGNAL: "signals", UseKind.QUERY: "queries", UseKind.UPDATE: "updates"}
_SENDERS = "outside"


@dataclass(frozen=True, slots=True)
class _Part:
    """A unit as it is drawn, with the project's files that its programs import."""

    unit: Unit
    node: Node
    files: frozenset[str]
    app: App | None


@dataclass(slots=True)
class _Canvas:
    """What has been drawn so far; a wire that is drawn again adds to the label of the first."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], Edge] = field(default_factory=dict)

    def node(self, node: Node) -> None:
        self.nodes.setdefault(node.key, node)

    def wire(self, source: str, target: str, label: str = "", place: Place | None = None) -> None:
        known = self.edges.get((source, target))
        if known is None:
            self.edges[source, target] = Edge(source, target, label, place)
        elif label and label not in known.label.split(", "):
            self.edges[source, target] = replace(known, label=f"{known.label}, {label}" if known.label else label)


def draw(system: System, found: Iterable[Diagnostic], deployment: str | None = None) -> Picture:
    """The system as one of its deployments runs it; KeyError where `deployment` is none of them."""
    chosen = _chosen(system.deployments, deployment)
    units = [unit for unit in (chosen.units if chosen else ()) if ":" not in unit.name.partition("/")[2]]
    project = discover(system.root)
    canvas = _Canvas()
    parts = [_part(unit, system, project) for unit in units]
    for part in parts:
        canvas.node(part.node)
    _services(canvas, parts, chosen)
    for part in parts:
        _routes(canvas, part)
        _schedule(canvas, part)
        _workflows(canvas, part, system, project)
        _outside(canvas, part, chosen)
    _processes(canvas, parts, project)
    broken = [one for one in found if one.severity is Severity.ERROR]
    _break(canvas, parts, broken)
    words = tuple(f"{Place(one.file, one.line) if one.file else ''}: {one.message}" for one in broken)
    name = chosen.name if chosen else "no deployment"
    return Picture(system.root.name, name, tuple(canvas.nodes.values()), tuple(canvas.edges.values()), words)


def _chosen(deployments: Sequence[Deployment], name: str | None) -> Deployment | None:
    """The one asked for; else one with schedules, which Compose has none of, else Compose, else the largest."""
    if name is not None:
        return {one.name: one for one in deployments}[name]

    def worth(one: Deployment) -> tuple[bool, bool, int]:
        scheduled = any(unit.role is Role.SCHEDULE for unit in one.units)
        return scheduled, one.kind == "compose", len(one.units)

    return max(deployments, key=worth, default=None)


def _part(unit: Unit, system: System, project: Project) -> _Part:
    places = [system.code.file_of(started, unit) for started in unit.starts]
    files = frozenset().union(*(reached_files(system.code, place.file) for place in places if place))
    apps = (system.code.app_of(started, unit) for started in unit.starts)
    app = next((app for app in apps if app is not None), None)
    known = known_image(unit.image) if unit.built is None else None
    shape = known[0] if known else _shape(unit, app, files, project)
    title = unit.name.rpartition("/")[2]
    details = (known[1],) if known else (_told(unit),) if _told(unit) else ()
    return _Part(unit, Node(f"unit {unit.name}", title, shape, details, unit.place), files, app)


def _shape(unit: Unit, app: App | None, files: frozenset[str], project: Project) -> Shape:
    polls = any(worker.module.file in files for worker in project.workers)
    if app is None and (polls or unit.role is not Role.SERVICE or not unit.ports):
        return Shape.WORKER
    return Shape.SERVICE


def _told(unit: Unit) -> str:
    """What a unit runs, short enough for a box."""
    said = next((f"{one.server or ''} {one.name}".strip() for one in unit.starts if one.kind is not Kind.PROGRAM), "")
    words = said or " ".join(unit.argv) or (unit.image or "")
    return words if len(words) <= 40 else f"{words[:37]}..."


def _services(canvas: _Canvas, parts: Sequence[_Part], deployment: Deployment | None) -> None:
    """Wires by the host names in the variables of each unit."""
    keys = {part.unit.name: part.node.key for part in parts}
    for part in parts:
        for variable in part.unit.variables.values():
            for address in deployment.addresses if deployment else ():
                others = [keys[name] for name in address.units if name in keys and keys[name] != part.node.key]
                if others and _names(variable.value, address.hosts):
                    canvas.wire(part.node.key, others[0], variable.name, variable.place)


def _names(value: str | None, hosts: Sequence[str]) -> bool:
    """Whether a value has one of the hosts where a host stands: alone, before a port, behind `//` or `@`."""
    return value is not None and any(
        re.search(rf"(?:^|[/@,]){re.escape(host)}(?:[:/,?]|$)", value) is not None for host in hosts
    )


def _routes(canvas: _Canvas, part: _Part) -> None:
    """Each route that takes something in; what only reads is one node together."""
    if part.app is None:
        return
    asked = [route for route in part.app.routes if not _HEALTH.search(route.path)]
    taking = [route for route in asked if set(route.methods) - {"GET", "HEAD", "OPTIONS"}]
    for route in taking:
        key = f"route {part.unit.name} {route.methods} {route.path}"
        method = next(one for one in route.methods if one not in {"GET", "HEAD", "OPTIONS"})
        canvas.node(Node(key, f"{method} {route.path}", Shape.ROUTE, (), route.place))
        canvas.wire(key, part.node.key, "", route.place)
        _sender(canvas, key)
    reading = [route for route in asked if route not in taking]
    if reading:
        key = f"queries {part.unit.name}"
        details = tuple(route.path for route in reading[:5])
        canvas.node(Node(key, "GET", Shape.ROUTE, details, reading[0].place))
        canvas.wire(key, part.node.key, "", reading[0].place)
        _sender(canvas, key)


def _sender(canvas: _Canvas, key: str) -> None:
    canvas.node(Node(_SENDERS, "outside", Shape.OUTSIDE))
    canvas.wire(_SENDERS, key)


def _schedule(canvas: _Canvas, part: _Part) -> None:
    if part.unit.schedule:
        key = f"schedule {part.unit.name}"
        canvas.node(Node(key, part.unit.schedule, Shape.SCHEDULE, (), part.unit.place))
        canvas.wire(key, part.node.key, "", part.unit.place)


def _workflows(canvas: _Canvas, part: _Part, system: System, project: Project) -> None:
    """RAW workflows that a unit starts itself, or that its code names; activities run in workers only."""
    ids = {file.split("/")[2] for file in system.files if re.fullmatch(r"\.raw/workflows/[^/]+/run\.py", file)}
    named = {one.name: part.unit.argv_place for one in part.unit.starts if one.kind is Kind.WORKFLOW}
    activities = {one.module.file for one in project.activities}
    for file in sorted(part.files - (set() if part.node.shape is Shape.WORKER else activities)):
        named |= {text: Place(file, line) for text, line in texts_in(system.root, file).items() if text in ids}
    for name, place in named.items():
        if name in ids:
            key = f"workflow {name}"
            canvas.node(Node(key, name, Shape.WORKFLOW, (), Place(f".raw/workflows/{name}/run.py", 1)))
            canvas.wire(part.node.key, key, "runs", place)


def _outside(canvas: _Canvas, part: _Part, deployment: Deployment | None) -> None:
    """Variables that lead out of the deployment: a provider, a bucket, a database that somebody else keeps."""
    hosts = tuple(host for address in (deployment.addresses if deployment else ()) for host in address.hosts)
    for variable in part.unit.variables.values():
        if part.unit.built and _OUTSIDE_NAMES.search(variable.name) and not _names(variable.value, hosts):
            title = outside_name(variable.name)
            canvas.node(Node(f"outside {title}", title, Shape.STORE, ("outside of this deployment",), variable.place))
            label = variable.name if variable.name != title else ""
            canvas.wire(part.node.key, f"outside {title}", label, variable.place)


def _processes(canvas: _Canvas, parts: Sequence[_Part], project: Project) -> None:
    """Temporal workflows, who runs them, and who starts, signals or asks them."""
    for workflow in project.workflows:
        if workflow.module.in_tests or workflow.name is None:
            continue
        key = f"process {workflow.name}"
        place = Place(workflow.module.file, workflow.definition.node.lineno)
        details = tuple(f"{one.kind.value} {one.name}" for one in workflow.handlers if one.name)
        canvas.node(Node(key, workflow.name, Shape.PROCESS, details, place))
        for part in parts:
            for worker in project.workers:
                if worker.module.file in part.files and workflow.module.file in part.files:
                    canvas.wire(key, part.node.key, "run by", place)
    _uses(canvas, parts, project)


def _uses(canvas: _Canvas, parts: Sequence[_Part], project: Project) -> None:
    for use in project.uses:
        if use.kind not in _VERBS or use.module.in_tests:
            continue
        for target in _targets(use.ref, use.name, project):
            for part in parts:
                if use.module.file in part.files:
                    place = Place(use.module.file, use.call.node.lineno)
                    canvas.wire(part.node.key, f"process {target}", _VERBS[use.kind], place)


def _targets(ref: str | None, name: str | None, project: Project) -> Iterator[str]:
    """The workflow that is named, or the one that has the handler that is named."""
    for workflow in project.workflows:
        if workflow.name is None or workflow.module.in_tests:
            continue
        handlers = {one.name for one in workflow.handlers} | {one.definition.ref for one in workflow.handlers}
        runs = {one.ref for one in workflow.runs} | {workflow.ref, workflow.name}
        if ref in handlers | runs or name in handlers | runs:
            yield workflow.name


def _break(canvas: _Canvas, parts: Sequence[_Part], found: Sequence[Diagnostic]) -> None:
    """In red: the wire that a finding is about, else a wire from its unit to what is missing."""
    for number, one in enumerate(found):
        known = [key for key, edge in canvas.edges.items() if edge.place and _same(edge.place, one)]
        for key in known:
            canvas.edges[key] = replace(canvas.edges[key], broken=one.message)
        if known:
            continue
        for part in _concerned(parts, one):
            missing = f"missing {number}"
            canvas.node(Node(missing, _missing(one), Shape.STORE, (one.rule,), None, one.message))
            place = Place(one.file, one.line) if one.file else None
            canvas.edges[part.node.key, missing] = Edge(part.node.key, missing, "", place, one.message)


def _same(place: Place, one: Diagnostic) -> bool:
    return (place.file, place.line) == (one.file, one.line)


def _missing(one: Diagnostic) -> str:
    named = re.search(r"`([^`]+)`", one.message)
    text = named[1] if named else one.rule
    return text if len(text) <= 40 else f"{text[:37]}..."


def _concerned(parts: Sequence[_Part], one: Diagnostic) -> list[_Part]:
    """The units whose code or whose lines of a deployment a finding stands in."""
    beside = [
        part for part in parts if part.unit.place.file == one.file and (part.unit.place.line or 0) <= (one.line or 0)
    ]
    nearest = max(beside, key=lambda part: part.unit.place.line or 0, default=None)
    return [nearest] if nearest else [part for part in parts if one.file in part.files]
