"""Warnings about code that works in a workflow, until it is replayed, cancelled, or has run for months."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import is_abstract, is_outside, words
from checks.temporal.model import finding
from checks.temporal.reach import Code, Reached
from checks.temporal.scopes import BindingKind, ScopeKind

_PRINT = Rule(
    id="temporal.print",
    severity=Severity.WARNING,
    title="print or the standard logging in workflow code",
    why="Each replay prints the line again, so that logs tell of things that happened once as if they had happened "
    "often. `workflow.logger` is silent during replay, and names the workflow.",
    wrong="print('invited', candidate_id)\n",
    right="workflow.logger.info('invited %s', candidate_id)\n",
)
_GLOBAL = Rule(
    id="temporal.global-state",
    severity=Severity.WARNING,
    title="a workflow that changes a module's global",
    why="Workflows share nothing: the sandbox gives each its own copy of the module, and a replay on another worker "
    "starts from an empty one.",
    wrong="COUNT = 0\n\nasync def run(self) -> None:\n    global COUNT\n    COUNT += 1\n",
    right="def __init__(self) -> None:\n    self.count = 0\n",
)
_SET = Rule(
    id="temporal.set-order",
    severity=Severity.WARNING,
    title="a workflow acts in the order of a set",
    why="The order of a set of strings differs from process to process: a replay would schedule the activities in "
    "another order, which is a non-determinism error.",
    wrong="for name in {'mail', 'call'}:\n    await self.send(name)\n",
    right="for name in sorted({'mail', 'call'}):\n    await self.send(name)\n",
)
_HASH = Rule(
    id="temporal.hash",
    severity=Severity.WARNING,
    title="`hash()` in workflow code",
    why="The hash of a text differs from process to process, and so does what a replay makes of it.",
    wrong="shard = hash(candidate_id) % 4\n",
    right="shard = zlib.crc32(candidate_id.encode()) % 4\n",
)
_ASYNCIO = Rule(
    id="temporal.asyncio-order",
    severity=Severity.WARNING,
    title="`asyncio.wait` or `asyncio.as_completed` in workflow code",
    why="Both keep tasks in sets, whose order differs at replay. `workflow.wait` and `workflow.as_completed` do the "
    "same in a fixed order.",
    wrong="done, pending = await asyncio.wait(tasks)\n",
    right="done, pending = await workflow.wait(tasks)\n",
)
_SUSPECT = Rule(
    id="temporal.suspected-effect",
    severity=Severity.WARNING,
    title="a function that sounds like a side effect, called directly by a workflow",
    why="If it sends, writes or calls anything, a replay does it again, without retries and timeouts. What it really "
    "does cannot be seen from its code.",
    wrong="await send_rejection_email(candidate_id)\n",
    right="await workflow.execute_activity(\n"
    "    send_rejection_email, candidate_id, start_to_close_timeout=timedelta(minutes=1)\n)\n",
)
RULES = (_PRINT, _GLOBAL, _SET, _HASH, _ASYNCIO, _SUSPECT)

_JUDGED: tuple[type[ast.AST], ...] = (
    ast.Call,
    ast.For,
    ast.AsyncFor,
    ast.ListComp,
    ast.GeneratorExp,
    ast.DictComp,
    ast.Name,
    ast.Subscript,
)
_LOG_METHODS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
_CHANGERS = {"append", "extend", "insert", "remove", "pop", "clear", "update", "add", "setdefault", "discard"}
_EFFECT_WORDS = words(
    "send notify email mail call publish post upload charge pay refund delete create insert write save "
    "store book cancel invite sms fetch download request make place trigger"
)


def judge(code: Code) -> Iterator[Diagnostic]:
    """Findings in order of the code reached."""
    seen: set[ast.AST] = set()
    for reached in code.reached:
        for node in (node for kind in _JUDGED for node in reached.body.of(kind)):
            for found in () if node in seen else _judged(code, node, reached):
                if not is_outside(node, reached.body):
                    seen.add(node)
                    yield found


def _judged(code: Code, node: ast.AST, reached: Reached) -> Iterator[Diagnostic]:
    if isinstance(node, ast.Call):
        yield from _call(code, node, reached)
        yield from _changed_by_call(node, reached)
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.ListComp, ast.GeneratorExp, ast.DictComp)):
        yield from _set_order(code, node, reached)
    elif isinstance(node, (ast.Name, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        yield from _global(node, reached)


# Calls


def _call(code: Code, node: ast.Call, reached: Reached) -> Iterator[Diagnostic]:
    ref = code.ref(node.func, reached) if isinstance(node.func, (ast.Name, ast.Attribute)) else None
    if ref == "builtins.print":
        yield finding(_PRINT, reached.module, node, "`print` in workflow code", "write `workflow.logger.info(...)`")
    elif ref == "builtins.hash" and reached.body.node.name != "__hash__":
        yield finding(_HASH, reached.module, node, f"`{ast.unparse(node)}` differs at replay", "use `zlib.crc32`")
    elif ref in ("asyncio.wait", "asyncio.as_completed"):
        name = ref.rpartition(".")[2]
        yield finding(_ASYNCIO, reached.module, node, f"`{ref}` has no fixed order", f"write `workflow.{name}(...)`")
    elif _is_log(code, node, ref, reached):
        message = f"`{ast.unparse(node.func)}` in workflow code: each replay logs it again"
        yield finding(_PRINT, reached.module, node, message, "use `workflow.logger`")
    elif ref is not None and ":" in ref:
        yield from _suspect(code, node, ref, reached)


def _is_log(code: Code, node: ast.Call, ref: str | None, reached: Reached) -> bool:
    """Whether it logs, in the workflow's own file: helpers are used elsewhere, too."""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if (
        method not in _LOG_METHODS
        or reached.module is not reached.workflow.module
        or not isinstance(node.func, ast.Attribute)
    ):
        return False
    if ref is not None and ref.startswith(("logging.", "loguru.logger.")):
        return True
    found = code.project.names.value(node.func.value, reached.body.scopes[node.func.value])
    made = found[0] if found is not None else None
    return (
        isinstance(made, ast.Call)
        and found is not None
        and code.project.names.of(made.func, found[1]) == "logging.getLogger"
    )


def _suspect(code: Code, node: ast.Call, ref: str, reached: Reached) -> Iterator[Diagnostic]:
    definition = code.project.names.definition(ref)
    awaited = isinstance(reached.body.parents[node], ast.Await)
    if definition is None or not awaited or not isinstance(definition.node, ast.AsyncFunctionDef):
        return
    words = definition.node.name.strip("_").split("_")
    own_class = definition.outer.kind is ScopeKind.CLASS
    if own_class or _EFFECT_WORDS.isdisjoint(words[:1]) or ref in code.project.activities_by_ref:
        return
    if is_abstract(definition.node):
        called = ast.unparse(node.func)
        message = f"`{called}` is called directly in the workflow and sounds like a side effect; its code does not say"
        hint = f"`await workflow.execute_activity({called}, ..., start_to_close_timeout=timedelta(...))`"
        yield finding(_SUSPECT, reached.module, node, message, hint)


# Globals


def _changed_by_call(node: ast.Call, reached: Reached) -> Iterator[Diagnostic]:
    target = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGERS else None
    if isinstance(target, ast.Name) and _is_global_container(target, reached):
        yield _global_finding(target, node, reached)


def _global(node: ast.Name | ast.Subscript, reached: Reached) -> Iterator[Diagnostic]:
    if isinstance(node, ast.Name):
        if any(node.id in scope.outer_names for scope in reached.body.scopes[node].chain()):
            yield _global_finding(node, node, reached)
    elif isinstance(node.value, ast.Name) and _is_global_container(node.value, reached):
        yield _global_finding(node.value, node, reached)


def _is_global_container(node: ast.Name, reached: Reached) -> bool:
    for scope in reached.body.scopes[node].chain():
        bindings = scope.bindings.get(node.id, []) if scope.kind is not ScopeKind.CLASS else []
        if bindings:
            made = bindings[0].node
            container = isinstance(made, (ast.List, ast.Dict, ast.Set)) or (
                isinstance(made, ast.Call)
                and ast.unparse(made.func).rpartition(".")[2] in ("list", "dict", "set", "defaultdict")
            )
            return scope.kind is ScopeKind.MODULE and bindings[0].kind is BindingKind.VALUE and container
    return False


def _global_finding(name: ast.Name, node: ast.AST, reached: Reached) -> Diagnostic:
    message = f"workflow code changes the global `{name.id}`: after a restart the change is gone"
    return finding(_GLOBAL, reached.module, node, message, "keep it on `self`")


# Sets


def _set_order(
    code: Code, node: ast.For | ast.AsyncFor | ast.ListComp | ast.GeneratorExp | ast.DictComp, reached: Reached
) -> Iterator[Diagnostic]:
    iterated = node.iter if isinstance(node, (ast.For, ast.AsyncFor)) else node.generators[0].iter
    if code.class_of(iterated, reached) == "builtins.set" and _acts(node, code, reached):
        shown = ast.unparse(iterated)
        message = f"the workflow acts in the order of the set `{shown}`, which differs at replay"
        yield finding(_SET, reached.module, iterated, message, f"write `sorted({shown})`")


def _acts(node: ast.AST, code: Code, reached: Reached) -> bool:
    """Whether something is awaited or started in each round."""
    for part in ast.walk(node):
        if isinstance(part, ast.Await):
            return True
        if isinstance(part, ast.Call) and part in reached.body.scopes:
            ref = code.ref(part.func, reached) if isinstance(part.func, (ast.Name, ast.Attribute)) else None
            found = code.project.names.definition(ref) if ref is not None and ":" in ref else None
            if (ref or "").startswith("temporalio.workflow.") or isinstance(
                getattr(found, "node", None), ast.AsyncFunctionDef
            ):
                return not (ref or "").startswith("temporalio.workflow.logger")
    return False
