"""What one module or function does when it runs, in order, each with the conditions that it stands under."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from checks.temporal.scopes import Scope
from checks.wiring.code.leaving import ends, is_about_arguments, leaves
from checks.wiring.code.syntax import last_name

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """Something that has to be true (or not) for what stands below it.

    `usual` where it only sends away what the function was given (`if not to: return`): what follows is its purpose.
    """

    test: ast.expr
    wanted: bool
    scope: Scope
    usual: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """One turn for each element; `name` is None where the element is taken apart."""

    name: str | None
    over: ast.expr
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What surrounds a piece of code. `doubt`: whether it runs at all is decided elsewhere (a lambda, a handler)."""

    scope: Scope
    path: tuple[Condition, ...] = ()
    loops: tuple[Loop, ...] = ()
    caught: tuple[ast.expr | None, ...] = ()
    doubt: bool = False

    def under(self, test: ast.expr, wanted: bool, usual: bool = False) -> Around:
        """The same, where a condition holds."""
        return replace(self, path=(*self.path, Condition(test, wanted, self.scope, usual)))


_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_Imports = ast.Import | ast.ImportFrom
Node = ast.Call | ast.Subscript | ast.Compare | ast.Raise | ast.Assert | ast.Return | _Imports | FunctionNode


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One thing that happens: a call, a subscript, a raise, a return, an import, a decorated function."""

    node: Node
    around: Around


@dataclass(slots=True, eq=False)
class Part:
    """A module's or a function's own code; functions within it are parts of their own."""

    scope: Scope
    events: list[Event] = field(default_factory=list)
    returns: list[Event] = field(default_factory=list)
    relevant: list[Event] | None = None
    """Those of the events that may have to do with the environment; `relevance` says which."""


def read_part(scope: Scope) -> Part:
    """The events of a module or function."""
    part = Part(scope)
    node = scope.node
    if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
        _Flow(part).statements(node.body, Around(scope))
    return part


def read_expression(node: ast.expr, scope: Scope) -> Part:
    """The events of one expression, as it runs in a scope."""
    part = Part(scope)
    _Flow(part).expression(node, Around(scope))
    return part


class _Flow:
    def __init__(self, part: Part) -> None:
        self.part = part
        self.scopes = part.scope.module.scopes

    def _add(self, node: Node, around: Around) -> None:
        self.part.events.append(Event(node, around))

    def statements(self, body: Iterable[ast.stmt], around: Around) -> None:
        """One after the other; what follows an early return stands under the opposite condition."""
        for statement in body:
            self._statement(statement, around)
            if isinstance(statement, ast.If):
                around = _after(statement, around)

    def _statement(self, node: ast.stmt, around: Around) -> None:
        method = getattr(self, f"_on_{type(node).__name__.lower()}", None)
        if method is not None:
            method(node, around)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.expression(child, around)

    def _on_if(self, node: ast.If, around: Around) -> None:
        self.expression(node.test, around)
        self.statements(node.body, around.under(node.test, wanted=True))
        self.statements(node.orelse, around.under(node.test, wanted=False))

    def _on_while(self, node: ast.While, around: Around) -> None:
        self.expression(node.test, around)
        self.statements(node.body, around.under(node.test, wanted=True))
        self.statements(node.orelse, replace(around, doubt=True))

    def _on_for(self, node: ast.For | ast.AsyncFor, around: Around) -> None:
        self.expression(node.iter, around)
        name = node.target.id if isinstance(node.target, ast.Name) else None
        loop = Loop(name, node.iter, around.scope)
        self.statements(node.body, replace(around, loops=(*around.loops, loop)))
        self.statements(node.orelse, around)

    _on_asyncfor = _on_for

    def _on_try(self, node: ast.Try | ast.TryStar, around: Around) -> None:
        survived = [handler for handler in node.handlers if not ends(handler.body)]
        caught = tuple(each for handler in survived for each in _types(handler))
        self.statements(node.body, replace(around, caught=(*around.caught, *caught)))
        for handler in node.handlers:
            self.statements(handler.body, replace(around, doubt=True))
        self.statements(node.orelse, around)
        self.statements(node.finalbody, around)

    _on_trystar = _on_try

    def _on_with(self, node: ast.With | ast.AsyncWith, around: Around) -> None:
        for item in node.items:
            self.expression(item.context_expr, around)
            call = item.context_expr
            if isinstance(call, ast.Call) and last_name(call.func) == "suppress":
                around = replace(around, caught=(*around.caught, *call.args))
            elif isinstance(call, ast.Call) and last_name(call.func) == "raises":
                around = replace(around, doubt=True)
        self.statements(node.body, around)

    _on_asyncwith = _on_with

    def _on_match(self, node: ast.Match, around: Around) -> None:
        self.expression(node.subject, around)
        for case in node.cases:
            self.statements(case.body, replace(around, doubt=True))

    def _on_functiondef(self, node: FunctionNode, around: Around) -> None:
        defaults = [*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]
        written = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        # `Annotated[Store, Depends(store)]`: what is called there is called for each request.
        annotated = [each.annotation for each in written if isinstance(each.annotation, ast.Subscript)]
        for each in (*node.decorator_list, *defaults, *annotated):
            self.expression(each, around)
        if node.decorator_list:
            self._add(node, around)

    _on_asyncfunctiondef = _on_functiondef

    def _on_classdef(self, node: ast.ClassDef, around: Around) -> None:
        for each in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.expression(each, around)
        self.statements(node.body, replace(around, scope=self.scopes.get(node, around.scope)))

    def _on_return(self, node: ast.Return, around: Around) -> None:
        if node.value is not None:
            self.expression(node.value, around)
        self.part.returns.append(Event(node, around))

    def _on_raise(self, node: ast.Raise, around: Around) -> None:
        if node.exc is not None:
            self.expression(node.exc, around)
        self._add(node, around)

    def _on_assert(self, node: ast.Assert, around: Around) -> None:
        self.expression(node.test, around)
        self._add(node, around.under(node.test, wanted=False))

    def _on_import(self, node: ast.Import | ast.ImportFrom, around: Around) -> None:
        self._add(node, around)

    _on_importfrom = _on_import

    # Expressions

    def expression(self, node: ast.expr, around: Around) -> None:
        """An expression with all that is in it, the inner parts first."""
        if isinstance(node, (ast.Constant, ast.Name)):
            return
        if isinstance(node, ast.BoolOp):
            self._choice(node, around)
        elif isinstance(node, ast.IfExp):
            self.expression(node.test, around)
            self.expression(node.body, around.under(node.test, wanted=True))
            self.expression(node.orelse, around.under(node.test, wanted=False))
        elif isinstance(node, ast.Lambda):
            self.expression(node.body, replace(around, scope=self.scopes.get(node, around.scope), doubt=True))
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, around)
        else:
            self._children(node, around)
            if isinstance(node, (ast.Call, ast.Compare)) or (
                isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
            ):
                self._add(node, around)

    def _children(self, node: ast.AST, around: Around) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expression(child, around)
            elif isinstance(child, (ast.keyword, ast.FormattedValue)):
                self.expression(child.value, around)

    def _choice(self, node: ast.BoolOp, around: Around) -> None:
        for value in node.values:
            self.expression(value, around)
            around = around.under(value, wanted=isinstance(node.op, ast.And))

    def _comprehension(self, node: _Comprehension, around: Around) -> None:
        inner = self.scopes.get(node, around.scope)
        for generator in node.generators:
            self.expression(generator.iter, around)
            name = generator.target.id if isinstance(generator.target, ast.Name) else None
            loop = Loop(name, generator.iter, around.scope)
            around = replace(around, scope=inner, loops=(*around.loops, loop))
            for test in generator.ifs:
                self.expression(test, around)
                around = around.under(test, wanted=True)
        for each in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self.expression(each, around)


def _types(handler: ast.ExceptHandler) -> list[ast.expr | None]:
    if isinstance(handler.type, ast.Tuple):
        return list(handler.type.elts)
    return [handler.type]


def _after(node: ast.If, around: Around) -> Around:
    """What is known behind an `if` of which one side leaves; a side that stops the program says nothing."""
    if node.body and leaves(node.body) and not ends(node.body):
        around = around.under(node.test, wanted=False, usual=is_about_arguments(node.test, around.scope))
    if node.orelse and leaves(node.orelse) and not ends(node.orelse):
        around = around.under(node.test, wanted=True)
    return around
