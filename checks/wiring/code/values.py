"""What an expression comes to in a given environment, as far as that can be said without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Binding, BindingKind, Scope, ScopeKind
from checks.wiring.code.calling import Calling
from checks.wiring.code.flow import Condition, Event, Part
from checks.wiring.code.memory import Memory
from checks.wiring.code.objects import ENVIRONS, Objects
from checks.wiring.code.operations import Operations
from checks.wiring.code.settings_config import is_settings
from checks.wiring.code.syntax import place_of
from checks.wiring.code.thinking import DEPTH, Frame
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Text, Value, World

_FUEL = 4000


class Values(Operations, Objects, Calling):
    """Thinks expressions through, in one world."""

    def __init__(self, names: Names, world: World, memory: Memory) -> None:
        self.names = names
        self.world = world
        self.memory = memory
        self._fuel = _FUEL
        self._cut = False
        self._under_way: set[tuple[Scope, str]] = set()

    def refuel(self) -> None:
        """Allows for another while of thinking: code that calls itself in many ways is not followed for ever."""
        self._fuel = _FUEL

    def part(self, scope: Scope) -> Part:
        """What a module or function does, read once."""
        return self.memory.part(scope)

    def holds(self, path: Sequence[Condition], frame: Frame, depth: int = DEPTH) -> bool | None:
        """Whether all conditions hold: None where that is not certain."""
        found: bool | None = True
        for condition in path:
            truth = self._truth_of(condition, frame, depth)
            if truth is None:
                found = found if condition.usual else None
            elif truth is not condition.wanted:
                return False
        return found

    def _truth_of(self, condition: Condition, frame: Frame, depth: int) -> bool | None:
        """Much happens under the same condition: it is thought through once."""
        world = self.world
        if condition not in frame.truths:
            consulted, world.consulted = world.consulted, {}
            truth = self.truth(self.of(condition.test, condition.scope, frame, depth))
            frame.truths[condition] = truth, world.consulted
            world.consulted = consulted
        truth, asked = frame.truths[condition]
        for name, place in asked.items():
            world.consulted.setdefault(name, place)
        return truth

    def of(self, node: ast.expr, scope: Scope, frame: Frame, depth: int = DEPTH) -> Value:
        """What an expression comes to; UNKNOWN where it raises, or only a run would tell."""
        if isinstance(node, ast.Constant):
            return self._constant(node, scope)
        self._fuel -= 1
        if depth <= 0 or self._fuel <= 0:
            self._cut = True
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
            return "__main__" if self.world.is_main(scope.module.file) else scope.module.file
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
        if definition is not None and is_settings(definition, self.names):
            return Instance(definition)
        return UNKNOWN

    def of_ref(self, ref: str, depth: int) -> Value:
        """What a name of the project stands for."""
        if ref in ENVIRONS:
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
        if key in self._under_way:
            return UNKNOWN  # a name that needs itself
        known = self.memory.values.find(key, self.world)
        if known is None:
            known = self.memory.values.find((*key, depth), self.world)
            self._cut = self._cut or known is not None
        value, asked = known if known is not None else self._think_global(key, depth)
        for each, place in asked.items():
            self.world.consulted.setdefault(each, place)
        return value

    def _think_global(self, key: tuple[Scope, str], depth: int) -> tuple[Value, dict[str, Place]]:
        """A thought that was cut short is kept for those that have no more time for it either."""
        world, cut = self.world, self._cut
        consulted, touched = world.consulted, world.touched
        world.consulted, world.touched, self._cut = {}, set(), False
        self._under_way.add(key)
        found = (self._find_global(key[1], key[0], depth), world.consulted)
        self._under_way.discard(key)
        self.memory.values.keep((*key, depth) if self._cut else key, world, found)
        touched |= world.touched
        world.consulted, world.touched, self._cut = consulted, touched, cut or self._cut
        return found

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
