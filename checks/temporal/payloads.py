"""Literal arguments that the other side's parameter cannot take: a text for a number, a list for a text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import zip_longest

from checks.temporal.asks import Message, Start, asks_of
from checks.temporal.model import Project, UseKind
from checks.temporal.scopes import Call, Definition

_KINDS = {"str": "text", "int": "number", "float": "number", "list": "list", "dict": "object"}


def clashes_of(project: Project) -> Iterator[tuple[Call, ast.expr, str]]:
    """Each call with the argument that does not fit, and the type that is wanted."""
    for use in project.uses:
        definition = project.names.definition(use.ref) if use.kind is UseKind.ACTIVITY and use.ref else None
        yield from _clashes(use.call, definition, project)
    for ask in asks_of(project):
        yield from _clashes(ask.call, _asked(ask, project), project)


def _asked(ask: Start | Message, project: Project) -> Definition | None:
    """The method that an ask runs in the end."""
    if isinstance(ask, Start):
        return ask.workflow.runs[0] if ask.workflow is not None and len(ask.workflow.runs) == 1 and ask.target else None
    if not ask.certain:
        return None
    # A signal that comes along with a start has its arguments elsewhere.
    ref = project.names.of(ask.target, ask.call.scope) if ask.target in ask.call.node.args else None
    return project.names.definition(ref) if ref else None


def _clashes(call: Call, definition: Definition | None, project: Project) -> Iterator[tuple[Call, ast.expr, str]]:
    if definition is None or isinstance(definition.node, ast.ClassDef):
        return
    parameters = [*definition.node.args.posonlyargs, *definition.node.args.args]
    is_method = isinstance(definition.outer.node, ast.ClassDef)
    for value, parameter in zip_longest(_values(call), parameters[is_method:]):
        if value is None or parameter is None or parameter.annotation is None:
            continue
        wanted = _wanted(parameter.annotation, definition, project)
        given = _given(value)
        if wanted is not None and given is not None and _KINDS[wanted] != given and not _is_number(value):
            yield call, value, wanted


def _values(call: Call) -> list[ast.expr]:
    keywords = {keyword.arg: keyword.value for keyword in call.node.keywords}
    listed = keywords.get("args")
    if isinstance(listed, (ast.List, ast.Tuple)):
        return [] if any(isinstance(each, ast.Starred) for each in listed.elts) else listed.elts
    return [*call.node.args[1:2], *([keywords["arg"]] if "arg" in keywords else [])]


def _wanted(annotation: ast.expr, definition: Definition, project: Project) -> str | None:
    """`str`, `int`, `float`, `list` or `dict`, also as `list[str]`; anything else may be made from many things."""
    plain = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = (project.names.of(plain, definition.outer) or "").removeprefix("builtins.")
    return name if name in _KINDS else None


def _given(value: ast.expr) -> str | None:
    if isinstance(value, ast.Constant):
        if isinstance(value.value, str):
            return "text"
        return "number" if isinstance(value.value, (int, float)) and not isinstance(value.value, bool) else None
    if isinstance(value, ast.JoinedStr):
        return "text"
    if isinstance(value, (ast.List, ast.ListComp)):
        return "list"
    return "object" if isinstance(value, (ast.Dict, ast.DictComp)) else None


def _is_number(value: ast.expr) -> bool:
    """A text of digits: some converters take it for a number."""
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.strip("+-. ").isdigit()
