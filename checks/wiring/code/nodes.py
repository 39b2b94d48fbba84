"""The nodes of a module by their kind, gathered once for all the rules that look for some of them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

from checks.temporal.scopes import Module

_Node = TypeVar("_Node", bound=ast.AST)
_LEAVES = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)


def nodes(module: Module, kind: type[_Node]) -> Iterator[_Node]:
    """Every node of that kind, in the order of the file."""
    yield from _by_kind(module).get(kind, ())  # type: ignore[misc]


@lru_cache(maxsize=4096)
def _by_kind(module: Module) -> Mapping[type[ast.AST], list[ast.AST]]:
    found: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        found[type(node)].append(node)
        if not isinstance(node, (ast.Name, ast.Constant)):
            waiting += reversed(children(node))
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly within a node, without operators and the like."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
            found.append(value)
    return found
