"""Walks a syntax tree once and sorts its nodes by the function they stand in and by their kind."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from checks.raw.outline import FunctionNode
from checks.raw.words import words

Kind = TypeVar("Kind", bound=ast.AST)
IMPORT_ERRORS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))


@dataclass(slots=True)
class Scope:
    """A function with all it contains, or the rest of a class or module around the functions.

    `owner` is the class whose body the function stands in; `nodes` holds the contents by kind.
    """

    function: FunctionNode | None
    owner: ast.ClassDef | None
    nodes: dict[type[ast.AST], list[ast.AST]] = field(default_factory=lambda: defaultdict(list))
    locals: frozenset[str] | None = None

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The nodes of exactly that kind."""
        return cast("list[Kind]", self.nodes.get(kind, []))

    def local_names(self) -> frozenset[str]:
        """Every name that the function or something inside it binds: not the module's, for certain."""
        if self.locals is None:
            self.locals = self._local_names()
        return self.locals

    def _local_names(self) -> frozenset[str]:
        shared = {name for node in self.of(ast.Global) for name in node.names}
        shared.update(name for node in self.of(ast.Nonlocal) for name in node.names)
        names = {argument.arg for argument in self.of(ast.arg)}
        names.update(node.id for node in self.of(ast.Name) if not isinstance(node.ctx, ast.Load))
        names.update(alias.asname or alias.name.partition(".")[0] for alias in self.of(ast.alias))
        names.update(node.name for node in self.of(ast.FunctionDef) if node is not self.function)
        names.update(node.name for node in self.of(ast.ExceptHandler) if node.name)
        names.update(node.name for node in self.of(ast.MatchAs) if node.name)
        return frozenset(names - shared)


@dataclass(frozen=True, slots=True)
class Survey:
    """The scopes of a module, and its imports that only a type checker sees or whose failure is caught."""

    scopes: tuple[Scope, ...]
    tolerant: frozenset[int]
    """`id()` of import nodes that may fail without harm."""


def survey(tree: ast.Module) -> Survey:
    """Visits every node of the tree once."""
    scopes: list[Scope] = []
    _enter(Scope(None, None), tree.body, scopes)
    return Survey(tuple(scopes), _tolerant_imports(tree, scopes))


_SCOPED = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


# Fields that hold no node of interest: names, contexts, operators, flags, and annotations, which are not executed here.
_PLAIN = words(
    """
    id ctx attr kind name op ops type_comment type_ignores conversion level arg asname module simple rest is_async
    annotation returns
    """
)
_LISTS = words(
    """
    body orelse finalbody handlers cases targets names decorator_list bases keywords values keys elts generators
    comparators args ifs items patterns posonlyargs kwonlyargs kw_defaults defaults kwd_patterns type_params
    """
)
_CHILDLESS = frozenset((ast.Global, ast.Nonlocal, ast.Constant, ast.alias, ast.MatchSingleton))


def _children_of(kind: type[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of a kind of node that hold one node, and those that hold a list of nodes."""
    if not issubclass(kind, ast.AST) or kind in _CHILDLESS:
        return (), ()
    lists = _LISTS
    if kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda):
        lists = lists - {"args"}
    if kind in (ast.Lambda, ast.IfExp):
        lists = lists - {"body", "orelse"}
    fields = [name for name in kind._fields if name not in _PLAIN]
    return tuple(name for name in fields if name not in lists), tuple(name for name in fields if name in lists)


_CHILDREN: dict[type[ast.AST], tuple[tuple[str, ...], tuple[str, ...]]] = {}


def _enter(scope: Scope, body: Iterable[ast.AST], scopes: list[Scope]) -> None:
    """One loop and no helper per node: this is where the time of a thousand workflows goes."""
    scopes.append(scope)
    nodes, outermost = scope.nodes, scope.function is None
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind is ast.Constant or node is None:
            continue
        nodes[kind].append(node)
        if kind is ast.Name:
            continue
        if outermost and kind in _SCOPED:
            _enter_part(scope, node, scopes, stack)
            continue
        if kind not in _CHILDREN:
            if kind is list:  # a field that a newer Python has
                stack += node
                continue
            _CHILDREN[kind] = _children_of(kind)
        singles, lists = _CHILDREN[kind]
        for name in singles:
            stack.append(getattr(node, name))
        for name in lists:
            stack += getattr(node, name, ())


def _enter_part(scope: Scope, node: ast.AST, scopes: list[Scope], stack: list[ast.AST]) -> None:
    """Decorators, bases and defaults run outside; the body is a scope of its own."""
    if isinstance(node, ast.ClassDef):
        stack.extend((*node.decorator_list, *node.bases, *(word.value for word in node.keywords)))
        _enter(Scope(None, node), node.body, scopes)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        stack.extend(node.decorator_list)
        _enter(Scope(node, scope.owner), (node.args, *node.body), scopes)


def _tolerant_imports(tree: ast.Module, scopes: list[Scope]) -> frozenset[int]:
    count = sum(len(scope.of(ast.Import)) + len(scope.of(ast.ImportFrom)) for scope in scopes)
    if count == sum(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in tree.body):
        return frozenset()
    conditions = [node for scope in scopes for kind in (ast.Try, ast.If, ast.With) for node in scope.of(kind)]
    parts = [part for condition in conditions for part in _tolerant_parts(condition)]
    return frozenset(
        id(inner) for part in parts for inner in ast.walk(part) if isinstance(inner, (ast.Import, ast.ImportFrom))
    )


def _tolerant_parts(node: ast.AST) -> Iterable[ast.stmt]:
    if isinstance(node, ast.Try) and any(_catches_import_error(handler) for handler in node.handlers):
        # The fallback of a failed import may itself be missing on the machine where the first one worked.
        return [*node.body, *(line for handler in node.handlers for line in handler.body)]
    if isinstance(node, ast.If) and _mentions(node.test, _SITUATIONS):
        return [*node.body, *node.orelse]
    if isinstance(node, ast.With) and any(_mentions(item.context_expr, IMPORT_ERRORS) for item in node.items):
        return node.body
    return ()


_SITUATIONS = frozenset(("TYPE_CHECKING", "version_info", "platform", "find_spec"))


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or _mentions(handler.type, IMPORT_ERRORS)


def _mentions(expression: ast.expr, words: frozenset[str]) -> bool:
    return any((getattr(node, "id", None) or getattr(node, "attr", None)) in words for node in ast.walk(expression))
