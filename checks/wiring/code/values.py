"""What an expression comes to in a given environment, as far as that can be said without running it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Binding, BindingKind, Definition, Scope, ScopeKind
from checks.wiring.code import settings
from checks.wiring.code.flow import Condition, Event, Part, read_part
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Text, Value, World

_ENVIRON = {"os.environ", "os.environb", "posix.environ"}
_GETENV = {"os.getenv", "os.environ.get"}
_DEPTH = 12
_FUEL = 4000
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
_WRAPPERS = {"functools.lru_cache", "functools.cache", "contextlib.contextmanager", "functools.wraps"}


@dataclass(slots=True, eq=False)
class Frame:
    """Names whose values are known while a piece of code runs: parameters, and the element of a loop."""

    scope: Scope
    given: Mapping[str, Value] = field(default_factory=dict)

    def with_given(self, given: Mapping[str, Value]) -> Frame:
        """The same with further names."""
        return Frame(self.scope, {**self.given, **given})


class Values:
    """Thinks expressions through, in one world."""

    def __init__(
        self, names: Names, world: World, main: str | None = None, parts: dict[Scope, Part] | None = None
    ) -> None:
        self.names = names
        self.world = world
        self.main = main
        self.parts: dict[Scope, Part] = {} if parts is None else parts
        self._fuel = _FUEL
        self._globals: dict[tuple[Scope, str], tuple[Value, dict[str, Place]]] = {}

    def refuel(self) -> None:
        """Allows for another while of thinking: code that calls itself in many ways is not followed for ever."""
        self._fuel = _FUEL

    def forget(self) -> None:
        """Drops what was thought of the world so far."""
        self._globals.clear()

    def part(self, scope: Scope) -> Part:
        """What a module or function does, read once."""
        if scope not in self.parts:
            self.parts[scope] = read_part(scope)
        return self.parts[scope]

    def holds(self, path: Sequence[Condition], frame: Frame, depth: int = _DEPTH) -> bool | None:
        """Whether all conditions hold: None where that is not certain."""
        found: bool | None = True
        for condition in path:
            truth = self.truth(self.of(condition.test, condition.scope, frame, depth))
            if truth is None:
                found = found if condition.usual else None
            elif truth is not condition.wanted:
                return False
        return found

    @staticmethod
    def truth(value: Value) -> bool | None:
        """Whether a value counts as true; None where that is not known."""
        if value is UNKNOWN:
            return None
        if value is ENVIRON or isinstance(value, (Instance, ClassValue)):
            return True
        if isinstance(value, tuple) and UNKNOWN in value:
            return None
        return bool(value)

    def of(self, node: ast.expr, scope: Scope, frame: Frame, depth: int = _DEPTH) -> Value:
        """What an expression comes to; UNKNOWN where it raises, or only a run would tell."""
        if isinstance(node, ast.Constant):
            return self._constant(node, scope)
        self._fuel -= 1
        if depth <= 0 or self._fuel <= 0:
            return UNKNOWN
        method = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if method is None:
            return UNKNOWN
        try:
            return method(node, scope, frame, depth - 1)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
            return UNKNOWN

    @staticmethod
    def _constant(node: ast.Constant, scope: Scope) -> Value:
        if isinstance(node.value, str) and node.value.replace("_", "").isalnum() and len(node.value) < 80:
            return Text.at(node.value, place_of(node, scope))
        return node.value

    # Names

    def _of_name(self, node: ast.Name, scope: Scope, frame: Frame, depth: int) -> Value:
        if node.id in frame.given and self._is_given(node.id, scope, frame):
            again = _bound_again(node, frame.scope)
            return self.of(again, frame.scope, frame, depth) if again is not None else frame.given[node.id]
        if node.id == "__name__":
            return "__main__" if scope.module.file == self.main else scope.module.file
        if node.id in ("TYPE_CHECKING", "__debug__"):
            return node.id == "__debug__"
        where, bindings = self.names.lookup(node.id, scope)
        if where is None:
            return UNKNOWN
        return self._of_bindings(node, where, bindings, frame, depth)

    @staticmethod
    def _is_given(name: str, scope: Scope, frame: Frame) -> bool:
        """Whether a name within a piece of code is that of the frame, and not bound again further in."""
        for inner in scope.chain():
            if inner is frame.scope:
                return True
            if name in inner.bindings and inner.kind is not ScopeKind.COMPREHENSION:
                return False
        return False

    def _of_bindings(self, node: ast.Name, where: Scope, bindings: list[Binding], frame: Frame, depth: int) -> Value:
        binding = _last_before(node, where, bindings)
        if binding is None:
            return UNKNOWN
        if where.kind is ScopeKind.MODULE and len(bindings) == 1:
            return self._of_global(node.id, where, depth)
        inner = frame if where in frame.scope.chain() else Frame(where)
        if binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
            return self.of(binding.node, where, inner, depth)
        if isinstance(binding.node, ast.withitem):
            return self.of(binding.node.context_expr, where, inner, depth)
        if isinstance(binding.node, ast.arg):
            return self._of_parameter(binding.node, where, depth)
        ref = self.names.of(node, where)
        return self.of_ref(ref, depth) if ref else UNKNOWN

    def _of_parameter(self, node: ast.arg, where: Scope, depth: int) -> Value:
        """Nobody said what is handed over: an annotation may name the class."""
        annotation = node.annotation
        plain = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        ref = self.names.of(plain, where.parent or where) if plain is not None and depth > 0 else None
        definition = self.names.definition(ref) if ref and ":" in ref else None
        if definition is not None and settings.is_settings(definition, self.names):
            return Instance(definition)
        return UNKNOWN

    def of_ref(self, ref: str, depth: int) -> Value:
        """What a name of the project stands for."""
        if ref in _ENVIRON:
            return ENVIRON
        if ":" not in ref:
            return UNKNOWN
        definition = self.names.definition(ref)
        if definition is not None:
            return ClassValue(definition) if isinstance(definition.node, ast.ClassDef) else UNKNOWN
        file, _, name = ref.partition(":")
        module = self.names.sources.load(file) if file in self.names.sources.files else None
        if module is None or not name:
            return UNKNOWN
        owner, _, last = name.rpartition(".")
        holder = self.names.definition(f"{file}:{owner}") if owner else None
        scope = holder.own if holder is not None else module.scope
        if owner and holder is None:
            return UNKNOWN
        return self._of_global(last, scope, depth)

    def _of_global(self, name: str, scope: Scope, depth: int) -> Value:
        """The value of a name of a module or class, thought through once; what it asked of the world is asked again."""
        key = (scope, name)
        if key not in self._globals:
            asked = self.world.consulted
            self.world.consulted = {}
            self._globals[key] = (UNKNOWN, {})  # a name that needs itself
            value = self._find_global(name, scope, depth)
            self._globals[key] = (value, self.world.consulted)
            self.world.consulted = asked
        value, more = self._globals[key]
        for each, place in more.items():
            self.world.consulted.setdefault(each, place)
        return value

    def _find_global(self, name: str, scope: Scope, depth: int) -> Value:
        bindings = scope.bindings.get(name, [])
        if len(bindings) != 1:
            return UNKNOWN
        binding = bindings[0]
        if binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
            return self.of(binding.node, scope, Frame(scope), depth)
        if isinstance(binding.node, ast.withitem):
            return self.of(binding.node.context_expr, scope, Frame(scope), depth)
        ref = self.names.of(ast.Name(name, ast.Load()), scope)
        return self.of_ref(ref, depth) if ref else UNKNOWN

    def _of_attribute(self, node: ast.Attribute, scope: Scope, frame: Frame, depth: int) -> Value:
        ref = self.names.of(node, scope) if _is_dotted(node) else None
        if ref in _ENVIRON:
            return ENVIRON
        base = self.of(node.value, scope, frame, depth)
        if isinstance(base, Instance):
            return self.attribute(base, node.attr, depth)
        if isinstance(base, ClassValue):
            return self._class_attribute(base.definition, node.attr, depth)
        return self.of_ref(ref, depth) if ref and base is UNKNOWN else UNKNOWN

    def attribute(self, instance: Instance, name: str, depth: int) -> Value:
        """What an attribute of an object is."""
        if name in instance.given:
            return instance.given[name]
        if settings.is_settings(instance.definition, self.names):
            found = settings.field_of(instance.definition, name, self.names)
            if found is not None:
                return self.field(found, depth)
        for definition in lineage(instance.definition, self.names):
            made = self._made_in_init(definition, name, instance, depth)
            if made:
                return made[0]
            if name in definition.own.bindings:
                return self._class_attribute(definition, name, depth)
        return UNKNOWN

    def field(self, found: settings.Field, depth: int) -> Value:
        """What a field of a settings class is in this world."""
        for name in found.names:
            value = self.world.get_folded(name, found.place)
            if value == "" and found.ignores_empty:
                continue
            if value is not None:
                return settings.converted(value, found.shape) if isinstance(value, str) else UNKNOWN
        if found.default is None:
            return UNKNOWN
        return self.of(found.default, found.scope, Frame(found.scope), depth)

    def _made_in_init(self, definition: Definition, name: str, instance: Instance, depth: int) -> tuple[Value, ...]:
        """What `__init__` gives an attribute, as one element; none where it does not."""
        init = self.names.definition(f"{definition.ref}.__init__")
        if init is None or isinstance(init.node, ast.ClassDef):
            return ()
        for statement in ast.walk(init.node):
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                if any(isinstance(each, ast.Attribute) and each.attr == name for each in targets):
                    return (self.of(statement.value, init.own, Frame(init.own, instance.given), depth),)
        return ()

    def _class_attribute(self, definition: Definition, name: str, depth: int) -> Value:
        for each in lineage(definition, self.names):
            bindings = each.own.bindings.get(name, [])
            if not bindings:
                continue
            binding = bindings[0]
            if len(bindings) == 1 and binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
                return self._default(binding.node, each, depth)
            return UNKNOWN
        return UNKNOWN

    def _default(self, node: ast.expr, definition: Definition, depth: int) -> Value:
        """A class attribute; `field(default=...)` of a data class stands for its default."""
        if isinstance(node, ast.Call) and (self.names.of(node.func, definition.own) or "").endswith(
            (".field", ".Field")
        ):
            for keyword in node.keywords:
                if keyword.arg == "default":
                    return self.of(keyword.value, definition.own, Frame(definition.own), depth)
                if keyword.arg in ("default_factory", "factory"):
                    made = keyword.value
                    call = made.body if isinstance(made, ast.Lambda) else ast.Call(made, [], [])
                    return self.of(call, definition.own, Frame(definition.own), depth)
            return UNKNOWN
        return self.of(node, definition.own, Frame(definition.own), depth)

    # Operations

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

    # Calls

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

    def base_of(self, function: ast.expr, scope: Scope, frame: Frame, depth: int = _DEPTH) -> Value:
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
        self, node: ast.Call, scope: Scope, frame: Frame, depth: int = _DEPTH, base: Value = UNKNOWN
    ) -> tuple[Definition, dict[str, Value]] | None:
        """The function or class of the project that a call runs, with what it is given."""
        definition, own = self.called(node.func, scope, frame, depth, base)
        if definition is None:
            return None
        return definition, {**own, **self._arguments(node, definition, bool(own), scope, frame, depth)}

    def called(
        self, function: ast.expr, scope: Scope, frame: Frame, depth: int = _DEPTH, base: Value = UNKNOWN
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
            return given
        for name, default in _defaults(definition.node):
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

    def turns(self, event: Event, frame: Frame) -> Iterator[tuple[Frame, bool]]:
        """The frames in which an event happens, one for each element that its loops go through, and whether surely."""
        frames = [(frame, True)]
        for loop in event.around.loops:
            more: list[tuple[Frame, bool]] = []
            for each, sure in frames:
                over = self.of(loop.over, loop.scope, each)
                if isinstance(over, (tuple, dict)) and loop.name is not None:
                    more += [(each.with_given({loop.name: element}), sure) for element in tuple(over)[:50]]
                elif isinstance(over, (tuple, dict)):
                    more += [(each, sure)] if over else []
                else:
                    more.append((each, False))
            frames = more[:200]
        yield from frames


def lineage(definition: Definition, names: Names) -> list[Definition]:
    """A class and its bases, as far as they are this project's."""
    found, waiting = [], [definition]
    while waiting:
        each = waiting.pop(0)
        if each in found or not isinstance(each.node, ast.ClassDef):
            continue
        found.append(each)
        plain = [base.value if isinstance(base, ast.Subscript) else base for base in each.node.bases]
        refs = [names.of(base, each.outer) for base in plain]
        waiting += [base for ref in refs if ref and ":" in ref and (base := names.definition(ref)) is not None]
    return found


def parameters(definition: Definition, bound: bool) -> list[str]:
    """The names of what may be given in place; of a class, those of `__init__` or its annotated fields."""
    node = definition.node
    if isinstance(node, ast.ClassDef):
        init = next((each for each in node.body if getattr(each, "name", "") == "__init__"), None)
        if isinstance(init, ast.FunctionDef):
            return [each.arg for each in (*init.args.posonlyargs, *init.args.args)][1:]
        fields = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
        return [each.id for each in fields if isinstance(each, ast.Name)]
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    return names[1:] if bound else names


def argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    """What a call gives in place or by name."""
    if len(node.args) > position:
        return node.args[position]
    return next((each.value for each in node.keywords if each.arg == name), None)


def place_of(node: ast.AST, scope: Scope) -> Place:
    """Where a node was written."""
    return Place(scope.module.file, getattr(node, "lineno", None), getattr(node, "col_offset", -1) + 1)


def is_get(node: ast.Call, base: Value) -> bool:
    """Whether a call is `environ.get(...)` and the like, on what is called by whatever name."""
    return base is ENVIRON and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop", "setdefault")


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


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    defaults = node.args.defaults
    yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
    for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is not None:
            yield each.arg, default


def _bound_again(node: ast.Name, scope: Scope) -> ast.expr | None:
    """`settings = settings or Settings()`: what a parameter is from there on, in straight code."""
    line = getattr(node, "lineno", 0)
    bindings = [each for each in scope.bindings.get(node.id, []) if each.kind is BindingKind.VALUE]
    above = [each.node for each in bindings if getattr(each.node, "lineno", line) < line]
    return above[0] if len(above) == 1 and isinstance(above[0], ast.expr) else None


def _last_before(node: ast.Name, where: Scope, bindings: list[Binding]) -> Binding | None:
    """The one binding that a name can have come from: in straight code, what stands above it."""
    if len(bindings) == 1:
        return bindings[0]
    line = getattr(node, "lineno", None)
    if line is None:
        return None
    above = [each for each in bindings if getattr(each.node, "lineno", line) < line]
    return above[0] if len(above) == 1 and where.kind is not ScopeKind.CLASS else None


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
