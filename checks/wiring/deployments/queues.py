"""Task queues and namespaces of Temporal as deployments set them: what one unit starts, another one works on."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.model import Diagnostic, Place
from checks.temporal.scopes import Call
from checks.wiring.deployments.origins import Origin, Origins, calls_by_node
from checks.wiring.deployments.rules import SEPARATE_QUEUES, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Unit

_WORKERS = frozenset({"temporalio.worker.Worker", "temporalio.worker._worker.Worker"})
_CONNECT = frozenset({"temporalio.client.Client.connect"})
_MAKING = re.compile(rb"namespace[ \"',]+(?:create|register)|RegisterNamespace|register_namespace|temporalio/server")
_STARTING = frozenset({"start_workflow", "execute_workflow"})


@dataclass(frozen=True, slots=True)
class Named:
    """A call and where it has a name from; no origin where that cannot be known."""

    call: Call
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The calls of one file: workers, starts, and connections with their namespaces."""

    polls: tuple[Named, ...]
    starts: tuple[Named, ...]
    namespaces: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A name as it is in one unit, and who says it."""

    unit: Unit
    text: str
    place: Place
    call: Call
    sure: bool
    variable: str | None = None
    """The environment variable that says it, or whose default it is."""


class Queues:
    """Every call of the project that names a task queue or a namespace, found once a file."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self._by_file: dict[str, Found] = {}

    @cached_property
    def origins(self) -> Origins | None:
        """What follows expressions; None where the project has no code."""
        return self.uses.origins

    def of(self, unit: Unit) -> Iterator[tuple[str, Named]]:
        """The calls that a unit may come to, with what they do."""
        for part in self.uses.parts_of(unit):
            found = self._in(part.module.file)
            inside = {id(node) for node in part.calls}
            for kind in ("polls", "starts", "namespaces"):
                for named in getattr(found, kind):
                    if id(named.call.node) in inside:
                        yield kind, named

    def _in(self, file: str) -> Found:
        if file not in self._by_file:
            self._by_file[file] = self._found(file)
        return self._by_file[file]

    def _found(self, file: str) -> Found:
        module = self.origins.index.sources.load(file) if self.origins else None
        if module is None:
            return Found((), (), ())
        polls, starts, namespaces = list[Named](), list[Named](), list[Named]()
        for call in calls_by_node(module).values():
            func = call.node.func
            dotted = self.origins.names.of(func, call.scope) if self.origins else None
            if dotted in _WORKERS:
                polls.append(self._named(call, "task_queue"))
            elif isinstance(func, ast.Attribute) and func.attr in _STARTING and _gives(call, "task_queue"):
                starts.append(self._named(call, "task_queue"))
            elif dotted in _CONNECT:
                namespaces.append(self._named(call, "namespace"))
        return Found(tuple(polls), tuple(starts), tuple(namespaces))

    def _named(self, call: Call, word: str) -> Named:
        given = next((each.value for each in call.node.keywords if each.arg == word), None)
        if given is None and word == "namespace" and all(each.arg for each in call.node.keywords):
            return Named(call, (Origin(Place(call.scope.module.file, call.node.lineno), "default"),))
        known = self.origins.of(given, call.scope) if self.origins and given is not None else ()
        return Named(call, known)


def _gives(call: Call, word: str) -> bool:
    return any(each.arg == word for each in call.node.keywords)


def judge(scene: Scene, queues: Queues) -> Iterator[Diagnostic]:
    """Findings about starts on queues that nobody in the deployment polls, and about namespaces apart."""
    said: dict[str, list[Said] | None] = {"polls": [], "starts": [], "namespaces": []}
    roles: dict[str, set[str]] = {}
    for unit in scene.deployment.units:
        for kind, named in queues.of(unit):
            roles.setdefault(unit.name, set()).add(kind)
            values = _values(unit, named)
            so_far = said[kind]
            # Starts that are not known harm nobody; a worker that is not known may poll anything.
            if values is None and kind != "starts":
                said[kind] = None
            elif so_far is not None:
                so_far.extend(values or ())
    polls, starts, namespaces = said["polls"], said["starts"] or [], said["namespaces"]
    if polls:
        yield from _unpolled(polls, starts)
    if namespaces:
        yield from _apart(namespaces, roles)
        yield from _unmade(scene, namespaces)


def _values(unit: Unit, named: Named) -> list[Said] | None:
    values = [(origin.value_in(unit), origin.read) for origin in named.origins]
    if not values or any(value is None for value, _ in values):
        return None
    sure = len(values) == 1
    return [
        Said(unit, *value, named.call, sure, read.name if read is not None else None)
        for value, read in values
        if value is not None
    ]


def _unpolled(polls: list[Said], starts: list[Said]) -> Iterator[Diagnostic]:
    known = {one.text: one for one in polls}
    told: set[tuple[Place, str]] = set()
    for start in starts:
        if start.text in known or not start.sure:
            continue
        near = difflib.get_close_matches(start.text, known, 1, 0.0)
        worker = known[near[0]] if near else polls[0]
        if start.place == worker.place or (_is_literal(start) and _is_literal(worker)):
            continue  # literals that differ are for the check `temporal`
        if (_where(start, worker), start.text) in told:
            continue
        told.add((_where(start, worker), start.text))
        message = (
            f"`{_name(start.unit)}` starts workflows on task queue `{start.text}` ({start.place}), "
            f"and no worker of this deployment polls it: `{_name(worker.unit)}` polls `{worker.text}` ({worker.place})"
        )
        yield finding(SEPARATE_QUEUES, _where(start, worker), message, _same(start, worker))


def _unmade(scene: Scene, namespaces: list[Said]) -> Iterator[Diagnostic]:
    """A namespace that the deployment's own server does not make, once for each place that names it."""
    servers = [unit for unit in scene.deployment.units if "temporalio/auto-setup" in (unit.image or "")]
    if len(servers) != 1 or servers[0].open or _makes_namespaces(scene):
        return
    said = servers[0].variables.get("DEFAULT_NAMESPACE")
    made = said.value if said is not None else "default"
    for one in {each.place: each for each in reversed(namespaces)}.values():
        if made and one.text != made and one.sure and not _is_literal(one):
            message = (
                f"`{_name(one.unit)}` uses Temporal's namespace `{one.text}`, and `{_name(servers[0])}` "
                f"({servers[0].place}) makes `{made}` only"
            )
            hint = f"set `DEFAULT_NAMESPACE` of the server to `{one.text}`, or use `{made}`"
            yield finding(SEPARATE_QUEUES, _where(one, one), message, hint)


def _makes_namespaces(scene: Scene) -> bool:
    """Whether anything of the project may make namespaces of its own."""
    for file in scene.system.files:
        if file.endswith((".py", ".sh", ".md", ".yml", ".yaml", "Makefile")):
            try:
                text = (scene.system.root / file).read_bytes()[: 1 << 18]
            except OSError:
                return True
            if _MAKING.search(text):
                return True
    return False


def _same(start: Said, worker: Said) -> str:
    """What mends it: of two defaults, that the deployment says what is meant."""
    if _is_constant(start) and _is_constant(worker):
        names = " and ".join(f"`{name}`" for name in dict.fromkeys((start.variable, worker.variable)) if name)
        return f"both are defaults: set {names} in both, or let the defaults say the same"
    return "let both say the same"


def _apart(namespaces: list[Said], roles: dict[str, set[str]]) -> Iterator[Diagnostic]:
    workers = [one for one in namespaces if "polls" in roles[one.unit.name]]
    known = {one.text for one in workers}
    for one in namespaces:
        asks = "polls" not in roles[one.unit.name]
        if asks and workers and one.text not in known and not (_is_constant(one) and _is_constant(workers[0])):
            worker = workers[0]
            message = (
                f"`{_name(one.unit)}` uses Temporal's namespace `{one.text}` ({one.place}), "
                f"and its worker `{_name(worker.unit)}` uses `{worker.text}` ({worker.place})"
            )
            yield finding(SEPARATE_QUEUES, _where(one, worker), message, "let both say the same")


def _is_constant(said: Said) -> bool:
    return said.place.file.endswith(".py")


def _is_literal(said: Said) -> bool:
    return _is_constant(said) and said.variable is None


def _where(first: Said, second: Said) -> Place:
    """The end that a deployment writes, rather than the one in the code."""
    if not _is_constant(first):
        return first.place
    return second.place if not _is_constant(second) else first.unit.place


def _name(unit: Unit) -> str:
    return unit.name.rpartition("/")[2]
