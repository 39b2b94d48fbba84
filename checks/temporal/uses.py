"""Recognises the calls that name a workflow, a handler or an activity."""

from __future__ import annotations

import ast

from checks.temporal.model import Use, UseKind
from checks.temporal.names import Names
from checks.temporal.scopes import Call

_WORKFLOW = "temporalio.workflow"
_ACTIVITY_CALLS = {
    f"{_WORKFLOW}.{verb}_{local}activity{form}"
    for verb in ("execute", "start")
    for local in ("", "local_")
    for form in ("", "_method", "_class")
}
_CHILD_CALLS = {f"{_WORKFLOW}.execute_child_workflow", f"{_WORKFLOW}.start_child_workflow"}
_HANDLE_METHODS = {
    "start_workflow": UseKind.START,
    "execute_workflow": UseKind.START,
    "signal": UseKind.SIGNAL,
    "query": UseKind.QUERY,
    "execute_update": UseKind.UPDATE,
    "start_update": UseKind.UPDATE,
}


def read_use(call: Call, names: Names) -> Use | None:
    """What a call asks Temporal to do, None where it asks nothing or only a run would tell."""
    ref = names.of(call.node.func, call.scope)
    method = last_name(call.node.func)
    if method is None:
        return None
    kind = _kind(ref, method)
    target = _target(call.node)
    if kind is None or (target is None and kind not in (UseKind.ACTIVITY, UseKind.CHILD)):
        return None
    name = names.constant(target, call.scope) if target is not None else None
    target_ref = names.of(target, call.scope) if target is not None else None
    if ref is None and not _could_be_temporal(method, target_ref, name):
        return None
    return Use(
        kind=kind,
        method=method,
        call=call,
        ref=target_ref,
        name=name if isinstance(name, str) else None,
        arguments=tuple(call.node.args[1:]),
        keywords={keyword.arg or "**": keyword.value for keyword in call.node.keywords},
    )


def _kind(ref: str | None, method: str) -> UseKind | None:
    if ref in _ACTIVITY_CALLS:
        return UseKind.ACTIVITY
    if ref in _CHILD_CALLS:
        return UseKind.CHILD
    is_open = ref is None or ref.startswith(("temporalio.client.", "temporalio.workflow.ExternalWorkflowHandle"))
    return _HANDLE_METHODS.get(method) if is_open else None


def _could_be_temporal(method: str, ref: str | None, name: object) -> bool:
    """Whose method it is, only a run would tell: `start_workflow` says enough, `query` needs a target of ours."""
    return method.endswith(("_workflow", "_update")) or (ref is not None and ":" in ref) or isinstance(name, str)


def _target(node: ast.Call) -> ast.expr | None:
    if node.args:
        return None if isinstance(node.args[0], ast.Starred) else node.args[0]
    return next((keyword.value for keyword in node.keywords if keyword.arg in ("activity", "workflow")), None)


def last_name(node: ast.expr) -> str | None:
    """The last word of a dotted expression."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None
