"""Rules about calls of the client whose coroutine nobody awaits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.asks import Message, StartKind, asks_of, callers
from checks.temporal.handles import handle_of
from checks.temporal.model import Project, finding, workflow_of
from checks.temporal.scopes import Call, Module

_UNAWAITED = Rule(
    id="temporal.unawaited-client",
    severity=Severity.ERROR,
    title="a call of the Temporal client that is never awaited",
    why="Without `await` nothing is sent: no workflow starts, no signal arrives, and nothing fails either.",
    wrong="client.start_workflow(Hiring.run, candidate_id, id=key, task_queue='hiring')\n",
    right="await client.start_workflow(Hiring.run, candidate_id, id=key, task_queue='hiring')\n",
)
RULES = (_UNAWAITED,)

_COROUTINES = {
    "temporalio.client.Client.connect",
    "temporalio.testing.WorkflowEnvironment.start_local",
    "temporalio.testing.WorkflowEnvironment.start_time_skipping",
}
_OF_HANDLES = {"result", "cancel", "terminate", "describe"}


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about statements that are nothing but such a call. Workflow code is judged by other rules."""
    sent = (
        ask for ask in asks_of(project) if (ask.certain if isinstance(ask, Message) else ask.kind is StartKind.START)
    )
    asked = {id(ask.call.node) for ask in sent}
    for module in callers(project):
        found = [each for call in module.calls for each in _judge(call, id(call.node) in asked, project)]
        alone = _alone(module) if found else set()
        for call, diagnostic in found:
            if id(call.node) in alone and workflow_of(call.scope, project) is None:
                yield diagnostic


def _alone(module: Module) -> set[int]:
    """The calls that are a whole statement."""
    return {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}


def _judge(call: Call, is_ask: bool, project: Project) -> Iterator[tuple[Call, Diagnostic]]:
    if call.awaited:
        return
    constructs = project.names.of(call.node.func, call.scope) in (
        "temporalio.client.ScheduleActionStartWorkflow",
        "temporalio.client.WithStartWorkflowOperation",
    )
    if (is_ask and not constructs) or _is_coroutine(call, project):
        message = f"`{ast.unparse(call.node.func)}(...)` is not awaited: nothing is sent"
        hint = "write `await` before it, in an `async def`"
        yield call, finding(_UNAWAITED, call.scope.module, call.node, message, hint)


def _is_coroutine(call: Call, project: Project) -> bool:
    function = call.node.func
    if project.names.of(function, call.scope) in _COROUTINES:
        return True
    if not isinstance(function, ast.Attribute) or function.attr not in _OF_HANDLES:
        return False
    return handle_of(function.value, call.scope, project) is not None
