"""What calls come to: reading the environment, plain functions of Python, and the project's own functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from checks.temporal.scopes import Definition, Scope
from checks.wiring.code.syntax import argument, defaulted, is_get, parameters, place_of
from checks.wiring.code.thinking import DEPTH, Frame, Thinking
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Value

_GETENV = {"os.getenv", "os.environ.get"}
_COPIES = {"builtins.dict", "copy.copy", "copy.deepcopy", "types.MappingProxyType"}
_PURE: Mapping[str, Callable[..., Value]] = {
    "builtins.int": int,
    "builtins.float": float,
    "builtins.str": str,
    "builtins.bool": bool,
    "builtins.len": len,
    "builtins.tuple": tuple,
    "builtins.list": tuple,
    "builtins.set": tuple,
    "builtins.frozenset": tuple,
    "builtins.range": lambda *words: tuple(range(*words)[:50]),
    "builtins.any": any,
    "builtins.all": all,
    "builtins.sorted": lambda words: tuple(sorted(words)),
}
_TEXT_METHODS = {
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "casefold", "split", "rsplit", "replace", "startswith",
    "endswith", "removeprefix", "removesuffix", "join", "isdigit", "partition", "format", "encode", "splitlines",
}  # fmt: skip
_WRAPPERS = {"functools.lru_cache", "functools.cache", "contextlib.contextmanager", "functools.wraps"}


class Calling(Thinking):
    """The part of the thinking that follows calls."""

    def _of_call(self, node: ast.Call, scope: Scope, frame: Frame, depth: int) -> Value:
        name = self.names.of(node.func, scope)
        if name is not None and name in _PURE:
            return self._pure(_PURE[name], node, scope, frame, depth)
        if name in _COPIES and node.args:
            return self.of(node.args[0], scope, frame, depth)
        base = self.base_of(node.func, scope, frame, depth)
        if name in _GETENV or is_get(node, base):
            return self._got(node, scope, frame, depth)
        if isinstance(node.func, ast.Attribute):
            if base is ENVIRON and node.func.attr == "copy":
                return ENVIRON
            if isinstance(base, str) and node.func.attr in _TEXT_METHODS:
                return self._pure(getattr(str(base), node.func.attr), node, scope, frame, depth)
        target = self.callee(node, scope, frame, depth, base)
        return self.returned(*target, depth) if target is not None else UNKNOWN

    def base_of(self, function: ast.expr, scope: Scope, frame: Frame, depth: int = DEPTH) -> Value:
        """What a method is called on; UNKNOWN for a plain function."""
        return self.of(function.value, scope, frame, depth) if isinstance(function, ast.Attribute) else UNKNOWN

    def _got(self, node: ast.Call, scope: Scope, frame: Frame, depth: int) -> Value:
        given = argument(node, 0, "key")
        key = self.of(given, scope, frame, depth) if given is not None else UNKNOWN
        if not isinstance(key, str):
            return UNKNOWN
        value = self.world.get(key, place_of(node, scope))
        if value is not None:
            return value
        default = argument(node, 1, "default")
        return None if default is None else self.of(default, scope, frame, depth)

    def _pure(self, function: Callable[..., Value], node: ast.Call, scope: Scope, frame: Frame, depth: int) -> Value:
        words = [self.of(each, scope, frame, depth) for each in node.args]
        strange = any(word is UNKNOWN or word is ENVIRON or isinstance(word, (Instance, ClassValue)) for word in words)
        if strange or node.keywords or any(isinstance(word, tuple) and UNKNOWN in word for word in words):
            return UNKNOWN
        found = function(*words)
        return tuple(found) if isinstance(found, list) else found

    def callee(
        self, node: ast.Call, scope: Scope, frame: Frame, depth: int = DEPTH, base: Value = UNKNOWN
    ) -> tuple[Definition, dict[str, Value]] | None:
        """The function or class of the project that a call runs, with what it is given."""
        definition, own = self.called(node.func, scope, frame, depth, base)
        if definition is None:
            return None
        return definition, {**own, **self._arguments(node, definition, bool(own), scope, frame, depth)}

    def called(
        self, function: ast.expr, scope: Scope, frame: Frame, depth: int = DEPTH, base: Value = UNKNOWN
    ) -> tuple[Definition | None, dict[str, Value]]:
        """The function or class that an expression names, with what it is bound to; `base` as `base_of` gives it."""
        if isinstance(base, (Instance, ClassValue)) and isinstance(function, ast.Attribute):
            ref = self.names.member(base.definition.ref, function.attr)
            found = self.names.definition(ref) if ref else None
            return (found, _self_of(found, base)) if found is not None else (None, {})
        if isinstance(function, ast.Name):
            value = self.of(function, scope, frame, depth)
            if isinstance(value, ClassValue):
                return value.definition, {}
        ref = self.names.of(function, scope)
        return (self.names.definition(ref) if ref and ":" in ref else None), {}

    def defaults(self, definition: Definition) -> dict[str, Value]:
        """The values of the parameters of a function that is called without any."""
        return self._arguments(
            ast.Call(ast.Name(""), [], []), definition, False, definition.outer, Frame(definition.outer), 6
        )

    def _arguments(
        self, node: ast.Call, definition: Definition, bound: bool, scope: Scope, frame: Frame, depth: int
    ) -> dict[str, Value]:
        """The values of the parameters; defaults where nothing is given. None of it where `*` or `**` hide them."""
        spread = any(isinstance(each, ast.Starred) for each in node.args)
        spread = spread or any(each.arg is None for each in node.keywords)
        given: dict[str, Value] = {}
        names = parameters(definition, bound)
        if not spread:
            given.update(zip(names, (self.of(each, scope, frame, depth) for each in node.args), strict=False))
        for keyword in node.keywords:
            if keyword.arg is not None:
                given[keyword.arg] = self.of(keyword.value, scope, frame, depth)
        if isinstance(definition.node, ast.ClassDef):
            return {**dict.fromkeys(names, UNKNOWN), **given} if spread else given
        for name, default in defaulted(definition.node):
            if name not in given:
                value = UNKNOWN if spread else self.of(default, definition.outer, Frame(definition.outer), depth)
                given[name] = value
        return given

    def returned(self, definition: Definition, given: dict[str, Value], depth: int) -> Value:
        """What a call of the project's own function comes to: the first return that is surely reached."""
        if isinstance(definition.node, ast.ClassDef):
            return Instance(definition, given)
        if depth <= 0 or not self._is_plain(definition):
            return UNKNOWN
        frame = Frame(definition.own, given)
        for event in self.part(definition.own).returns:
            if event.around.doubt or event.around.loops:
                return UNKNOWN
            reached = self.holds(event.around.path, frame, depth)
            if reached is None:
                return UNKNOWN
            if reached and isinstance(event.node, ast.Return):
                value = event.node.value
                return None if value is None else self.of(value, event.around.scope, frame, depth)
        return None

    def _is_plain(self, definition: Definition) -> bool:
        decorators = definition.node.decorator_list
        plain = [each.func if isinstance(each, ast.Call) else each for each in decorators]
        refs = [self.names.of(each, definition.outer) or "" for each in plain]
        return all(ref.startswith("builtins.") or ref in _WRAPPERS for ref in refs)


def _self_of(definition: Definition, base: Instance | ClassValue) -> dict[str, Value]:
    """What a method calls its object; nothing for a static method."""
    node = definition.node
    if isinstance(node, ast.ClassDef):
        return {}
    kinds = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    if "staticmethod" in kinds or not names:
        return {}
    if "classmethod" in kinds:
        return {names[0]: ClassValue(base.definition)}
    return {names[0]: base} if isinstance(base, Instance) else {}
