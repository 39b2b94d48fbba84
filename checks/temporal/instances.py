"""What an expression is an instance of, as far as an assignment, an annotation or a constructor says so."""

from __future__ import annotations

import ast

from checks.temporal.bodies import Body
from checks.temporal.names import Names
from checks.temporal.scopes import BindingKind, Scope

_GIVES = {
    "asyncio.get_event_loop": "asyncio.AbstractEventLoop",
    "asyncio.get_running_loop": "asyncio.AbstractEventLoop",
    "asyncio.new_event_loop": "asyncio.AbstractEventLoop",
    "logging.getLogger": "logging.Logger",
    "pathlib.Path.cwd": "pathlib.Path",
    "pathlib.Path.home": "pathlib.Path",
    "builtins.set": "builtins.set",
    "builtins.frozenset": "builtins.set",
    "builtins.list": "builtins.list",
    "builtins.dict": "builtins.dict",
    "temporalio.workflow.get_external_workflow_handle": "temporalio.workflow.ExternalWorkflowHandle",
    "temporalio.workflow.get_external_workflow_handle_for": "temporalio.workflow.ExternalWorkflowHandle",
}
_DEPTH = 6


def class_of(node: ast.expr, scope: Scope, names: Names, depth: int = _DEPTH) -> str | None:
    """The class, as names resolve to it; None where it is not certain."""
    if depth <= 0:
        return None
    if isinstance(node, ast.Call):
        return _class_given_by(node, scope, names)
    if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
        child = names.of(node.value.func, scope) == "temporalio.workflow.start_child_workflow"
        return "temporalio.workflow.ChildWorkflowHandle" if child else None
    if isinstance(node, (ast.Set, ast.SetComp)):
        return "builtins.set"
    if isinstance(node, ast.BinOp):
        left = class_of(node.left, scope, names, depth - 1)
        divides = isinstance(node.op, ast.Div) and left == "pathlib.Path"
        joins = isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.Sub)) and left == "builtins.set"
        return left if divides or joins else None
    if isinstance(node, ast.Name):
        return _class_of_name(node.id, scope, names, depth)
    return None


def _class_given_by(node: ast.Call, scope: Scope, names: Names) -> str | None:
    function = names.of(node.func, scope)
    if function is None:
        return None
    if function in _GIVES:
        return _GIVES[function]
    if ":" in function:
        found = names.definition(function)
        return function if found is not None and isinstance(found.node, ast.ClassDef) else None
    return function if function.rpartition(".")[2][:1].isupper() else None


def _class_of_name(name: str, scope: Scope, names: Names, depth: int) -> str | None:
    where, bindings = names.lookup(name, scope)
    if where is None or len(bindings) != 1:
        return None
    binding = bindings[0]
    if binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
        return class_of(binding.node, where, names, depth - 1)
    if isinstance(binding.node, ast.arg):
        return class_annotated(binding.node.annotation, where.parent or where, names)
    if isinstance(binding.node, ast.withitem):
        return class_of(binding.node.context_expr, where, names, depth - 1)
    if binding.kind is BindingKind.IMPORT:
        found = names.value(ast.Name(name, ast.Load()), scope)
        same = found is None or isinstance(found[0], ast.Name)
        return None if found is None or same else class_of(found[0], found[1], names, depth - 1)
    return None


def class_annotated(node: ast.expr | None, scope: Scope, names: Names) -> str | None:
    """The class that an annotation names; a generic stands for its origin."""
    plain = node.value if isinstance(node, ast.Subscript) else node
    if not isinstance(plain, (ast.Name, ast.Attribute)):
        return None
    found = names.of(plain, scope)
    return found if found is None or ":" not in found or names.definition(found) is not None else None


def attribute_class(name: str, bodies: list[Body], names: Names) -> str | None:
    """What `self.name` is an instance of, where every assignment in the class agrees."""
    found: set[str | None] = set()
    for body in bodies:
        assignments: list[ast.Assign | ast.AnnAssign] = [*body.of(ast.Assign), *body.of(ast.AnnAssign)]
        for node in assignments:
            if _assigns(node, name, body.self_name):
                scope = body.scopes[node]
                annotated = class_annotated(getattr(node, "annotation", None), scope, names)
                found.add(annotated or (class_of(node.value, scope, names) if node.value is not None else None))
    return found.pop() if len(found) == 1 else None


def _assigns(node: ast.Assign | ast.AnnAssign, name: str, self_name: str | None) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(
        isinstance(target, ast.Attribute)
        and target.attr == name
        and isinstance(target.value, ast.Name)
        and target.value.id == self_name
        for target in targets
    )
