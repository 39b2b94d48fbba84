"""A function as a whole: every node in it, with the scope that names in it are looked up in and the node around it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar, cast

from checks.temporal.scopes import Definition, FunctionNode, Module, Scope, ScopeKind

Node = TypeVar("Node", bound=ast.AST)
_NEVER_RUN = {"annotation", "returns", "type_params", "type_comment"}
_OUTSIDE = {"sandbox_unrestricted", "in_workflow", "is_replaying", "is_read_only"}
_NO_NODES = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(slots=True, eq=False)
class Body:
    """One function with the functions in it; `scopes` and `parents` know each of its nodes, in order.

    `self_name` is what a method calls its object; None for a function and for a static method.
    """

    definition: Definition
    node: FunctionNode
    self_name: str | None
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    kinds: dict[type[ast.AST], list[ast.AST]] = field(default_factory=lambda: defaultdict(list))

    @property
    def module(self) -> Module:
        """The file it stands in."""
        return self.definition.own.module

    @property
    def calls(self) -> list[ast.Call]:
        """Every call in it."""
        return self.of(ast.Call)

    def of(self, kind: type[Node]) -> list[Node]:
        """The nodes of one kind, in order. There may be none of a kind."""
        return cast("list[Node]", self.kinds.get(kind, []))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around one, innermost first, up to the function itself."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function_around(self, node: ast.AST) -> ast.AST:
        """The function or lambda whose own code a node is."""
        return next((each for each in self.around(node) if isinstance(each, _FUNCTIONS)), self.node)

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The statement that a node is part of."""
        return next((each for each in (node, *self.around(node)) if isinstance(each, ast.stmt)), None)

    def own(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """The nodes of some kinds in the function's own code, without the functions in it."""
        nodes = (each for kind in kinds for each in self.of(kind))
        return (each for each in nodes if self.function_around(each) is self.node)


def read_body(definition: Definition) -> Body:
    """Walk a function once."""
    node = definition.node
    assert not isinstance(node, ast.ClassDef)  # noqa: S101 -- for the type checker: a class has no body of its own
    body = Body(definition, node, _self_name(node, definition))
    inner_scopes = definition.own.module.scopes
    waiting: list[tuple[ast.AST, ast.AST, Scope]] = [(each, node, definition.own) for each in reversed(node.body)]
    while waiting:
        each, parent, scope = waiting.pop()
        body.scopes[each] = scope
        body.parents[each] = parent
        body.kinds[type(each)].append(each)
        children = _children(each)
        if children:
            inner = inner_scopes.get(each, scope)
            waiting += [(child, each, inner) for child in reversed(children)]
    return body


def _self_name(node: FunctionNode, definition: Definition) -> str | None:
    positional = [*node.args.posonlyargs, *node.args.args]
    static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
    in_class = definition.outer.kind is ScopeKind.CLASS
    return positional[0].arg if in_class and positional and not static else None


def _children(node: ast.AST) -> list[ast.AST]:
    """What runs when a node does: no annotations."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)] if name not in _NEVER_RUN else []
        elif isinstance(value, ast.AST) and not isinstance(value, _NO_NODES) and name not in _NEVER_RUN:
            found.append(value)
    return found


def loads(body: Body, name: str) -> list[ast.Name]:
    """Where a function reads a name."""
    return [node for node in body.of(ast.Name) if node.id == name and isinstance(node.ctx, ast.Load)]


def is_attribute_of(node: ast.AST, name: str | None) -> bool:
    """Whether a node is `name.something`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name


def is_abstract(node: FunctionNode) -> bool:
    """Whether a function says nothing but what it would be called with: `...`, `pass`, or a docstring."""
    return all(isinstance(each, ast.Pass) or _is_literal_statement(each) for each in node.body)


def _is_literal_statement(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def words(text: str) -> frozenset[str]:
    """A set of names, written as one text."""
    return frozenset(text.split())


def is_outside(node: ast.AST, body: Body) -> bool:
    """Whether code is written for outside of the workflow or its sandbox: it asks where it runs, or lifts the rules."""
    if not any(each.attr in _OUTSIDE for each in body.of(ast.Attribute)):
        return False
    for around in body.around(node):
        asked: list[ast.expr] = []
        if isinstance(around, (ast.If, ast.IfExp, ast.While)):
            asked = [around.test]
        elif isinstance(around, (ast.With, ast.AsyncWith)):
            asked = [item.context_expr for item in around.items]
        if any(isinstance(part, ast.Attribute) and part.attr in _OUTSIDE for each in asked for part in ast.walk(each)):
            return True
    return False


def is_generator(body: Body) -> bool:
    """Whether calling it gives an iterator, rather than something to await."""
    return any(True for _ in body.own(ast.Yield, ast.YieldFrom))
