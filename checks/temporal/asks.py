"""The calls that reach a workflow from outside: starts, signals, queries and updates, wherever they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from checks.model import Diagnostic, Severity
from checks.temporal.handles import Handle, handle_of, workflow_named
from checks.temporal.model import HandlerKind, Project, Workflow, workflow_of
from checks.temporal.scopes import Call, Definition, Module
from checks.temporal.signatures import Given, handed_over, listed_count
from checks.temporal.uses import last_name

_NEEDLES = (b"start_workflow", b"execute_workflow", b"get_workflow_handle")
_STARTS = {"start_workflow", "execute_workflow"}
_START_REFS = {
    "temporalio.client.ScheduleActionStartWorkflow",
    "temporalio.client.WithStartWorkflowOperation",
}
_CHILDREN = {"temporalio.workflow.start_child_workflow", "temporalio.workflow.execute_child_workflow"}
_AGAIN = "temporalio.workflow.continue_as_new"
_TOLD = {
    "signal": HandlerKind.SIGNAL,
    "query": HandlerKind.QUERY,
    "execute_update": HandlerKind.UPDATE,
    "start_update": HandlerKind.UPDATE,
}


class StartKind(StrEnum):
    """How a workflow comes to run."""

    START = "start"
    CHILD = "child"
    AGAIN = "continue as new"


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A call that starts a workflow; `target` is what it names, `workflow` the project's own where it is certain."""

    kind: StartKind
    call: Call
    target: ast.expr | None
    workflow: Workflow | None
    given: Given

    @property
    def keywords(self) -> dict[str, ast.expr]:
        """What was given by name."""
        return {keyword.arg or "**": keyword.value for keyword in self.call.node.keywords}


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A signal, query or update. Unless `certain`, a function of the project may pass on what it names."""

    kind: HandlerKind
    call: Call
    target: ast.expr
    handle: Handle
    given: Given
    certain: bool = True


def callers(project: Project) -> tuple[Module, ...]:
    """The modules that may start workflows or hold handles: an API need not import the SDK for it."""
    return tuple(dict.fromkeys((*project.modules, *project.names.sources.mentioning(_NEEDLES))))


@lru_cache(maxsize=1)
def asks_of(project: Project) -> tuple[Start | Message, ...]:
    """Every such call of the project, read once for all rules."""
    return tuple(
        ask for module in callers(project) for call in module.calls for ask in _read(call, project) if ask is not None
    )


def starts_of(project: Project) -> Iterator[Start]:
    """Every call that starts a workflow."""
    return (ask for ask in asks_of(project) if isinstance(ask, Start))


def messages_of(project: Project) -> Iterator[Message]:
    """Every signal, query and update that is sent."""
    return (ask for ask in asks_of(project) if isinstance(ask, Message))


def _read(call: Call, project: Project) -> Iterator[Start | Message | None]:
    method = last_name(call.node.func)
    if method in _TOLD and isinstance(call.node.func, ast.Attribute):
        yield _message(call, call.node.func, _TOLD[method], project)
        return
    start = _start(call, method, project)
    if start is not None:
        yield start
        yield _first_signal(start)


def _start(call: Call, method: str | None, project: Project) -> Start | None:
    spelled = method in _STARTS or method in ("start_child_workflow", "execute_child_workflow", "continue_as_new")
    if not spelled and method not in ("ScheduleActionStartWorkflow", "WithStartWorkflowOperation"):
        return None
    ref = project.names.of(call.node.func, call.scope)
    if ref == _AGAIN:
        return _again(call, project)
    is_child = ref in _CHILDREN
    is_method = method in _STARTS and isinstance(call.node.func, ast.Attribute) and ref is None
    if not (is_child or is_method or ref in _START_REFS or (ref or "").startswith("temporalio.client.Client.")):
        return None
    target = _target(call)
    workflow = workflow_named(target, call.scope, project) if target is not None else None
    if is_method and workflow is None and "task_queue" not in {each.arg for each in call.node.keywords}:
        return None  # another library's method of that name
    if is_method and method in _wrappers(project) and not _is_client(call, project):
        return None  # the project has a method of that name, which may take what it likes
    before = 1 if call.node.args else 0
    return Start(StartKind.CHILD if is_child else StartKind.START, call, target, workflow, handed_over(call, before))


@lru_cache(maxsize=1)
def _wrappers(project: Project) -> frozenset[str]:
    """The names of the project's own functions and methods, but for those that extend classes of the SDK."""
    return frozenset(
        each.node.name
        for module in callers(project)
        for each in module.definitions
        if not isinstance(each.node, ast.ClassDef) and not _extends_sdk(each, project)
    )


def _extends_sdk(definition: Definition, project: Project) -> bool:
    node = definition.outer.node
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    outer = definition.outer.parent
    return outer is not None and any((project.names.of(base, outer) or "").startswith("temporalio.") for base in bases)


def _is_client(call: Call, project: Project) -> bool:
    """Whether the method is surely the SDK's: its object is annotated, or comes from `Client.connect`."""
    owner = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
    where, bindings = project.names.lookup(owner.id, call.scope) if isinstance(owner, ast.Name) else (None, [])
    if where is None or len(bindings) != 1:
        return False
    node = bindings[0].node
    if isinstance(node, ast.arg):
        return node.annotation is not None and project.names.of(node.annotation, where) == "temporalio.client.Client"
    made = node.value if isinstance(node, ast.Await) else None
    return isinstance(made, ast.Call) and project.names.of(made.func, where) == "temporalio.client.Client.connect"


def _target(call: Call) -> ast.expr | None:
    if call.node.args:
        return None if isinstance(call.node.args[0], ast.Starred) else call.node.args[0]
    return next((keyword.value for keyword in call.node.keywords if keyword.arg == "workflow"), None)


def _again(call: Call, project: Project) -> Start:
    """The next run is of the same workflow unless `workflow=` says otherwise."""
    other = next((keyword.value for keyword in call.node.keywords if keyword.arg == "workflow"), None)
    workflow = workflow_named(other, call.scope, project) if other is not None else workflow_of(call.scope, project)
    return Start(StartKind.AGAIN, call, other, workflow, handed_over(call, 0))


def _first_signal(start: Start) -> Message | None:
    """Signal-with-start: the signal comes along with the start."""
    target = start.keywords.get("start_signal")
    if target is None or (isinstance(target, ast.Constant) and target.value is None):
        return None
    arguments = start.keywords.get("start_signal_args")
    count = 0 if arguments is None else listed_count(arguments)
    given = Given((), None if "**" in start.keywords else count)
    return Message(HandlerKind.SIGNAL, start.call, target, Handle(start.workflow, external=True), given)


def _message(call: Call, function: ast.Attribute, kind: HandlerKind, project: Project) -> Message | None:
    named = next((each.value for each in call.node.keywords if each.arg in ("signal", "query", "update")), None)
    target = call.node.args[0] if call.node.args else named
    handle = handle_of(function.value, call.scope, project)
    if target is None or isinstance(target, ast.Starred):
        return None
    if handle is None:
        ref = project.names.of(target, call.scope)
        if ref is None or _workflow_of_method(target, call, project) is None:
            return None  # whose method it is, only a run would tell
        handle = Handle(None, external=True)
        if function.attr in _wrappers(project):
            return Message(kind, call, target, handle, Given((), None), certain=False)
    return Message(kind, call, target, handle, handed_over(call, 1 if call.node.args else 0))


def _workflow_of_method(target: ast.expr, call: Call, project: Project) -> Workflow | None:
    """The workflow that `Hiring.book_slot` names a method of."""
    ref = project.names.of(target.value, call.scope) if isinstance(target, ast.Attribute) else None
    return project.workflows_by_ref.get(ref) if ref else None


def method_owner(message: Message, project: Project) -> Workflow | None:
    """The workflow whose method a message names by object."""
    return _workflow_of_method(message.target, message.call, project)


def softened(found: Diagnostic, module: Module) -> Diagnostic:
    """A test may be wrong on purpose, and fails by itself where it is not."""
    if not module.in_tests:
        return found
    return Diagnostic(found.rule, Severity.WARNING, found.message, found.file, found.line, found.column, found.hint)
