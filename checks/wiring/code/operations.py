"""What operators, literals and comprehensions come to."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from checks.temporal.scopes import Scope
from checks.wiring.code.syntax import place_of
from checks.wiring.code.thinking import Frame, Thinking
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Text, Value

_COMPARE: Mapping[type[ast.cmpop], Callable[[Value, Value], Value]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


class Operations(Thinking):
    """The part of the thinking that works on values alone."""

    def _of_subscript(self, node: ast.Subscript, scope: Scope, frame: Frame, depth: int) -> Value:
        base = self.of(node.value, scope, frame, depth)
        key = self.of(node.slice, scope, frame, depth)
        if base is ENVIRON and isinstance(key, str):
            value = self.world.get(key, place_of(node, scope))
            return UNKNOWN if value is None else value
        if isinstance(base, (tuple, dict, str)) and key is not UNKNOWN:
            return base[key]
        return UNKNOWN

    def _of_boolop(self, node: ast.BoolOp, scope: Scope, frame: Frame, depth: int) -> Value:
        stops_at = isinstance(node.op, ast.Or)
        unknown = False
        value: Value = UNKNOWN
        for each in node.values:
            value = self.of(each, scope, frame, depth)
            truth = self.truth(value)
            if truth is stops_at:
                return UNKNOWN if unknown and stops_at else (value if not unknown else False)
            unknown = unknown or truth is None
        return UNKNOWN if unknown else value

    def _of_unaryop(self, node: ast.UnaryOp, scope: Scope, frame: Frame, depth: int) -> Value:
        value = self.of(node.operand, scope, frame, depth)
        if isinstance(node.op, ast.Not):
            truth = self.truth(value)
            return UNKNOWN if truth is None else not truth
        return -value if isinstance(node.op, ast.USub) and isinstance(value, (int, float)) else UNKNOWN

    def _of_compare(self, node: ast.Compare, scope: Scope, frame: Frame, depth: int) -> Value:
        if len(node.ops) != 1:
            return UNKNOWN
        left = self.of(node.left, scope, frame, depth)
        right = self.of(node.comparators[0], scope, frame, depth)
        kind = type(node.ops[0])
        if right is ENVIRON and isinstance(left, str) and kind in (ast.In, ast.NotIn):
            found = self.world.has(left, place_of(node, scope))
            return UNKNOWN if found is UNKNOWN else found is (kind is ast.In)
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if isinstance(left, (Instance, ClassValue)) or isinstance(right, (Instance, ClassValue)):
            return kind is ast.IsNot if left is None or right is None else UNKNOWN
        if kind in (ast.Is, ast.IsNot) and left is not None and right is not None and not isinstance(left, bool):
            return UNKNOWN
        if isinstance(right, tuple) and UNKNOWN in right:
            return UNKNOWN
        return _COMPARE[kind](left, right)

    def _of_ifexp(self, node: ast.IfExp, scope: Scope, frame: Frame, depth: int) -> Value:
        truth = self.truth(self.of(node.test, scope, frame, depth))
        return UNKNOWN if truth is None else self.of(node.body if truth else node.orelse, scope, frame, depth)

    def _of_binop(self, node: ast.BinOp, scope: Scope, frame: Frame, depth: int) -> Value:
        left, right = self.of(node.left, scope, frame, depth), self.of(node.right, scope, frame, depth)
        if left is UNKNOWN or right is UNKNOWN or left is ENVIRON:
            return ENVIRON if left is ENVIRON and isinstance(node.op, ast.BitOr) else UNKNOWN
        if isinstance(node.op, ast.Add):
            return left + right
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        return left * right if isinstance(node.op, ast.Mult) and numbers else UNKNOWN

    def _of_joinedstr(self, node: ast.JoinedStr, scope: Scope, frame: Frame, depth: int) -> Value:
        parts = []
        for each in node.values:
            plain = isinstance(each, ast.FormattedValue) and each.conversion == -1 and each.format_spec is None
            value = self.of(each.value if isinstance(each, ast.FormattedValue) else each, scope, frame, depth)
            if (isinstance(each, ast.FormattedValue) and not plain) or not isinstance(value, (str, int)):
                return UNKNOWN
            parts.append(str(value))
        joined = "".join(parts)
        return Text.at(joined, place_of(node, scope)) if joined.replace("_", "").isalnum() else joined

    def _of_tuple(self, node: ast.Tuple | ast.List | ast.Set, scope: Scope, frame: Frame, depth: int) -> Value:
        if any(isinstance(each, ast.Starred) for each in node.elts):
            return UNKNOWN
        return tuple(self.of(each, scope, frame, depth) for each in node.elts)

    _of_list = _of_tuple
    _of_set = _of_tuple

    def _of_dict(self, node: ast.Dict, scope: Scope, frame: Frame, depth: int) -> Value:
        found: dict[Value, Value] = {}
        for key, each in zip(node.keys, node.values, strict=True):
            value = self.of(each, scope, frame, depth)
            if key is None:
                if value is ENVIRON:
                    return ENVIRON
                return UNKNOWN
            found[self.of(key, scope, frame, depth)] = value
        return UNKNOWN if UNKNOWN in found else found

    def _of_namedexpr(self, node: ast.NamedExpr, scope: Scope, frame: Frame, depth: int) -> Value:
        return self.of(node.value, scope, frame, depth)

    def _of_await(self, node: ast.Await, scope: Scope, frame: Frame, depth: int) -> Value:
        return self.of(node.value, scope, frame, depth)

    def _of_listcomp(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, frame: Frame, depth: int
    ) -> Value:
        """The elements, where what is gone through is known: `[name for name in NEEDED if not os.getenv(name)]`."""
        if len(node.generators) != 1:
            return UNKNOWN
        generator = node.generators[0]
        inner = scope.module.scopes.get(node, scope)
        over = self.of(generator.iter, scope, frame, depth)
        if not isinstance(over, (tuple, dict)) or not isinstance(generator.target, ast.Name):
            return UNKNOWN
        found: list[Value] = []
        for each in tuple(over)[:50]:
            turn = frame.with_given({generator.target.id: each})
            truths = [self.truth(self.of(test, inner, turn, depth)) for test in generator.ifs]
            if None in truths:
                return UNKNOWN
            if all(truths):
                found.append(self.of(node.elt, inner, turn, depth))
        return tuple(found)

    _of_setcomp = _of_listcomp
    _of_generatorexp = _of_listcomp
