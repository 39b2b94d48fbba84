"""Rules about `workflow.wait_condition`: what it is given, what it gives back, and whether it can ever end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import Body, is_attribute_of, is_outside, loads
from checks.temporal.model import finding
from checks.temporal.reach import Code, Reached
from checks.temporal.scopes import Definition
from checks.temporal.state import States

_RESULT = Rule(
    id="temporal.wait-result",
    severity=Severity.ERROR,
    title="the result of wait_condition is used",
    why="`wait_condition` gives None. When its timeout passes it raises `asyncio.TimeoutError`: code that looks at a "
    "result takes the wrong branch, or fails with AttributeError, days after the workflow started.",
    wrong="booking = await workflow.wait_condition(lambda: self.booking, timeout=timedelta(days=7))\n"
    "await self.call(booking.starts_at)\n",
    right="try:\n    await workflow.wait_condition(lambda: self.booking is not None, timeout=timedelta(days=7))\n"
    "except asyncio.TimeoutError:\n    return 'expired'\nawait self.call(self.booking.starts_at)\n",
)
_CONDITION = Rule(
    id="temporal.wait-condition",
    severity=Severity.ERROR,
    title="wait_condition is given something that is no condition",
    why="It wants a function that it can call again and again. A value or the result of a call raises TypeError; a "
    "coroutine or a method that is not called counts as true, so that nothing is waited for.",
    wrong="await workflow.wait_condition(self.is_booked())\n",
    right="await workflow.wait_condition(lambda: self.is_booked())\n",
)
_FOREVER = Rule(
    id="temporal.waits-forever",
    severity=Severity.ERROR,
    title="a wait for something that nothing changes",
    why="Conditions change when a signal, an update or another part of the workflow sets what they look at. Where "
    "nothing does, the workflow waits for ever, or always runs into its timeout.",
    wrong="def __init__(self) -> None:\n    self.booked = False\n\n"
    "async def run(self) -> None:\n    await workflow.wait_condition(lambda: self.booked)\n",
    right="@workflow.signal\ndef book(self) -> None:\n    self.booked = True\n",
)
RULES = (_RESULT, _CONDITION, _FOREVER)

_WAIT = "temporalio.workflow.wait_condition"
_PASSES_ON = {"asyncio.wait_for", "asyncio.shield"}
_VALUES = (ast.Compare, ast.Constant, ast.Await, ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.Tuple)
_ASKS = (ast.Attribute, ast.Compare, ast.FormattedValue, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.NamedExpr)
_TESTS = (ast.If, ast.While, ast.IfExp, ast.Assert)


def judge(code: Code, states: States) -> Iterator[Diagnostic]:
    """Findings about every wait in workflow code."""
    seen: set[ast.AST] = set()
    for reached in code.reached:
        for call in reached.body.calls:
            is_wait = isinstance(call.func, (ast.Name, ast.Attribute)) and code.ref(call.func, reached) == _WAIT
            if is_wait and call not in seen and not is_outside(call, reached.body):
                seen.add(call)
                yield from _result(code, call, reached)
                yield from _condition(code, call, reached, states)


# What it gives back


def _result(code: Code, call: ast.Call, reached: Reached) -> Iterator[Diagnostic]:
    body = reached.body
    node: ast.AST = body.parents[call]
    if isinstance(node, ast.Call) and code.ref(node.func, reached) in _PASSES_ON and node.args[:1] == [call]:
        node = body.parents[node]
    if isinstance(node, ast.Await) and (use := _use(node, body)) is not None:
        message = f"`wait_condition` gives None, and {use}"
        hint = (
            "wait first, then look at what the signal left on `self`; when the timeout passes, "
            "`asyncio.TimeoutError` is raised"
        )
        yield finding(_RESULT, reached.module, node, message, hint)


def _use(node: ast.Await, body: Body) -> str | None:
    parent = body.parents[node]
    if isinstance(parent, (ast.Assign, ast.AnnAssign)):
        return _use_of_target(parent, body)
    if isinstance(parent, _TESTS):
        return "the code decides by it" if parent.test is node else None
    if isinstance(parent, ast.Subscript):
        return "something is taken out of it" if parent.value is node else None
    if isinstance(parent, ast.Return):
        return "the function says that it returns more" if _promises(body.function_around(node)) else None
    return "the code looks at it" if isinstance(parent, _ASKS) else None


def _use_of_target(parent: ast.Assign | ast.AnnAssign, body: Body) -> str | None:
    targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
    name = targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None
    if name is None or len(body.scopes[targets[0]].bindings.get(name, [])) != 1:
        return None
    used = loads(body, name)
    return f"line {used[0].lineno} uses it as `{name}`" if used else None


def _promises(function: ast.AST) -> bool:
    """Whether the annotation of a function says that it returns something else than None."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or function.returns is None:
        return False
    return ast.unparse(function.returns).strip("'\"") in ("bool", "str", "int", "dict", "list") or isinstance(
        function.returns, ast.Subscript
    )


# What it is given


def _condition(code: Code, call: ast.Call, reached: Reached, states: States) -> Iterator[Diagnostic]:
    given = next((each.value for each in call.keywords if each.arg == "fn"), None)
    node = given or (call.args[0] if call.args and not isinstance(call.args[0], ast.Starred) else None)
    if node is None:
        return
    trouble = _no_condition(code, node, reached, states)
    if trouble is not None:
        message = f"`wait_condition` is given `{_shown(node)}`: {trouble[0]}"
        yield finding(_CONDITION, reached.module, node, message, trouble[1])
    elif (never := _never(code, node, reached, states)) is not None:
        what = ", ".join(f"`self.{name}`" for name in never)
        verb = "stays as it was first set" if len(never) == 1 else "stay as they were first set"
        message = f"waits for `{_shown(node)}`, and {what} {verb}: no handler and no other method changes it"
        hint = f"set `self.{never[0]}` in a `@workflow.signal` or `@workflow.update` method"
        yield finding(_FOREVER, reached.module, node, message, hint)


def _shown(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."


def _no_condition(code: Code, node: ast.expr, reached: Reached, states: States) -> tuple[str, str] | None:
    """What is wrong with a condition, and what to write instead."""
    as_lambda = f"write `lambda: {ast.unparse(node)}`"
    if isinstance(node, ast.Lambda):
        return _no_answer(code, node.body, reached)
    if isinstance(node, _VALUES) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return "a value that is computed once, and no function", as_lambda
    called = _function(code, node.func if isinstance(node, ast.Call) else node, reached)
    if called is not None and isinstance(called.node, ast.AsyncFunctionDef):
        return "its coroutine always counts as true", f"make `{called.node.name}` a plain `def`"
    if isinstance(node, ast.Call):
        returns = getattr(called.node, "returns", None) if called is not None else None
        is_bool = isinstance(returns, ast.Name) and returns.id == "bool"
        return ("the result of a call, and no function", as_lambda) if is_bool else None
    return ("a value, and no function", as_lambda) if called is None and _is_plain(node, reached, states) else None


def _is_plain(node: ast.expr, reached: Reached, states: States) -> bool:
    """Whether it is an attribute that is only ever given constants."""
    if not (is_attribute_of(node, reached.body.self_name) and isinstance(node, ast.Attribute) and reached.owner):
        return False
    values = [value for value, _ in states.of(reached.owner).stores.get(node.attr, ())]
    return bool(values) and all(isinstance(value, ast.Constant) for value in values)


def _no_answer(code: Code, node: ast.expr, reached: Reached) -> tuple[str, str] | None:
    """What is wrong with the expression of a lambda."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _no_answer(code, node.operand, reached)
    if isinstance(node, ast.BoolOp):
        return next((found for part in node.values if (found := _no_answer(code, part, reached))), None)
    if isinstance(node, ast.Call):
        called = _function(code, node.func, reached)
        if called is not None and isinstance(called.node, ast.AsyncFunctionDef):
            return "its coroutine always counts as true", f"make `{called.node.name}` a plain `def`"
        return None
    called = _function(code, node, reached) if isinstance(node, (ast.Name, ast.Attribute)) else None
    if called is not None and not called.node.decorator_list:
        return f"`{ast.unparse(node)}` is not called, and always counts as true", f"write `{ast.unparse(node)}()`"
    return None


def _function(code: Code, node: ast.expr, reached: Reached) -> Definition | None:
    """The function of this project that an expression names."""
    ref = code.ref(node, reached) if isinstance(node, (ast.Name, ast.Attribute)) else None
    found = code.project.names.definition(ref) if ref is not None and ":" in ref else None
    return found if found is not None and not isinstance(found.node, ast.ClassDef) else None


# Whether it can ever come true


def _never(code: Code, node: ast.expr, reached: Reached, states: States) -> list[str] | None:
    """The attributes that keep a condition false for ever; None where it may come true."""
    expression, name = _expression(code, node, reached)
    if expression is None or name is None or reached.owner is None:
        return None
    state = states.of(reached.owner)
    if state.open or state.shared:
        return None
    used = [each.attr for each in ast.walk(expression) if isinstance(each, ast.Attribute)]
    values = {attribute: value for attribute in used if (value := _only_value(attribute, state.stores)) is not None}
    answer = _evaluate(expression, name, {attribute: value.value for attribute, value in values.items()})
    if answer is not False or not set(used).isdisjoint(states.set_from_outside):
        return None
    return list(dict.fromkeys(used))


def _expression(code: Code, node: ast.expr, reached: Reached) -> tuple[ast.expr | None, str | None]:
    """What a condition evaluates, and what that code calls the workflow."""
    if isinstance(node, ast.Lambda):
        call = node.body
        if isinstance(call, ast.Call) and not call.args and not call.keywords:
            return _expression(code, call.func, reached)
        return node.body, reached.body.self_name
    called = _function(code, node, reached) if is_attribute_of(node, reached.body.self_name) else None
    statements = called.node.body if called is not None else []
    if len(statements) == 1 and isinstance(statements[0], ast.Return) and called is not None:
        return statements[0].value, code.body(called).self_name
    return None, None


def _only_value(name: str, stores: dict[str, list[tuple[ast.expr | None, str]]]) -> ast.Constant | None:
    """The constant that `__init__` gives an attribute, if nothing ever gives it another."""
    given = stores.get(name, [])
    if len(given) != 1 or given[0][1] != "__init__":
        return None
    return given[0][0] if isinstance(given[0][0], ast.Constant) else None


def _evaluate(node: ast.expr, name: str, values: dict[str, object]) -> bool | None:
    """Whether an expression is true, None where the known attributes do not tell."""
    if isinstance(node, ast.Attribute):
        known = is_attribute_of(node, name) and node.attr in values
        return bool(values[node.attr]) if known else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _evaluate(node.operand, name, values)
        return None if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        return _evaluate_many(node, name, values)
    if isinstance(node, ast.Compare):
        return _compare(node, name, values)
    return None


def _evaluate_many(node: ast.BoolOp, name: str, values: dict[str, object]) -> bool | None:
    decisive = isinstance(node.op, ast.Or)
    parts = [_evaluate(part, name, values) for part in node.values]
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _compare(node: ast.Compare, name: str, values: dict[str, object]) -> bool | None:
    left, right = node.left, node.comparators[0]
    known = is_attribute_of(left, name) and isinstance(left, ast.Attribute) and left.attr in values
    if not known or not isinstance(left, ast.Attribute) or len(node.ops) != 1 or not isinstance(right, ast.Constant):
        return None
    same = values[left.attr] == right.value and type(values[left.attr]) is type(right.value)
    if isinstance(node.ops[0], (ast.Is, ast.Eq)):
        return same
    return not same if isinstance(node.ops[0], (ast.IsNot, ast.NotEq)) else None
