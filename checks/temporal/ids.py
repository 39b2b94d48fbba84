"""Ids of workflows: what a handle is asked for must be what some start gives."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.asks import Start, StartKind, callers, starts_of
from checks.temporal.handles import workflow_named
from checks.temporal.model import Project, Workflow, finding
from checks.temporal.scopes import Call
from checks.temporal.shapes import HOLE, may_be_one, shape_of, shown
from checks.temporal.sites import Meant, parameter, sites_of
from checks.temporal.uses import last_name

_UNMET = Rule(
    id="temporal.unmet-id",
    severity=Severity.ERROR,
    title="a handle of a workflow id that no start gives",
    why="The server knows no workflow of that id: each signal and query through the handle fails with `not found`, "
    "and the workflow waits for ever.",
    wrong="await client.start_workflow(Hiring.run, key, id=f'hiring-{key}', task_queue='hiring')\n\n"
    "client.get_workflow_handle(f'hiring_{key}')\n",
    right="def hiring_id(key: str) -> str:  # in one file, imported by both\n    return f'hiring-{key}'\n\n"
    "client.get_workflow_handle(hiring_id(key))\n",
)
RULES = (_UNMET,)

_HANDLES = {"get_workflow_handle": 0}
_HANDLES_FOR = {"get_workflow_handle_for": 1, "get_external_workflow_handle_for": 1}
_ALIKE = 0.6
_ELSEWHERE = ("README*", "Makefile", "*.sh", "scripts/*", "docker-compose*", "compose*")


@dataclass(frozen=True, slots=True)
class _Given:
    """An id that a start gives, as far as it can be read."""

    shape: str
    workflow: Workflow | None
    place: str


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings at handles; none where a start gives an id that cannot be read, or one is typed by hand."""
    asked = [each for each in _handles(project) if not each[0].scope.module.in_tests]
    given = _ids_given(project) if asked else None
    if not given or _is_started_by_hand(project.root):
        return
    for call, workflow, meant in asked:
        yield from _unmet(call, workflow, meant, given, project)


def _unmet(
    call: Call, workflow: Workflow | None, meant: Meant, given: list[_Given], project: Project
) -> Iterator[Diagnostic]:
    shape = shape_of(meant.node, meant.scope, project.names)
    possible = [each for each in given if workflow is None or each.workflow in (None, workflow)]
    if shape is None or not possible or any(may_be_one(shape, each.shape) for each in possible):
        return
    if workflow is None and not any(_are_alike(shape, each.shape) for each in possible):
        return  # a workflow of somebody else, as likely as not
    starts = ", ".join(dict.fromkeys(f"`{shown(each.shape)}` ({each.place})" for each in possible))
    message = f"no workflow is started with an id like `{shown(shape)}`; the starts give {starts}"
    yield finding(_UNMET, call.scope.module, call.node, message, "make the id in one function that both sides call")


def _are_alike(first: str, second: str) -> bool:
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE


def _handles(project: Project) -> Iterator[tuple[Call, Workflow | None, Meant]]:
    """Each call that names an id, in the function itself or at those who hand it over."""
    for module in callers(project):
        for call in module.calls:
            method = last_name(call.node.func) or ""
            if method not in {*_HANDLES, *_HANDLES_FOR}:
                continue
            ref = project.names.of(call.node.func, call.scope)
            position = {**_HANDLES, **_HANDLES_FOR}[method]
            node = _argument(call.node, position, "workflow_id")
            if node is None or (ref is not None and not ref.startswith("temporalio.")):
                continue
            first = call.node.args[0] if method in _HANDLES_FOR and call.node.args else None
            workflow = workflow_named(first, call.scope, project) if first is not None else None
            yield from ((each[0], workflow, each[1]) for each in _meant(call, node, project))


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    named = next((each.value for each in node.keywords if each.arg == name), None)
    placed = node.args[position] if len(node.args) > position else None
    return named or (None if isinstance(placed, ast.Starred) else placed)


def _meant(call: Call, node: ast.expr, project: Project) -> Iterator[tuple[Call, Meant]]:
    found = parameter(node, call.scope, project.names)
    if found is None:
        yield call, Meant(node, call.scope)
        return
    for site in sites_of(found[0], project.names)[0]:
        if found[1] in site.arguments:
            yield site.call, site.arguments[found[1]]


def _ids_given(project: Project) -> list[_Given] | None:
    """The ids of every start outside of tests; None where one of them is not known."""
    given: list[_Given] = []
    for start in starts_of(project):
        if start.call.scope.module.in_tests or start.kind is StartKind.AGAIN:
            continue
        found = _of_start(start, project)
        if found is None:
            return None
        given.extend(found)
    return given


def _of_start(start: Start, project: Project) -> list[_Given] | None:
    node = start.keywords.get("id")
    if node is None:
        return None
    handed = parameter(node, start.call.scope, project.names)
    sites, complete = sites_of(handed[0], project.names) if handed is not None else ([], True)
    meant = [each.arguments.get(handed[1]) for each in sites] if handed else [Meant(node, start.call.scope)]
    places = [each.call for each in sites] if handed else [start.call]
    shapes = [shape_of(each.node, each.scope, project.names) if each is not None else None for each in meant]
    if not complete or not shapes or None in shapes:
        return None
    # A schedule adds the moment to the id.
    more = HOLE if last_name(start.call.node.func) == "ScheduleActionStartWorkflow" else ""
    pairs = zip(shapes, places, strict=True)
    return [_Given(f"{shape}{more}", start.workflow, _place(call)) for shape, call in pairs if shape is not None]


def _place(call: Call) -> str:
    return f"{call.scope.module.file}:{call.node.lineno}"


def _is_started_by_hand(root: Path) -> bool:
    """Whether a text of the project starts workflows with Temporal's own program."""
    files = (file for pattern in _ELSEWHERE for file in root.glob(pattern) if file.is_file())
    return any(b"workflow start" in file.read_bytes()[:500_000] for file in files)
