"""Tells which expressions are certainly handles of workflows, and of which workflow."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from checks.temporal.model import Project, Workflow
from checks.temporal.objects import owner_of, returned_by
from checks.temporal.scopes import Binding, BindingKind, Definition, Scope

_HANDLE_TYPES = {
    "temporalio.client.WorkflowHandle",
    "temporalio.workflow.ChildWorkflowHandle",
    "temporalio.workflow.ExternalWorkflowHandle",
}
_BY_ID = {"get_workflow_handle", "get_external_workflow_handle"}
_BY_WORKFLOW = {
    "get_workflow_handle_for",
    "get_external_workflow_handle_for",
    "start_workflow",
    "start_child_workflow",
}
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Handle:
    """Something that certainly is a handle; `workflow` is None where it could be any."""

    workflow: Workflow | None = None
    external: bool = False


def handle_of(node: ast.expr, scope: Scope, project: Project, depth: int = _DEPTH) -> Handle | None:
    """The handle that an expression is, None where that is not certain."""
    if depth <= 0:
        return None
    if isinstance(node, ast.Await):
        return handle_of(node.value, scope, project, depth)
    if isinstance(node, ast.Call):
        return _of_call(node, scope, project, depth)
    return _of_name(node.id, scope, project, depth) if isinstance(node, ast.Name) else None


def _of_call(node: ast.Call, scope: Scope, project: Project, depth: int) -> Handle | None:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    ref = _function_ref(node.func, scope, project)
    definition = project.names.definition(ref) if ref else None
    if definition is not None:
        return _of_function(definition, project, depth)
    if ref is not None and not ref.startswith("temporalio."):
        return None
    external = name.startswith("get_external")
    if name in _BY_ID:
        return Handle(None, external)
    if name in _BY_WORKFLOW and node.args:
        return Handle(workflow_named(node.args[0], scope, project), external)
    return None


def _function_ref(node: ast.expr, scope: Scope, project: Project) -> str | None:
    """What is called, also where it is a method of the same object."""
    ref = project.names.of(node, scope)
    if ref is not None or not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return ref
    owner = owner_of(node.value.id, scope)
    return f"{scope.module.file}:{owner}.{node.attr}" if owner else None


def _of_function(definition: Definition, project: Project, depth: int) -> Handle | None:
    """What a function of the project says or shows that it gives back."""
    if isinstance(definition.node, ast.ClassDef):
        return None
    if definition.node.returns is not None:
        declared = _of_annotation(definition.node.returns, definition.outer, project)
        if declared is not None and declared.workflow is not None:
            return declared
    returned = returned_by(definition)
    if returned is None:
        return None
    return handle_of(returned, definition.own, project, depth - 1)


def _of_name(name: str, scope: Scope, project: Project, depth: int) -> Handle | None:
    where, bindings = project.names.lookup(name, scope)
    if where is None:
        return None
    found = [_of_binding(binding, where, project, depth) for binding in bindings]
    if not found or any(each is None for each in found):
        return None
    return found[0] if len(set(found)) == 1 else Handle()


def _of_binding(binding: Binding, scope: Scope, project: Project, depth: int) -> Handle | None:
    if isinstance(binding.node, ast.arg):
        annotation = binding.node.annotation
        return _of_annotation(annotation, scope, project) if annotation is not None else None
    is_value = binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr)
    return (
        handle_of(binding.node, scope, project, depth - 1) if is_value and isinstance(binding.node, ast.expr) else None
    )


def _of_annotation(node: ast.expr, scope: Scope, project: Project) -> Handle | None:
    """`WorkflowHandle`, `WorkflowHandle[Hiring, str]`, or an alias of one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return None
    alias = project.names.value(node, scope) if isinstance(node, ast.Name) else None
    if alias is not None and isinstance(alias[0], ast.Subscript):
        node, scope = alias
    base = node.value if isinstance(node, ast.Subscript) else node
    if project.names.of(base, scope) not in _HANDLE_TYPES:
        return None
    if not isinstance(node, ast.Subscript):
        return Handle()
    first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    ref = project.names.of(first, scope)
    return Handle(project.workflows_by_ref.get(ref) if ref else None)


def workflow_named(node: ast.expr, scope: Scope, project: Project) -> Workflow | None:
    """The project's workflow that `Hiring.run`, `Hiring` or `"Hiring"` names, where there is but one."""
    ref = project.names.of(node, scope)
    if ref is not None and ":" in ref:
        by_ref = project.workflows_by_ref
        return by_ref.get(ref) or by_ref.get(_class_named(node, scope, project)) or by_ref.get(ref.rpartition(".")[0])
    name = project.names.constant(node, scope)
    same = [each for each in project.workflows if each.name == name and isinstance(name, str)]
    return same[0] if len(same) == 1 else None


def _class_named(node: ast.expr, scope: Scope, project: Project) -> str:
    """The class before the dot: its `run` may be inherited from another."""
    return project.names.of(node.value, scope) or "" if isinstance(node, ast.Attribute) else ""
