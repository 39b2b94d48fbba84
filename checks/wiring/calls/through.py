"""Command lines that go through functions of the project: what a caller gives takes the place of parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.temporal.names import Names
from checks.temporal.scopes import Definition, FunctionNode, Module, Scope, ScopeKind
from checks.wiring.calls.words import OPEN, Bound, Item, Param, Seen, Spread, Word, Words, flag_words

_ACTIVITY = frozenset(
    f"{verb}_{local}activity{method}" for verb in ("execute", "start") for local in ("", "local_")
    for method in ("", "_method", "_class")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """Words of a command line, where they are written, and the functions they go through."""

    items: tuple[Item, ...]
    module: Module
    line: int
    scope: Scope
    through: str | None = None


@dataclass(frozen=True, slots=True)
class Runner:
    """A function of the project that starts what its caller names."""

    definition: Definition
    command: Command

    @property
    def function(self) -> FunctionNode:
        """Its syntax tree."""
        assert isinstance(self.definition.node, (ast.FunctionDef, ast.AsyncFunctionDef))  # noqa: S101 -- only these
        return self.definition.node

    @property
    def name(self) -> str:
        """Its name without what it stands in."""
        return self.function.name

    @property
    def is_method(self) -> bool:
        """Whether its first parameter is the object."""
        plain = any(getattr(one, "id", "") == "staticmethod" for one in self.function.decorator_list)
        return self.definition.outer.kind is ScopeKind.CLASS and not plain


def passed(module: Module, runners: dict[str, Runner], words: Words, names: Names) -> Iterator[Command]:
    """What the calls of runners in a module come to."""
    for call in module.calls:
        for runner, arguments, keywords in _runner_calls(call.node, call.scope, runners, names):
            bound = _bound(runner, arguments, keywords, Seen(call.scope))
            items = _filled(runner, bound, words)
            if items:
                place = runner.definition.own.module.file, runner.command.line
                through = f"`{runner.name}` ({place[0]}:{place[1]})"
                yield Command(tuple(items), module, call.node.lineno, call.scope, through)


Arguments = tuple[Runner, Sequence[ast.expr], Sequence[ast.keyword]]


def _runner_calls(node: ast.Call, scope: Scope, runners: dict[str, Runner], names: Names) -> Iterator[Arguments]:
    called = _runner(node.func, scope, runners, names)
    if called is not None:
        yield called, node.args, node.keywords
        return
    last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for at, argument in enumerate(node.args[:2]):
        named = _named_activity(argument, runners) if last in _ACTIVITY and at == 0 else None
        handed = named or _runner(argument, scope, runners, names)
        if handed is None:
            continue
        if last in _ACTIVITY:
            yield handed, _activity_arguments(node), ()
        else:
            yield handed, node.args[at + 1 :], node.keywords
        return


def _runner(node: ast.expr, scope: Scope, runners: dict[str, Runner], names: Names) -> Runner | None:
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return None
    ref = names.of(node, scope)
    if ref in runners:
        return runners[ref]
    if isinstance(node, ast.Attribute) and ref is None:  # a method of an object whose class is not known
        alike = [runner for runner in runners.values() if runner.name == node.attr and runner.is_method]
        return alike[0] if len(alike) == 1 and len(node.attr) > 3 else None
    return None


def _named_activity(node: ast.expr, runners: dict[str, Runner]) -> Runner | None:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return None
    alike = [runner for runner in runners.values() if runner.name == node.value]
    return alike[0] if len(alike) == 1 else None


def _activity_arguments(node: ast.Call) -> Sequence[ast.expr]:
    for word in node.keywords:
        if word.arg == "args" and isinstance(word.value, (ast.List, ast.Tuple)):
            return word.value.elts
        if word.arg == "arg":
            return [word.value]
    return node.args[1:]


def _bound(runner: Runner, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword], seen: Seen) -> Bound:
    """Which expression each parameter is given; what is left over goes to `*args` and `**kwargs`."""
    words = runner.function.args
    positional = [one.arg for one in (*words.posonlyargs, *words.args)][1 if runner.is_method else 0 :]
    bound: dict[str, tuple[ast.expr, Seen]] = {}
    plain = [one for one in arguments if not isinstance(one, ast.Starred)]
    if len(plain) == len(arguments):
        bound |= {name: (value, seen) for name, value in zip(positional, plain, strict=False)}
        if words.vararg is not None:
            bound[words.vararg.arg] = (ast.List(list(plain[len(positional) :]), ast.Load()), seen)
    known = {*positional, *(one.arg for one in words.kwonlyargs)}
    bound |= {word.arg: (word.value, seen) for word in keywords if word.arg in known and word.arg}
    if words.kwarg is not None and all(word.arg for word in keywords):
        rest = [word for word in keywords if word.arg not in known]
        keys: list[ast.expr | None] = [ast.Constant(word.arg) for word in rest]
        bound[words.kwarg.arg] = (ast.Dict(keys, [word.value for word in rest]), seen)
    return {**_defaults(runner), **bound}


def _defaults(runner: Runner) -> dict[str, tuple[ast.expr, Seen]]:
    words, seen = runner.function.args, Seen(runner.definition.outer)
    named = [*words.posonlyargs, *words.args]
    pairs = list(zip(named[len(named) - len(words.defaults) :], words.defaults, strict=True))
    pairs += [(one, value) for one, value in zip(words.kwonlyargs, words.kw_defaults, strict=True) if value is not None]
    return {one.arg: (value, seen) for one, value in pairs}


def _filled(runner: Runner, bound: Bound, words: Words) -> list[Item]:
    """The runner's words with what this caller gives."""
    filled: list[Item] = []
    for item in runner.command.items:
        if isinstance(item, Word):
            parts = [part for piece in item.parts for part in _part(piece, bound, words)]
            filled.append(Word(tuple(parts)))
        else:
            filled += _spread(item, bound, words)
    return filled


def _part(piece: str | Param, bound: Bound, words: Words) -> tuple[str | Param, ...]:
    if isinstance(piece, str):
        return (piece,)
    given = _given(piece, bound, words)
    return words.word(given[0], given[1]).parts if given else ("$VALUE",)


def _spread(item: Spread, bound: Bound, words: Words) -> list[Item]:
    given = _given(item.param, bound, words) if item.param is not None else None
    if given is None:
        return [OPEN]
    node, seen = given
    if isinstance(node, ast.Constant) and node.value is None:
        return []
    if not item.flags:
        return words.items(node, seen)
    entries = words.entries(node, seen)
    if entries is None:
        return words.flag_items(node, seen, item.dashes)
    return [
        part
        for key, value in entries
        for part in ([OPEN] if key is None else flag_words(key, words.word(value, seen), item.dashes))
    ]


def _given(param: Param, bound: Bound, words: Words) -> tuple[ast.expr, Seen] | None:
    """The expression that a parameter is given, or one field of it where the caller makes the object on the spot."""
    found = bound.get(param.name)
    if found is None or param.attribute is None:
        return found
    node, seen = found
    if isinstance(node, ast.Name):
        value = words.names.value(node, seen.scope)
        node, seen = (value[0], Seen(value[1])) if value is not None else (node, seen)
    if not isinstance(node, ast.Call):
        return None
    for word in node.keywords:
        if word.arg == param.attribute:
            return word.value, seen
    return _by_position(node, param.attribute, seen, words)


def _by_position(node: ast.Call, attribute: str, seen: Seen, words: Words) -> tuple[ast.expr, Seen] | None:
    """A field by its place among the arguments, else its default."""
    ref = words.names.of(node.func, seen.scope)
    definition = words.names.definition(ref) if ref else None
    if definition is None or not isinstance(definition.node, ast.ClassDef):
        return None
    fields = [
        one for one in definition.node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    ]
    for at, one in enumerate(fields):
        if isinstance(one.target, ast.Name) and one.target.id == attribute:
            if at < len(node.args):
                return node.args[at], seen
            return (one.value, Seen(definition.own)) if one.value is not None else None
    return None
