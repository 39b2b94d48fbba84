"""How many arguments a call hands over, and how many a function takes."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from checks.temporal.names import Names
from checks.temporal.scopes import Call, Definition

_PLAIN = ("temporalio.workflow.", "temporalio.activity.", "typing.", "abc.", "builtins.")


@dataclass(frozen=True, slots=True)
class Given:
    """What a call hands over: `positional` in place, `count` altogether, None where only a run would tell."""

    positional: tuple[ast.expr, ...]
    count: int | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many arguments a function takes beside `self`; `most` is None where it takes any number."""

    least: int
    most: int | None

    def takes(self, count: int) -> bool:
        """Whether so many arguments fit."""
        return self.least <= count and (self.most is None or count <= self.most)

    def shown(self) -> str:
        """`1 argument`, `1 to 2 arguments`, `at least 1 argument`."""
        if self.most is None:
            return f"at least {_plural(self.least)}"
        return _plural(self.least) if self.least == self.most else f"{self.least} to {_plural(self.most)}"


def _plural(count: int) -> str:
    return "no argument" if count == 0 else f"{count} argument" + ("s" if count > 1 else "")


def handed_over(call: Call, before: int, many: str = "args") -> Given:
    """The arguments after the first `before` of a call to the SDK: one in place or as `arg=`, or a list as `args=`."""
    keywords = {keyword.arg or "**": keyword.value for keyword in call.node.keywords}
    positional = tuple(call.node.args[before:])
    if "**" in keywords or any(isinstance(node, ast.Starred) for node in call.node.args):
        return Given(positional, None)
    listed = listed_count(keywords[many]) if many in keywords else 0
    count = None if listed is None else len(positional) + ("arg" in keywords) + listed
    return Given(positional, count)


def listed_count(node: ast.expr) -> int | None:
    """The length of a literal list."""
    literal = isinstance(node, (ast.List, ast.Tuple)) and not any(isinstance(each, ast.Starred) for each in node.elts)
    return len(node.elts) if literal and isinstance(node, (ast.List, ast.Tuple)) else None


def accepted_by(definition: Definition, names: Names) -> Accepted | None:
    """What a method takes; None where a decorator of somebody else may have changed it."""
    node = definition.node
    if isinstance(node, ast.ClassDef) or not all(_keeps(each, definition, names) for each in node.decorator_list):
        return None
    is_static = any(names.of(each, definition.outer) == "builtins.staticmethod" for each in node.decorator_list)
    named = [*node.args.posonlyargs, *node.args.args]
    taken = len(named) - (0 if is_static or definition.outer.node is definition.own.module.tree else 1)
    required = max(taken - len(node.args.defaults), 0)
    return Accepted(required, None if node.args.vararg else taken)


def _keeps(decorator: ast.expr, definition: Definition, names: Names) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    ref = names.of(function, definition.outer)
    # `@status.validator` belongs to the update of that name and changes nothing.
    return ref is not None and (ref.startswith(_PLAIN) or ref.endswith(".validator"))


def as_list(given: Given) -> str:
    """How several arguments are handed over."""
    return f"write `args=[{', '.join(ast.unparse(each) for each in given.positional)}]`"
