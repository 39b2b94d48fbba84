"""Warnings about workflows that cannot be stopped or never end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import Body, is_attribute_of, is_outside
from checks.temporal.model import finding
from checks.temporal.reach import Code, Reached

_SWALLOWED = Rule(
    id="temporal.swallowed-cancellation",
    severity=Severity.WARNING,
    title="workflow code that catches its own cancellation and goes on",
    why="A cancelled workflow gets `asyncio.CancelledError` where it waits. Caught and not raised again, the workflow "
    "goes on, and cancelling it from outside has no effect.",
    wrong="try:\n    await self.invite()\nexcept BaseException:\n    pass\n",
    right="try:\n    await self.invite()\nexcept asyncio.CancelledError:\n    await self.undo()\n    raise\n",
)
_ENDLESS = Rule(
    id="temporal.endless-loop",
    severity=Severity.WARNING,
    title="a loop without end and without continue_as_new",
    why="Every step is kept in the history, and after some 50,000 events Temporal ends the workflow.",
    wrong="while True:\n    await self.remind()\n    await workflow.sleep(timedelta(days=1))\n",
    right="while True:\n    await self.remind()\n    await workflow.sleep(timedelta(days=1))\n"
    "    if workflow.info().is_continue_as_new_suggested():\n        workflow.continue_as_new(candidate_id)\n",
)
_REMINDER = Rule(
    id="temporal.endless-reminder",
    severity=Severity.WARNING,
    title="a reminder that is sent until somebody answers",
    why="Somebody who never answers is reminded for ever.",
    wrong="while not self.booked:\n    await self.remind()\n    await workflow.sleep(timedelta(days=1))\n",
    right="for _ in range(3):\n    if self.booked:\n        break\n    await self.remind()\n"
    "    await workflow.sleep(timedelta(days=1))\n",
)
RULES = (_SWALLOWED, _ENDLESS, _REMINDER)

_CANCELLATION = {"builtins.BaseException", "asyncio.CancelledError", "asyncio.exceptions.CancelledError"}
_WAITS = {"temporalio.workflow.sleep", "asyncio.sleep", "temporalio.workflow.wait_condition", "asyncio.wait_for"}
_ENDS = "temporalio.workflow.continue_as_new"


def judge(code: Code) -> Iterator[Diagnostic]:
    """Findings about each loop and handler of exceptions in workflow code."""
    seen: set[ast.AST] = set()
    for reached in code.reached:
        nodes: list[ast.Try | ast.While] = [*reached.body.of(ast.Try), *reached.body.of(ast.While)]
        for node in nodes:
            if node in seen or is_outside(node, reached.body):
                continue
            seen.add(node)
            yield from _swallowed(code, node, reached) if isinstance(node, ast.Try) else _endless(code, node, reached)


# Cancellation


def _swallowed(code: Code, node: ast.Try, reached: Reached) -> Iterator[Diagnostic]:
    if not _awaits(node.body, reached.body, node) or _cancels_itself(node, reached.body):
        return
    for handler in node.handlers:
        caught = _caught(code, handler, reached)
        if caught is None:
            continue
        if not _raises(handler) and not _asks_for_cancellation(handler):
            message = f"`{caught}` also catches the workflow's cancellation, and nothing raises it again"
            hint = "catch `Exception`, or write `raise` at the end of the handler"
            yield finding(_SWALLOWED, reached.module, handler, message, hint)
        return


def _caught(code: Code, handler: ast.ExceptHandler, reached: Reached) -> str | None:
    """How a handler catches the cancellation; `temporalio.exceptions.CancelledError` is that of an activity or "
    "child."""
    if handler.type is None:
        return "except:"
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    refs = {code.ref(each, reached) for each in types if isinstance(each, (ast.Name, ast.Attribute))}
    return f"except {ast.unparse(handler.type)}:" if _CANCELLATION & refs else None


def _awaits(statements: list[ast.stmt], body: Body, node: ast.Try) -> bool:
    own = body.function_around(node)
    return any(
        isinstance(part, ast.Await) and body.function_around(part) is own
        for each in statements
        for part in ast.walk(each)
    )


def _cancels_itself(node: ast.Try, body: Body) -> bool:
    """Whether the function cancels a task and then waits for it to end: that cancellation is its own."""
    called = (call.func for call in body.calls)
    cancelled = {
        ast.unparse(each.value) for each in called if isinstance(each, ast.Attribute) and each.attr == "cancel"
    }
    awaited = [part.value for each in node.body for part in ast.walk(each) if isinstance(part, ast.Await)]
    return bool(cancelled) and any(ast.unparse(each) in cancelled for each in awaited)


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(part, ast.Raise) for each in handler.body for part in ast.walk(each))


def _asks_for_cancellation(handler: ast.ExceptHandler) -> bool:
    text = " ".join(ast.unparse(each) for each in handler.body)
    return "is_cancelled_exception" in text or "continue_as_new" in text


# Loops


def _endless(code: Code, node: ast.While, reached: Reached) -> Iterator[Diagnostic]:
    if node.orelse or _leaves(node) or _continues_as_new(code, node, reached):
        return
    if isinstance(node.test, ast.Constant) and node.test.value:
        message = "`while True` never ends, and the history grows with every round"
        hint = "call `workflow.continue_as_new(...)` when `workflow.info().is_continue_as_new_suggested()`"
        yield finding(_ENDLESS, reached.module, node, message, hint)
    elif (names := _awaited_flags(node, reached)) and _sends_and_waits(code, node, reached):
        shown = ", ".join(f"`self.{name}`" for name in names)
        message = f"repeats until {shown} is set from outside, which may never happen"
        yield finding(_REMINDER, reached.module, node, message, "count the rounds, and end after the last")


def _leaves(node: ast.While) -> bool:
    """Whether anything in the loop ends it: a `break` of an inner loop is given the benefit of the doubt."""
    return any(isinstance(part, (ast.Break, ast.Return, ast.Raise)) for each in node.body for part in ast.walk(each))


def _continues_as_new(code: Code, node: ast.While, reached: Reached) -> bool:
    inside = {part for each in node.body for part in ast.walk(each)}
    below = [target for call, target in code.calls.get(reached, ()) if call in inside]
    functions = [each for start in below for each in code.below(start)]
    calls = [(call, reached) for call in reached.body.calls if call in inside]
    calls += [(call, each) for each in functions for call in each.body.calls]
    raises = any(each.body.of(ast.Raise) for each in functions)
    return raises or any(
        isinstance(call.func, (ast.Name, ast.Attribute)) and code.ref(call.func, each) == _ENDS for call, each in calls
    )


def _awaited_flags(node: ast.While, reached: Reached) -> list[str]:
    """The attributes that a loop waits for, where it looks at nothing else and sets none of them itself."""
    name = reached.body.self_name
    used = [part for part in ast.walk(node.test) if isinstance(part, ast.Attribute)]
    if not used or not all(is_attribute_of(part, name) for part in used):
        return []
    if any(
        isinstance(part, (ast.Call, ast.Name)) and getattr(part, "id", name) != name for part in ast.walk(node.test)
    ):
        return []
    names = list(dict.fromkeys(part.attr for part in used))
    set_here = {
        part.attr
        for part in reached.body.of(ast.Attribute)
        if is_attribute_of(part, name) and not isinstance(part.ctx, ast.Load)
    }
    return names if set_here.isdisjoint(names) else []


def _sends_and_waits(code: Code, node: ast.While, reached: Reached) -> bool:
    """Whether each round has a side effect, and then lets time pass."""
    inside = {part for each in node.body for part in ast.walk(each)}
    refs = [
        code.ref(call.func, reached) or ""
        for call in reached.body.calls
        if call in inside and isinstance(call.func, (ast.Name, ast.Attribute))
    ]
    for call, target in code.calls.get(reached, ()):
        if call in inside:
            calls = target.body.calls
            refs += [
                code.ref(each.func, target) or "" for each in calls if isinstance(each.func, (ast.Name, ast.Attribute))
            ]
    acts = any(ref.startswith(("temporalio.workflow.execute_", "temporalio.workflow.start_")) for ref in refs)
    return acts and not _WAITS.isdisjoint(refs)
