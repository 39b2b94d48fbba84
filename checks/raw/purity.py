"""Judges what makes a worker impure: state that outlives a run, and files written outside its results."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from checks.raw.findings import Findings
from checks.raw.modules import Module
from checks.raw.scopes import Scope, Survey
from checks.raw.words import words
from checks.raw.workflows import WorkflowClass
from checks.raw.writes import judge_writes

CHANGES = words(
    """
    append extend insert remove pop popitem clear update setdefault add discard appendleft extendleft sort reverse
    intersection_update difference_update symmetric_difference_update subtract
    """
)
CONTAINERS = words(
    """
    list dict set defaultdict deque Counter OrderedDict bytearray
    """
)
HINT = "keep it on `self`, or pass it on as an argument and a result"


def judge_purity(module: Module, found: WorkflowClass, survey: Survey, findings: Findings) -> None:
    """The methods of the workflow class and the module's functions that they call."""
    owners = {id(own.node): own.node for own in found.lineage.own if own.module is module}
    shared = _class_containers(owners)
    for scope in _reached(survey, set(owners)):
        _judge_globals(scope, findings)
        _judge_containers(module, scope, findings)
        _judge_attributes(module, scope, findings)
        if scope.owner is not None:
            _judge_class_state(scope, shared, findings)
        judge_writes(module, scope, findings)


def _reached(survey: Survey, owners: set[int]) -> Iterator[Scope]:
    """The methods, then every function of the module that one of them calls, at any distance."""
    waiting = [scope for scope in survey.scopes if scope.function and scope.owner and id(scope.owner) in owners]
    functions = {scope.function.name: scope for scope in survey.scopes if scope.function and scope.owner is None}
    while waiting:
        scope = waiting.pop()
        yield scope
        for call in scope.of(ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id in functions:
                waiting.append(functions.pop(call.func.id))


def _judge_globals(scope: Scope, findings: Findings) -> None:
    names = {name for node in scope.of(ast.Global) for name in node.names}
    for node in _first(scope.of(ast.Name), names):
        message = f"`{node.id}` of the module is changed in `{_called(scope)}`"
        findings.add("raw.module-state", message, node, HINT)


def _first(nodes: list[ast.Name], names: set[str]) -> list[ast.Name]:
    """The first store to each of the names."""
    stores = [node for node in nodes if node.id in names and not isinstance(node.ctx, ast.Load)]
    stores.sort(key=lambda node: (node.lineno, node.col_offset), reverse=True)
    return list({node.id: node for node in stores}.values())


def _called(scope: Scope) -> str:
    return scope.function.name if scope.function else "<module>"


def _judge_containers(module: Module, scope: Scope, findings: Findings) -> None:
    for name, node in _changed(scope):
        value = module.outline.values.get(name)
        if value is not None and _is_container(value) and name not in scope.local_names():
            message = f"`{name}` of the module is changed in `{_called(scope)}`"
            findings.add("raw.module-state", message, node, HINT)


def _changed(scope: Scope) -> Iterator[tuple[str, ast.expr]]:
    """Names of which an item is set, or on which a method that changes its object is called."""
    for call in scope.of(ast.Call):
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in CHANGES and isinstance(function.value, ast.Name):
            yield function.value.id, call
    for item in scope.of(ast.Subscript):
        if not isinstance(item.ctx, ast.Load) and isinstance(item.value, ast.Name):
            yield item.value.id, item


def _is_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        name = getattr(value.func, "id", None) or getattr(value.func, "attr", None)
        return name in CONTAINERS
    return isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp))


def _judge_attributes(module: Module, scope: Scope, findings: Findings) -> None:
    for node in scope.of(ast.Attribute):
        if isinstance(node.ctx, ast.Load) or (owner := _owner_of(node.value, module, scope)) is None:
            continue
        message = f"`{owner}.{node.attr}`, which outlives the run, is changed in `{_called(scope)}`"
        of_class = owner in module.outline.classes or "self" in owner
        findings.add("raw.class-state" if of_class else "raw.module-state", message, node, HINT)
    for item in scope.of(ast.Subscript):
        if not isinstance(item.ctx, ast.Load) and _is_environ(item.value, module, scope):
            message = f"`os.environ` is changed in `{_called(scope)}`"
            findings.add("raw.module-state", message, item, "pass the value to what needs it")


def _owner_of(value: ast.expr, module: Module, scope: Scope) -> str | None:
    """The object of the module whose attribute is set, where it surely is one."""
    if isinstance(value, ast.Name):
        is_shared = value.id in module.outline.bound and value.id not in scope.local_names()
        return value.id if is_shared else None
    text = ast.unparse(value) if isinstance(value, (ast.Call, ast.Attribute)) else ""
    return text if text in ("type(self)", "self.__class__") else None


def _is_environ(value: ast.expr, module: Module, scope: Scope) -> bool:
    if isinstance(value, ast.Name):
        return module.outline.origins.get(value.id) == "os.environ" and value.id not in scope.local_names()
    if not (isinstance(value, ast.Attribute) and value.attr == "environ" and isinstance(value.value, ast.Name)):
        return False
    return module.outline.origins.get(value.value.id) == "os" and value.value.id not in scope.local_names()


def _class_containers(owners: dict[int, ast.ClassDef]) -> set[str]:
    """Containers in a class body that no method replaces by one of the instance's own."""
    names: set[str] = set()
    for node in owners.values():
        for statement in node.body:
            names.update(_container_names(statement))
        if names:
            names -= {
                inner.attr
                for inner in ast.walk(node)
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store)
            }
    return names


def _container_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign) and _is_container(statement.value):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and statement.value is not None and _is_container(statement.value):
        return [statement.target.id] if isinstance(statement.target, ast.Name) else []
    return []


def _judge_class_state(scope: Scope, shared: set[str], findings: Findings) -> None:
    for node in _changed_on_self(scope) if shared else ():
        if node.attr in shared:
            message = f"`{node.attr}` of the class, one object for all runs, is changed in `{_called(scope)}`"
            findings.add("raw.class-state", message, node, f"self.{node.attr} = ... in `__init__` or in `run`")


def _changed_on_self(scope: Scope) -> Iterator[ast.Attribute]:
    for call in scope.of(ast.Call):
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in CHANGES and _is_on_self(function.value):
            yield function.value
    for item in scope.of(ast.Subscript):
        if not isinstance(item.ctx, ast.Load) and _is_on_self(item.value):
            yield item.value


def _is_on_self(value: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id in ("self", "cls")
