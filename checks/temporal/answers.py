"""Rules about the methods that others call: signals give nothing back, queries and validators change nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import is_attribute_of
from checks.temporal.model import Handler, HandlerKind, Workflow, finding
from checks.temporal.reach import Code, Reached
from checks.temporal.scopes import Definition

_SIGNAL = Rule(
    id="temporal.signal-returns",
    severity=Severity.ERROR,
    title="a signal that returns a value",
    why="Whoever sends a signal does not wait for it: what it returns is thrown away. A message with an answer is an "
    "update; to look at the workflow there are queries.",
    wrong="@workflow.signal\ndef book(self, slot: str) -> bool: ...\n",
    right="@workflow.update\ndef book(self, slot: str) -> bool: ...\n",
)
_ASYNC = Rule(
    id="temporal.async-query",
    severity=Severity.ERROR,
    title="a query or an update's validator that is an `async def`",
    why="Both are answered at once, outside of the workflow's history, and must not wait. The SDK refuses async "
    "validators, and queries that wait fail.",
    wrong="@workflow.query\nasync def status(self) -> str: ...\n",
    right="@workflow.query\ndef status(self) -> str: ...\n",
)
_CHANGES = Rule(
    id="temporal.query-changes-state",
    severity=Severity.ERROR,
    title="a query or validator that changes the workflow",
    why="Queries and validators leave no trace in the history: what they change is gone after a restart, and the "
    "workflow then takes another way than before.",
    wrong="@workflow.query\ndef next_slot(self) -> str:\n    self.asked += 1\n    return self.slots[self.asked]\n",
    right="@workflow.update\ndef next_slot(self) -> str:\n    self.asked += 1\n    return self.slots[self.asked]\n",
)
RULES = (_SIGNAL, _ASYNC, _CHANGES)

_NOTHING = {"None", "NoReturn", "Never", "Any", "typing.Any", "typing.NoReturn", "typing.Never"}
_CHANGERS = {"append", "extend", "insert", "remove", "clear", "popleft", "appendleft", "setdefault", "discard"}
_COMMANDS = (
    "execute_",
    "start_",
    "sleep",
    "wait_condition",
    "continue_as_new",
    "upsert_",
    "patched",
    "random",
    "uuid4",
)


def judge(code: Code) -> Iterator[Diagnostic]:
    """Findings about the handlers of each workflow."""
    for workflow in code.project.workflows:
        if workflow.module.in_tests:
            continue
        for handler in workflow.handlers:
            if handler.kind is HandlerKind.SIGNAL:
                yield from _returns(handler, code)
            elif handler.kind is HandlerKind.QUERY:
                yield from _waits(handler.definition, "query")
                yield from _changes(code, workflow, handler.definition, "query")
        for validator in _validators(code, workflow):
            yield from _waits(validator, "validator")
            yield from _changes(code, workflow, validator, "validator")


def _returns(handler: Handler, code: Code) -> Iterator[Diagnostic]:
    body = code.body(handler.definition)
    name = body.node.name
    annotation = ast.unparse(body.node.returns).strip("'\"") if body.node.returns is not None else "None"
    values = (node for node in body.own(ast.Return) if isinstance(node, ast.Return))
    given = next((node for node in values if _is_something(node.value)), None)
    if annotation not in _NOTHING:
        message = f"signal `{name}` says that it returns `{annotation}`: nobody receives it"
        yield finding(_SIGNAL, body.module, body.node, message, "write `-> None`, or make it a `@workflow.update`")
    elif given is not None:
        message = f"signal `{name}` returns `{ast.unparse(given).removeprefix('return ')}`: nobody receives it"
        yield finding(_SIGNAL, body.module, given, message, "return nothing, or make it a `@workflow.update`")


def _is_something(node: ast.expr | None) -> bool:
    """Whether a value is surely not None."""
    if isinstance(node, ast.Constant):
        return node.value is not None
    return isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.JoinedStr, ast.Compare, ast.BinOp)) or is_attribute_of(
        node or ast.Pass(), "self"
    )


def _validators(code: Code, workflow: Workflow) -> Iterator[Definition]:
    for method in code.methods(workflow.ref).values():
        for decorator in method.node.decorator_list:
            if isinstance(decorator, ast.Attribute) and decorator.attr == "validator":
                yield method


def _waits(definition: Definition, what: str) -> Iterator[Diagnostic]:
    if isinstance(definition.node, ast.AsyncFunctionDef):
        name = definition.node.name
        message = f"{what} `{name}` is an `async def`, and must answer at once"
        yield finding(_ASYNC, definition.own.module, definition.node, message, f"write `def {name}(...)`")


def _changes(code: Code, workflow: Workflow, definition: Definition, what: str) -> Iterator[Diagnostic]:
    start = code.entry(definition, workflow.ref)
    name = definition.node.name
    for reached in code.below(start) if start is not None else ():
        if reached.owner != workflow.ref or reached.body.node.name == "__init__":
            continue
        node = next((node for node in reached.body.scopes if _is_change(node, reached, code)), None)
        if node is not None:
            through = "" if reached is start else f" (through `{reached.name}`)"
            statement = reached.body.statement_of(node)
            shown = ast.unparse(statement if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr)) else node)
            message = f"{what} `{name}` changes the workflow{through}: `{shown.splitlines()[0][:80]}`"
            hint = "only look in it; what changes the workflow is a `@workflow.signal` or a `@workflow.update`"
            yield finding(_CHANGES, reached.module, node, message, hint)


def _is_change(node: ast.AST, reached: Reached, code: Code) -> bool:
    name = reached.body.self_name
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        inner: ast.AST = node.value if isinstance(node, ast.Subscript) else node
        return is_attribute_of(inner, name)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in _CHANGERS and is_attribute_of(node.func.value, name):
            return code.class_of(node.func.value, reached) in (None, "builtins.list", "builtins.set", "builtins.dict")
        ref = code.ref(node.func, reached) or ""
        return ref.startswith(tuple(f"temporalio.workflow.{each}" for each in _COMMANDS))
    return False
