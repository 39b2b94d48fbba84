"""A rule about what has to be awaited and is not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import Body, is_generator, is_outside, loads
from checks.temporal.model import finding
from checks.temporal.reach import Code, Reached, is_transparent

_NEVER = Rule(
    id="temporal.never-awaited",
    severity=Severity.ERROR,
    title="a coroutine or activity that workflow code never awaits",
    why="A coroutine that nobody awaits does nothing at all: no activity is started, no time passes. A started "
    "activity that nobody awaits is dropped when the workflow ends, and its failure is never seen.",
    wrong="workflow.execute_activity(send_mail, to, start_to_close_timeout=timedelta(minutes=1))\n",
    right="await workflow.execute_activity(send_mail, to, start_to_close_timeout=timedelta(minutes=1))\n",
)
RULES = (_NEVER,)

_API = "temporalio.workflow."
_FORMS = ("", "_method", "_class")
_COROUTINES = {
    *(f"{_API}execute_{local}activity{form}" for local in ("", "local_") for form in _FORMS),
    *(
        f"{_API}{name}"
        for name in ("sleep", "wait_condition", "wait", "start_child_workflow", "execute_child_workflow")
    ),
    *(f"{_API}ExternalWorkflowHandle.{name}" for name in ("signal", "cancel")),
    f"{_API}ChildWorkflowHandle.signal",
    "asyncio.sleep",
    "asyncio.wait_for",
    "asyncio.wait",
}
_HANDLES = {f"{_API}start_{local}activity{form}" for local in ("", "local_") for form in _FORMS}
_ASKS = (ast.Subscript, ast.Attribute, ast.Compare, ast.FormattedValue, ast.BinOp, ast.UnaryOp, ast.BoolOp)
_TESTS = (ast.If, ast.While, ast.IfExp, ast.Assert)


def judge(code: Code) -> Iterator[Diagnostic]:
    """Findings about calls whose coroutine or handle is dropped, or taken for its result."""
    seen: set[ast.AST] = set()
    for reached in code.reached:
        for call in reached.body.calls:
            kind = None if call in seen or is_outside(call, reached.body) else _gives(code, call, reached)
            trouble = _trouble(call, kind, reached) if kind is not None else None
            if trouble is not None:
                seen.add(call)
                called = ast.unparse(call.func)
                message = f"`{called}(...)` {trouble}"
                yield finding(_NEVER, reached.module, call, message, _hint(call, kind))


def _gives(code: Code, call: ast.Call, reached: Reached) -> str | None:
    """`coroutine`, `handle`, or None where it is neither for sure."""
    ref = code.ref(call.func, reached) if isinstance(call.func, (ast.Name, ast.Attribute)) else None
    if ref in _COROUTINES:
        return "coroutine"
    if ref in _HANDLES:
        return "handle"
    definition = code.project.names.definition(ref) if ref is not None and ":" in ref else None
    if definition is None or ref in code.project.activities_by_ref or not is_transparent(definition, code.project):
        return None
    if not isinstance(definition.node, ast.AsyncFunctionDef) or is_generator(code.body(definition)):
        return None
    # `contextlib` and `functools` may put something else in its place.
    plain = all(_is_of_sdk(each, code, reached) for each in definition.node.decorator_list)
    return "coroutine" if plain else None


def _is_of_sdk(decorator: ast.expr, code: Code, reached: Reached) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    ref = code.project.names.of(function, reached.module.scope) or ""
    return ref.startswith((_API, "builtins.", "abc.", "typing."))


def _trouble(call: ast.Call, kind: str, reached: Reached) -> str | None:
    body = reached.body
    parent = body.parents[call]
    if isinstance(parent, ast.Expr):
        return "is never awaited: nothing happens" if kind == "coroutine" else "is started and never awaited"
    if isinstance(parent, (ast.Assign, ast.AnnAssign)):
        return _assigned(kind, parent, body)
    if kind == "coroutine" and _is_asked(call, body):
        return "is not awaited: its coroutine is taken for the result"
    if kind == "coroutine" and isinstance(parent, ast.Return) and _is_entry(call, reached):
        return "is returned without `await`: the workflow would give back a coroutine"
    return None


def _assigned(kind: str, parent: ast.Assign | ast.AnnAssign, body: Body) -> str | None:
    targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return None
    name = targets[0].id
    scope = body.scopes[targets[0]]
    if len(scope.bindings.get(name, [])) != 1 or name in scope.outer_names:
        return None
    used = loads(body, name)
    if not used:
        return f"is never awaited: nothing uses `{name}`"
    if kind == "coroutine" and all(_is_asked(each, body) for each in used):
        return f"is not awaited: `{name}` is a coroutine, and line {used[0].lineno} takes it for the result"
    return None


def _is_asked(node: ast.expr, body: Body) -> bool:
    """Whether something is asked of a value, which no coroutine answers."""
    parent = body.parents[node]
    if isinstance(parent, ast.Subscript):
        return parent.value is node
    if isinstance(parent, _TESTS):
        return parent.test is node
    return isinstance(parent, _ASKS)


def _is_entry(call: ast.Call, reached: Reached) -> bool:
    return reached.body.function_around(call) is reached.body.node and any(
        run.node is reached.body.node for run in reached.workflow.runs
    )


def _hint(call: ast.Call, kind: str | None) -> str:
    called = ast.unparse(call.func)
    if kind == "handle":
        return "keep the handle and `await` it, or use `await workflow.execute_activity(...)`"
    return f"write `await {called}(...)`"
