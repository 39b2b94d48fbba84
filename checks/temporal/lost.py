"""Rules about signals that come before anybody waits for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import HandlerKind, Project, Workflow, finding
from checks.temporal.scopes import Definition

_LOST = Rule(
    id="temporal.lost-signal",
    severity=Severity.WARNING,
    title="a signal that comes early is forgotten before the workflow waits for it",
    why="Signals are handled as they come, also while an activity runs. What they left on `self` is overwritten here, "
    "and the wait that follows never ends.",
    wrong="await workflow.execute_activity(invite, key, start_to_close_timeout=timedelta(minutes=1))\n"
    "self.slot = None\nawait workflow.wait_condition(lambda: self.slot is not None)\n",
    right="def __init__(self) -> None:\n    self.slot: str | None = None  # before any signal can come\n",
)
RULES = (_LOST,)

_FRESH = {"asyncio.Event", "asyncio.Queue", "asyncio.Future", "builtins.list", "builtins.dict", "builtins.set"}


@dataclass(frozen=True, slots=True)
class _Reset:
    """`self.NAME = <nothing yet>` in the midst of a method."""

    name: str
    node: ast.Assign | ast.AnnAssign


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about each run method by itself: what helpers do before it is not asked."""
    for workflow in project.workflows:
        if workflow.module.in_tests or len(workflow.runs) != 1 or not workflow.complete:
            continue
        signalled = _touched_by_signals(workflow)
        for reset in _resets(workflow.runs[0], project):
            if reset.name in signalled and _is_lost(reset, workflow):
                message = f"`self.{reset.name}` is emptied after an `await`: a signal that came before is lost"
                hint = "write it in `__init__`, which runs before any signal is handled"
                yield finding(_LOST, workflow.module, reset.node, message, hint)


def _touched_by_signals(workflow: Workflow) -> set[str]:
    """The attributes that signal handlers set, change or call."""
    handlers = [each for each in workflow.handlers if each.kind is HandlerKind.SIGNAL]
    return {name for each in handlers for node in ast.walk(each.definition.node) if (name := _own_name(node))}


def _own_name(node: ast.AST) -> str | None:
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if is_own and isinstance(node, ast.Attribute) else None


def _resets(run: Definition, project: Project) -> Iterator[_Reset]:
    """Only what is written at the top of the method: what stands in loops and branches may well be right."""
    for node in run.node.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        name = _own_name(targets[0]) if len(targets) == 1 else None
        if name is not None and _is_nothing(node.value, run, project):
            yield _Reset(name, node)


def _is_nothing(node: ast.expr, run: Definition, project: Project) -> bool:
    """None, False, an empty collection, or an event that nobody has set."""
    if isinstance(node, ast.Constant):
        return not node.value
    if isinstance(node, (ast.List, ast.Dict, ast.Tuple)):
        return not (node.elts if not isinstance(node, ast.Dict) else node.keys)
    empty = isinstance(node, ast.Call) and not node.args and not node.keywords
    return empty and isinstance(node, ast.Call) and project.names.of(node.func, run.own) in _FRESH


def _is_lost(reset: _Reset, workflow: Workflow) -> bool:
    """After an await, waited for later, and never looked at before: else it may have been dealt with."""
    body = workflow.runs[0].node.body
    before = [node for node in body if node.lineno < reset.node.lineno]
    after = [node for node in body if node.lineno > reset.node.lineno]
    awaited = any(isinstance(each, ast.Await) for node in before for each in ast.walk(node))
    looked_at = any(_own_name(each) == reset.name for node in before for each in ast.walk(node))
    elsewhere = any(_own_name(each) == reset.name for method in _helpers(workflow) for each in ast.walk(method.node))
    return awaited and not looked_at and not elsewhere and any(_waits_on(reset.name, node) for node in after)


def _helpers(workflow: Workflow) -> Iterator[Definition]:
    """The methods that the run method may call before: they might have looked at it."""
    handlers = {id(each.definition) for each in workflow.handlers}
    for method in workflow.module.definitions:
        is_own = method.outer is workflow.definition.own and id(method) not in handlers
        if is_own and method is not workflow.runs[0] and method.node.name != "__init__":
            yield method


def _waits_on(name: str, statement: ast.stmt) -> bool:
    awaits = (each for each in ast.walk(statement) if isinstance(each, ast.Await))
    return any(_own_name(each) == name for node in awaits for each in ast.walk(node))
