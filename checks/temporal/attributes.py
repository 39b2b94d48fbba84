"""Rules about what workflow code reads and nothing gives: attributes of `self`, globals, constructor arguments."""

from __future__ import annotations

import ast
import builtins
import difflib
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import is_attribute_of
from checks.temporal.model import Workflow, finding
from checks.temporal.reach import Code, Reached
from checks.temporal.scopes import Module, ScopeKind
from checks.temporal.state import State, States

_UNSET = Rule(
    id="temporal.unset-attribute",
    severity=Severity.ERROR,
    title="a workflow reads an attribute of `self` that nothing sets",
    why="Python raises AttributeError when the line runs. In a workflow the task then fails and is retried for ever, "
    "so the workflow hangs there.",
    wrong="await workflow.wait_condition(lambda: self.booked)  # and no method ever sets self.booked\n",
    right="def __init__(self) -> None:\n    self.booked = False\n\n"
    "@workflow.signal\ndef book(self) -> None:\n    self.booked = True\n",
)
_UNDEFINED = Rule(
    id="temporal.undefined-name",
    severity=Severity.ERROR,
    title="workflow code uses a name that is defined nowhere",
    why="Python raises NameError when the line runs, days after the workflow started. The workflow task fails and is "
    "retried for ever, so the workflow hangs there.",
    wrong="await send_rejection_email(candidate_id)  # never imported\n",
    right="with workflow.unsafe.imports_passed_through():\n    from activities import send_rejection_email\n\n"
    "await workflow.execute_activity(\n"
    "    send_rejection_email, candidate_id, start_to_close_timeout=timedelta(minutes=1)\n)\n",
)
_ARGUMENTS = Rule(
    id="temporal.init-arguments",
    severity=Severity.ERROR,
    title="a workflow's `__init__` that needs arguments, without `@workflow.init`",
    why="The worker creates the workflow without arguments, and Python raises TypeError: the workflow never starts. "
    "With `@workflow.init` it is given those of the run method.",
    wrong="def __init__(self, candidate_id: str) -> None: ...\n",
    right="@workflow.init\ndef __init__(self, candidate_id: str) -> None: ...\n",
)
RULES = (_UNSET, _UNDEFINED, _ARGUMENTS)

_IMPORTS = {
    "timedelta": "from datetime import timedelta",
    "datetime": "from datetime import datetime",
    "asyncio": "import asyncio",
    "RetryPolicy": "from temporalio.common import RetryPolicy",
    "ApplicationError": "from temporalio.exceptions import ApplicationError",
    "ActivityError": "from temporalio.exceptions import ActivityError",
    "Any": "from typing import Any",
    "Optional": "from typing import Optional",
    "json": "import json",
}
_TOLD_ELSEWHERE = {"workflow", "activity"}


def judge(code: Code, states: States) -> Iterator[Diagnostic]:
    """Findings about each workflow class, and about each file that its code lies in."""
    for workflow in code.project.workflows:
        if not workflow.module.in_tests:
            yield from _unset(workflow, code, states)
            yield from _needs_arguments(workflow, code)
    yield from _undefined(code)


# Attributes


def _unset(workflow: Workflow, code: Code, states: States) -> Iterator[Diagnostic]:
    state = states.of(workflow.ref)
    if state.open:
        return
    first: dict[str, tuple[Reached, ast.Attribute]] = {}
    for reached in code.of_workflow(workflow):
        for node in _unknown_attributes(reached, state):
            known = first.get(node.attr)
            if known is None or (reached.module.file, node.lineno) < (known[0].module.file, known[1].lineno):
                first[node.attr] = (reached, node)
    for name, (reached, node) in first.items():
        if name in states.set_from_outside or _expects(node, reached):
            continue
        message = f"`self.{name}` is read, and nothing in `{workflow.definition.own.qualname}` sets it"
        yield finding(_UNSET, reached.module, node, message, _attribute_hint(name, node, reached, state))


def _unknown_attributes(reached: Reached, state: State) -> Iterator[ast.Attribute]:
    name = reached.body.self_name
    for node in reached.body.of(ast.Attribute) if name is not None else ():
        if is_attribute_of(node, name) and not state.has(node.attr):
            yield node


def _expects(node: ast.AST, reached: Reached) -> bool:
    """Whether the code is ready for the name to be absent."""
    return any(
        isinstance(around, ast.Try)
        and any(
            handler.type is None
            or any(word in ast.unparse(handler.type) for word in ("Attribute", "Name", "Exception"))
            for handler in around.handlers
        )
        for around in reached.body.around(node)
    )


def _attribute_hint(name: str, node: ast.Attribute, reached: Reached, state: State) -> str:
    known = sorted({*state.declared, *state.stores})
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    if close:
        return f"did you mean `self.{close[0]}`?"
    if isinstance(reached.body.parents[node], ast.Call):
        return f"write the method `{name}`, or call what it stands for"
    return f"set `self.{name}` in `__init__`, and give it its value in a `@workflow.signal` method"


# Constructor


def _needs_arguments(workflow: Workflow, code: Code) -> Iterator[Diagnostic]:
    method = code.methods(workflow.ref).get("__init__")
    if method is None or isinstance(method.node, ast.ClassDef) or method.node.decorator_list:
        return
    arguments = method.node.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    required = [each.arg for each in positional[: len(positional) - len(arguments.defaults)]]
    required += [
        each.arg for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value is None
    ]
    if required:
        name = workflow.definition.own.qualname
        message = (
            f"`{name}.__init__` needs {', '.join(f'`{each}`' for each in required)}, and is called without arguments"
        )
        hint = "decorate it with `@workflow.init` and give it the parameters of the run method, or take them in `run`"
        yield finding(_ARGUMENTS, method.own.module, method.node, message, hint)


# Names


def _undefined(code: Code) -> Iterator[Diagnostic]:
    """One finding a name and file: each needs its import but once."""
    first: dict[tuple[str, str], tuple[Reached, ast.Name]] = {}
    for reached in code.reached:
        if reached.module.stars:  # they bring what only a run would tell
            continue
        for node in reached.body.of(ast.Name):
            if isinstance(node.ctx, ast.Load) and _is_unknown(node, reached, code):
                key = (reached.module.file, node.id)
                if key not in first or node.lineno < first[key][1].lineno:
                    first[key] = (reached, node)
    for (_, name), (reached, node) in first.items():
        if not _is_bound_oddly(name, reached.module) and not _expects(node, reached):
            message = f"`{name}` is used in workflow code and defined nowhere: Python raises NameError"
            yield finding(_UNDEFINED, reached.module, node, message, _name_hint(name, node, reached, code))


def _is_unknown(node: ast.Name, reached: Reached, code: Code) -> bool:
    name = node.id
    if hasattr(builtins, name) or name in _TOLD_ELSEWHERE or (name.startswith("__") and name.endswith("__")):
        return False
    return code.project.names.lookup(name, reached.body.scopes[node])[0] is None


def _is_bound_oddly(name: str, module: Module) -> bool:
    """Whether the file makes the name in a way that is not looked at elsewhere."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            return True
        if name in (getattr(node, "name", None), getattr(node, "rest", None)) and not isinstance(node, ast.alias):
            return True
        if isinstance(node, ast.Name) and node.id in ("globals", "exec", "locals"):
            return True
    return False


def _name_hint(name: str, node: ast.Name, reached: Reached, code: Code) -> str:
    if name in _IMPORTS:
        return f"write `{_IMPORTS[name]}` at the top of the file"
    activities = [each for each in code.project.activities if each.definition.node.name == name]
    if activities:
        return f"import it from {activities[0].module.file}, and call it with `workflow.execute_activity`"
    parent = reached.body.parents[node]
    called = isinstance(parent, ast.Call) and parent.func is node
    awaited = called and isinstance(reached.body.parents.get(parent), ast.Await)
    known = [
        key
        for scope in reached.body.scopes[node].chain()
        if scope.kind is not ScopeKind.CLASS
        for key in scope.bindings
    ]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    if close:
        return f"did you mean `{close[0]}`?"
    if awaited:
        return (
            f"if it has side effects, make it an activity and write `await workflow.execute_activity({name}, ..., "
            "start_to_close_timeout=timedelta(...))`"
        )
    return "import or define it"
