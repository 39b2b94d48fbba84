"""Rules about how long things may take: an activity needs a timeout, and a duration is a `timedelta`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import words
from checks.temporal.model import Project, Sdk, Use, UseKind, finding
from checks.temporal.names import Names
from checks.temporal.scopes import Call, Scope

_MISSING = Rule(
    id="temporal.no-timeout",
    severity=Severity.ERROR,
    title="an activity without start_to_close_timeout and schedule_to_close_timeout",
    why="The SDK raises ValueError when the line runs: the workflow task fails and is retried for ever, so the "
    "workflow hangs there.",
    wrong="await workflow.execute_activity(send_mail, candidate_id)\n",
    right="await workflow.execute_activity(send_mail, candidate_id, start_to_close_timeout=timedelta(minutes=1))\n",
)
_NO_DURATION = Rule(
    id="temporal.not-a-timedelta",
    severity=Severity.ERROR,
    title="a duration that is of the wrong type",
    why="The SDK takes a `timedelta` (and `asyncio` takes seconds). Anything else raises when the line runs: the "
    "workflow task fails and is retried for ever, without a word to anybody who waits.",
    wrong="await workflow.execute_activity(send_mail, candidate_id, start_to_close_timeout=30)\n",
    right="await workflow.execute_activity(send_mail, candidate_id, start_to_close_timeout=timedelta(seconds=30))\n",
)
RULES = (_MISSING, _NO_DURATION)

_REQUIRED = {"start_to_close_timeout", "schedule_to_close_timeout"}
_DURATIONS = words(
    "start_to_close_timeout schedule_to_close_timeout schedule_to_start_timeout heartbeat_timeout "
    "run_timeout execution_timeout task_timeout initial_interval maximum_interval start_delay rpc_timeout "
    "local_retry_threshold backoff_start_interval graceful_shutdown_timeout "
    "sticky_queue_schedule_to_start_timeout max_heartbeat_throttle_interval "
    "default_heartbeat_throttle_interval next_retry_delay connect_timeout"
)
_RETRY_POLICY = "temporalio.common.RetryPolicy"
_RETRY_POSITIONS = {0: "initial_interval", 2: "maximum_interval"}
_DEPTH = 8
_DATETIMES = {
    "temporalio.workflow.now",
    "datetime.datetime",
    "datetime.datetime.now",
    "datetime.datetime.fromisoformat",
    "datetime.datetime.combine",
}
_NUMBERS = {"builtins.int", "builtins.float", "builtins.round", "builtins.len"}


def judge(project: Project, sdk: Sdk | None) -> Iterator[Diagnostic]:
    """Findings about durations wherever the SDK is given some."""
    handled = {use.call.node for use in project.uses}
    for use in project.uses:
        if not use.module.in_tests:
            yield from _missing(use)
    for module in project.judged_modules():
        for call in module.calls:
            ref = project.names.of(call.node.func, call.scope)
            if ref is not None and ref.startswith("asyncio."):
                yield from _seconds(call, ref, project.names)
            elif call.node in handled or (ref is not None and ref.startswith("temporalio.")):
                yield from _durations(call, ref, project.names, sdk)


def _missing(use: Use) -> Iterator[Diagnostic]:
    if use.kind is not UseKind.ACTIVITY or "**" in use.keywords:
        return
    given = [use.keywords[name] for name in sorted(_REQUIRED) if name in use.keywords]
    if all(isinstance(node, ast.Constant) and node.value is None for node in given):
        target = use.call.node.args[0] if use.call.node.args else use.keywords.get("activity")
        name = f"`{ast.unparse(target)}`" if target is not None else "the activity"
        message = f"{name} has neither `start_to_close_timeout` nor `schedule_to_close_timeout`"
        hint = "add `start_to_close_timeout=timedelta(...)`: how long one attempt may take"
        yield finding(_MISSING, use.module, use.call.node, message, hint)


def _durations(call: Call, ref: str | None, names: Names, sdk: Sdk | None) -> Iterator[Diagnostic]:
    known = sdk.signatures.get(ref) if sdk is not None and ref is not None else None
    wanted = known.durations if known is not None else _DURATIONS
    for keyword in call.node.keywords:
        if keyword.arg in wanted:
            yield from _judged(keyword.value, f"`{keyword.arg}`", call.scope, names)
    if ref == _RETRY_POLICY:
        for position, name in _RETRY_POSITIONS.items():
            if position < len(call.node.args):
                yield from _judged(call.node.args[position], f"`{name}`", call.scope, names)
    if ref in ("temporalio.workflow.sleep", "temporalio.workflow.wait_condition"):
        yield from _waits(call, ref, names)


def _judged(node: ast.expr, name: str, scope: Scope, names: Names) -> Iterator[Diagnostic]:
    what = kind_of(node, scope, names)
    if what in ("number", "text", "datetime"):
        message = f"{name} is the {what} `{ast.unparse(node)}`, and has to be a `timedelta`"
        yield finding(_NO_DURATION, scope.module, node, message, _timedelta_hint(node, what, names, scope))


def _timedelta_hint(node: ast.expr, what: str, names: Names, scope: Scope) -> str:
    if what == "datetime":
        return f"`{ast.unparse(node)} - workflow.now()` is the time until then"
    value = names.constant(node, scope)
    shown = ast.unparse(node) if what == "number" else "..."
    is_plain = isinstance(value, (int, float)) and isinstance(node, ast.Constant)
    return f"write `timedelta(seconds={value if is_plain else shown})`"


def _waits(call: Call, ref: str, names: Names) -> Iterator[Diagnostic]:
    """`workflow.sleep` and the timeout of `wait_condition` also take seconds."""
    keyword = "duration" if ref.endswith("sleep") else "timeout"
    given = [each.value for each in call.node.keywords if each.arg == keyword]
    given += call.node.args[:1] if keyword == "duration" else call.node.args[1:2]
    for node in given:
        what = kind_of(node, call.scope, names)
        if what in ("text", "datetime"):
            message = f"`{keyword}` is the {what} `{ast.unparse(node)}`, and has to be a `timedelta` or seconds"
            hint = _timedelta_hint(node, what, names, call.scope)
            yield finding(_NO_DURATION, call.scope.module, node, message, hint)


def _seconds(call: Call, ref: str, names: Names) -> Iterator[Diagnostic]:
    """`asyncio` takes seconds; the SDK's own functions take a timedelta."""
    positions = {"asyncio.sleep": 0, "asyncio.wait_for": 1, "asyncio.timeout": 0}
    position = positions.get(ref)
    if position is None:
        return
    given = [each.value for each in call.node.keywords if each.arg in ("delay", "timeout")]
    for node in (*call.node.args[position : position + 1], *given):
        if kind_of(node, call.scope, names) == "timedelta":
            message = f"`{ref}` takes seconds, and `{ast.unparse(node)}` is a `timedelta`"
            hint = (
                f"write `await workflow.sleep({ast.unparse(node)})`"
                if ref == "asyncio.sleep"
                else f"write `({ast.unparse(node)}).total_seconds()`"
            )
            yield finding(_NO_DURATION, call.scope.module, node, message, hint)


def kind_of(node: ast.expr, scope: Scope, names: Names, depth: int = _DEPTH) -> str | None:
    """`number`, `text`, `timedelta` or `datetime`, where the expression surely is one."""
    if depth <= 0:
        return None
    if isinstance(node, ast.Constant):
        return _kind_of_constant(node.value)
    if isinstance(node, ast.JoinedStr):
        return "text"
    if isinstance(node, ast.BinOp):
        return _kind_of_operation(node, scope, names, depth)
    if isinstance(node, ast.UnaryOp):
        return kind_of(node.operand, scope, names, depth - 1) if not isinstance(node.op, ast.Not) else None
    if isinstance(node, ast.Call):
        return _kind_of_call(node, scope, names, depth)
    found = names.value(node, scope)
    if found is None or isinstance(found[0], (ast.Name, ast.Attribute)) or found[0] is node:
        return None
    return kind_of(*found, names, depth - 1)


def _kind_of_constant(value: object) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return "text" if isinstance(value, str) else None


def _kind_of_operation(node: ast.BinOp, scope: Scope, names: Names, depth: int) -> str | None:
    left = kind_of(node.left, scope, names, depth - 1)
    right = kind_of(node.right, scope, names, depth - 1)
    if isinstance(node.op, ast.Sub) and left == "datetime":
        return {"datetime": "timedelta", "timedelta": "datetime"}.get(right or "")
    if isinstance(node.op, ast.Add) and "datetime" in (left, right):
        return "datetime"
    if "timedelta" in (left, right):
        divided = isinstance(node.op, (ast.Div, ast.FloorDiv)) and left == right
        return "number" if divided else "timedelta"
    return "number" if left == right == "number" else None


def _kind_of_call(node: ast.Call, scope: Scope, names: Names, depth: int) -> str | None:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "total_seconds":
        return "number" if kind_of(node.func.value, scope, names, depth - 1) == "timedelta" else None
    ref = names.of(node.func, scope)
    if ref == "datetime.timedelta":
        return "timedelta"
    if ref in _DATETIMES:
        return "datetime"
    return "number" if ref in _NUMBERS else None
