"""Who calls a function of the project, and what each caller hands it: a value may be a parameter where it is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checks.temporal.names import Names
from checks.temporal.scopes import Call, Definition, Module, Scope, ScopeKind
from checks.temporal.uses import last_name


@dataclass(frozen=True, slots=True, eq=False)
class Meant:
    """An expression, and the scope that its names belong to."""

    node: ast.expr
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One call of a function, with what each of its parameters is there; unknown ones are left out."""

    call: Call
    arguments: dict[str, Meant]


def parameter(node: ast.expr, scope: Scope, names: Names) -> tuple[Definition, str] | None:
    """The function whose parameter a name surely is: bound once, by the head of the function."""
    if not isinstance(node, ast.Name):
        return None
    where, bindings = names.lookup(node.id, scope)
    if where is None or where.kind is not ScopeKind.FUNCTION or len(bindings) != 1:
        return None
    if not isinstance(bindings[0].node, ast.arg):
        return None
    definition = where.module.by_name().get(where.qualname)
    return (definition, node.id) if definition is not None and definition.own is where else None


def sites_of(definition: Definition, names: Names) -> tuple[list[Site], bool]:
    """The calls outside of tests, and whether these are all: nothing hands the function on by its name."""
    name = definition.node.name
    modules = [each for each in names.sources.mentioning((name.encode(),)) if not each.in_tests]
    calls = [call for module in modules for call in module.calls if _is_of(call, definition, names)]
    called = {id(call.node.func) for call in calls}
    handed_on = any(id(node) not in called for module in modules for node in _spelled(module, name))
    complete = not handed_on and not any(_is_renamed(module, name) for module in modules)
    return [Site(call, _arguments(call, definition)) for call in calls], complete


def _is_renamed(module: Module, name: str) -> bool:
    """`from worker import make as build`: what calls it then has another name."""
    imports = (node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom))
    return any(each.name == name and each.asname not in (None, name) for node in imports for each in node.names)


def _spelled(module: Module, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(module.tree):
        is_name = isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
        if isinstance(node, (ast.Name, ast.Attribute)) and is_name and last_name(node) == name:
            yield node


def _is_of(call: Call, definition: Definition, names: Names) -> bool:
    """By what the name resolves to; a method of an object that nobody knows, by its name where it is the only one."""
    if last_name(call.node.func) != definition.node.name:
        return False
    ref = names.of(call.node.func, call.scope)
    if ref is not None:
        return ref == definition.ref
    return isinstance(call.node.func, ast.Attribute) and _is_method(definition) and _is_only(definition, names)


def _is_method(definition: Definition) -> bool:
    return definition.outer.kind is ScopeKind.CLASS


def _is_only(definition: Definition, names: Names) -> bool:
    name = definition.node.name
    modules = names.sources.mentioning((f"def {name}".encode(),))
    found = [each for module in modules for each in module.definitions if each.node.name == name]
    return len([each for each in found if not each.own.module.in_tests]) == 1


def _arguments(call: Call, definition: Definition) -> dict[str, Meant]:
    if isinstance(definition.node, ast.ClassDef):
        return {}
    head = definition.node.args
    names = [each.arg for each in (*head.posonlyargs, *head.args)]
    is_static = any(last_name(each) == "staticmethod" for each in definition.node.decorator_list)
    taken = names[1:] if _is_method(definition) and not is_static else names
    found = {} if _spreads(call.node) else _defaults(definition.node, definition)
    for name, argument in zip(taken, call.node.args, strict=False):
        if isinstance(argument, ast.Starred):
            break
        found[name] = Meant(argument, call.scope)
    found.update({each.arg: Meant(each.value, call.scope) for each in call.node.keywords if each.arg is not None})
    return found


def _spreads(node: ast.Call) -> bool:
    return any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords)


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef, definition: Definition) -> dict[str, Meant]:
    positional = [*node.args.posonlyargs, *node.args.args]
    pairs = [
        *zip(reversed(positional), reversed(node.args.defaults), strict=False),
        *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
    ]
    return {each.arg: Meant(value, definition.outer) for each, value in pairs if value is not None}
