"""The words of a command line as code writes them: known texts, and parts that only a caller or a run knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.commands import simple_commands
from checks.temporal.names import Names
from checks.temporal.scopes import BindingKind, FunctionNode, Scope, ScopeKind
from checks.wiring.calls.building import added, assigned, is_rebuilt, statements

VALUE = "$VALUE"
"""What stands for a text that only a run knows."""
DEEPEST = 12
PROGRAMS = frozenset(("raw", "skillgate", "python", "python3", "uv"))
"""What a variable with such a default surely names: a program, wherever it lies."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of the function around, or an attribute of it."""

    name: str
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word, its unknown parts as parameters or as `$VALUE`."""

    parts: tuple[str | Param, ...]

    @property
    def text(self) -> str:
        """The word with every unknown part as `$VALUE`."""
        return "".join(part if isinstance(part, str) else VALUE for part in self.parts)


@dataclass(frozen=True, slots=True)
class Spread:
    """Words that a parameter brings: a list of words, or a mapping whose keys become `--key`.

    `param` is None where nothing is known of them; `dashes` says whether `_` in a key becomes `-`.
    """

    param: Param | None = None
    flags: bool = False
    dashes: bool = False


Item = Word | Spread
OPEN = Spread()


@dataclass(frozen=True, slots=True)
class Seen:
    """Where an expression stands: its scope, and the names that are being followed already."""

    scope: Scope
    names: frozenset[str] = frozenset()

    def function(self) -> FunctionNode | None:
        """The function around."""
        for scope in self.scope.chain():
            if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return scope.node
        return None


class Words:
    """Reads words from expressions."""

    def __init__(self, names: Names, programs: Mapping[str, str] | None = None) -> None:
        self.names = names
        self.programs = programs or {}
        """Fields of settings that name a program, by `checks.wiring.calls.settings_programs`."""

    # --- one word

    def word(self, node: ast.expr, seen: Seen, depth: int = DEEPEST) -> Word:
        """What one element of a command line is."""
        return Word(_merged(self._parts(node, seen, depth)))

    def _parts(self, node: ast.expr, seen: Seen, depth: int) -> Iterator[str | Param]:
        if depth <= 0:
            yield VALUE
        elif isinstance(node, ast.Constant):
            yield str(node.value) if isinstance(node.value, (str, int, float)) else VALUE
        elif isinstance(node, ast.JoinedStr):
            for value in node.values:
                yield from self._parts(value, seen, depth - 1)
        elif isinstance(node, ast.FormattedValue):
            yield from self._parts(node.value, seen, depth - 1) if node.format_spec is None else (VALUE,)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
            yield from self._parts(node.left, seen, depth - 1)
            yield "/" if isinstance(node.op, ast.Div) else ""
            yield from self._parts(node.right, seen, depth - 1)
        else:
            yield from self._of_other(node, seen, depth)

    def _of_other(self, node: ast.expr, seen: Seen, depth: int) -> Iterator[str | Param]:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            last = self.word(node.values[-1], seen, depth - 1)
            yield from last.parts if last.text else (VALUE,)
        elif isinstance(node, ast.Call):
            yield from self._of_call(node, seen, depth)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            yield from self._of_name(node, seen, depth)
        else:
            yield VALUE

    def _of_call(self, node: ast.Call, seen: Seen, depth: int) -> Iterator[str | Param]:
        ref = self.names.of(node.func, seen.scope) or ""
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if ref in ("builtins.str", "os.fspath", "shlex.quote", "shutil.which") and len(node.args) == 1:
            yield from self._parts(node.args[0], seen, depth - 1)
        elif ref in ("os.path.join", "pathlib.Path", "pathlib.PurePath", "os.path.abspath") and node.args:
            for at, part in enumerate(node.args):
                yield "/" if at else ""
                yield from self._parts(part, seen, depth - 1)
        elif ref in ("os.getenv", "os.environ.get") and len(node.args) == 2:
            default = self.word(node.args[1], seen, depth - 1).text
            yield default if default in PROGRAMS else VALUE
        elif attribute in ("joinpath", "as_posix", "resolve", "absolute", "expanduser") and isinstance(
            node.func, ast.Attribute
        ):
            yield from self._parts(node.func.value, seen, depth - 1)
            for part in node.args:
                yield "/"
                yield from self._parts(part, seen, depth - 1)
        else:
            yield VALUE

    def _of_name(self, node: ast.Name | ast.Attribute, seen: Seen, depth: int) -> Iterator[str | Param]:
        if self.names.of(node, seen.scope) == "sys.executable":
            yield "python"
            return
        if isinstance(node, ast.Attribute) and node.attr in self.programs:
            yield self.programs[node.attr]
            return
        param = param_of(node, seen.scope)
        if param is not None:
            yield param
            return
        if isinstance(node, ast.Attribute) and node.attr == "value":
            yield from self._of_name(node.value, seen, depth - 1) if isinstance(node.value, ast.Attribute) else (VALUE,)
            return
        found = self.names.value(node, seen.scope)
        if found is None or found[0] is node:
            local = self._local(node, seen)
            found = (local, seen.scope) if local is not None else None
        if found is None or isinstance(found[0], ast.Name):
            yield VALUE
        else:
            yield from self._parts(found[0], Seen(found[1], seen.names), depth - 1)

    def _local(self, node: ast.expr, seen: Seen) -> ast.expr | None:
        """What a local name was given first, where it is given several things."""
        if not isinstance(node, ast.Name):
            return None
        _, bindings = self.names.lookup(node.id, seen.scope)
        values = [one.node for one in bindings if one.kind is BindingKind.VALUE and isinstance(one.node, ast.expr)]
        return values[0] if len(values) == 1 == len(bindings) else None

    # --- many words

    def items(self, node: ast.expr, seen: Seen, depth: int = DEEPEST) -> list[Item]:
        """The words that a list, or something made of lists, comes to."""
        if depth <= 0:
            return [OPEN]
        if isinstance(node, (ast.List, ast.Tuple)):
            return [item for element in node.elts for item in self._element(element, seen, depth)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.items(node.left, seen, depth - 1) + self.items(node.right, seen, depth - 1)
        if isinstance(node, ast.IfExp):
            return self.items(node.body, seen, depth - 1) or self.items(node.orelse, seen, depth - 1)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            return self._comprehension(node, seen)
        if isinstance(node, ast.Call):
            return self._many_of_call(node, seen, depth)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._many_of_name(node, seen, depth)
        return [OPEN]

    def _element(self, element: ast.expr, seen: Seen, depth: int) -> list[Item]:
        if isinstance(element, ast.Starred):
            return self.items(element.value, seen, depth - 1)
        return [self.word(element, seen, depth - 1)]

    def _many_of_call(self, node: ast.Call, seen: Seen, depth: int) -> list[Item]:
        ref = self.names.of(node.func, seen.scope) or ""
        if ref in ("builtins.list", "builtins.tuple") and len(node.args) == 1:
            return self.items(node.args[0], seen, depth - 1)
        if ref == "shlex.split" and node.args:
            return self.text_items(node.args[0], seen)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "split" and not node.args:
            return self.text_items(node.func.value, seen)
        return [OPEN]

    def text_items(self, node: ast.expr, seen: Seen) -> list[Item]:
        """The words of a text that a shell would split; of several commands in it, the first that is no `cd`."""
        parts = self.word(node, seen).parts
        params = [part for part in parts if isinstance(part, Param)]
        marks = iter(f"$P{number}_" for number in range(len(params)))
        text = "".join(part if isinstance(part, str) else next(marks) for part in parts)
        for simple in simple_commands(text):
            if simple.words[0] not in ("cd", "set", "export", "source", "."):
                return [_unmarked(word, params) for word in simple.words]
        return [OPEN]

    def _many_of_name(self, node: ast.Name | ast.Attribute, seen: Seen, depth: int) -> list[Item]:
        param = param_of(node, seen.scope)
        if param is not None and not (isinstance(node, ast.Name) and is_rebuilt(node.id, seen.function())):
            return [Spread(param)]
        if isinstance(node, ast.Name) and node.id not in seen.names:
            function = seen.function()
            where, _ = self.names.lookup(node.id, seen.scope)
            if function is not None and where is not None and where.kind is not ScopeKind.MODULE:
                return self._built(node.id, function, Seen(seen.scope, seen.names | {node.id}), depth)
        found = self.names.value(node, seen.scope)
        if found is None or isinstance(found[0], (ast.Name, ast.Attribute)):
            return [OPEN]
        return self.items(found[0], Seen(found[1], seen.names), depth - 1)

    def _built(self, name: str, function: FunctionNode, seen: Seen, depth: int) -> list[Item]:
        """A list that a function builds step by step, as if every branch were taken."""
        collected: list[Item] = []
        for statement, loop in statements(function.body, None):
            value = assigned(statement, name)
            if value is not None:
                collected = self.items(value, seen, depth - 1)
                continue
            for part, many in added(statement, name):
                flags = self._flags(loop, part, seen) if loop is not None else None
                new = flags if flags is not None else self._adding(part, many, seen, depth)
                collected += [item for item in new if not isinstance(item, Spread) or item not in collected]
        return collected or [OPEN]

    def _adding(self, added: ast.expr, many: bool, seen: Seen, depth: int) -> list[Item]:
        return self.items(added, seen, depth - 1) if many else [self.word(added, seen, depth - 1)]

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp, seen: Seen) -> list[Item]:
        flags = self._flags(node.generators[0], node, seen)
        return flags if flags is not None else [OPEN]

    def _flags(self, loop: ast.For | ast.comprehension, body: ast.AST, seen: Seen) -> list[Item] | None:
        """`for key, value in mapping.items()` that makes `--key value`; None where the loop does something else."""
        call = loop.iter
        is_items = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "items"
        if not is_items or not isinstance(loop.target, ast.Tuple) or not isinstance(loop.target.elts[0], ast.Name):
            return None
        text = ast.unparse(loop) + ast.unparse(body)
        if "--" not in text:
            return None
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)  # noqa: S101 -- for the type checker
        dashes = bool(re.search(r"replace\(\s*['\"]_['\"],\s*['\"]-['\"]", text))
        return self.flag_items(call.func.value, seen, dashes)

    def flag_items(self, node: ast.expr, seen: Seen, dashes: bool) -> list[Item]:
        """`--key value` for each entry of a mapping."""
        param = param_of(node, seen.scope)
        if param is not None:
            return [Spread(param, flags=True, dashes=dashes)]
        entries = self.entries(node, seen)
        if entries is None:
            return [OPEN]
        items: list[Item] = []
        for key, value in entries:
            items += [OPEN] if key is None else flag_words(key, self.word(value, seen), dashes)
        return items

    def entries(self, node: ast.expr, seen: Seen, depth: int = 4) -> list[tuple[str | None, ast.expr]] | None:
        """Keys and values of a mapping as far as it is written; a key that is not known is None."""
        if isinstance(node, ast.Dict):
            found: list[tuple[str | None, ast.expr]] = []
            for key, value in zip(node.keys, node.values, strict=True):
                text = self.word(key, seen).text if key is not None else VALUE
                inner = self.entries(value, seen, depth - 1) if key is None and depth else None
                found += inner if inner is not None else [(None if "$" in text else text, value)]
            return found
        if isinstance(node, ast.Call) and self.names.of(node.func, seen.scope) == "builtins.dict" and not node.args:
            return [(word.arg, word.value) for word in node.keywords]
        if isinstance(node, (ast.Name, ast.Attribute)) and depth > 0:
            given = self.names.value(node, seen.scope)
            if given is not None and not isinstance(given[0], (ast.Name, ast.Attribute)):
                return self.entries(given[0], Seen(given[1]), depth - 1)
        return None


def flag_words(key: str, value: Word, dashes: bool) -> list[Item]:
    """`--key value`."""
    name = key.replace("_", "-") if dashes else key
    return [Word((name if name.startswith("-") else f"--{name}",)), value]


def param_of(node: ast.expr, scope: Scope) -> Param | None:
    """The parameter of a function around that an expression is, or is an attribute of."""
    attribute = node.attr if isinstance(node, ast.Attribute) else None
    node = node.value if isinstance(node, ast.Attribute) else node
    if not isinstance(node, ast.Name) or (node.id in ("self", "cls") and attribute is not None):
        return None
    for around in scope.chain():
        if isinstance(around.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.id in parameters(around.node):
            return Param(node.id, attribute)
        if node.id in around.bindings:
            return None
    return None


def parameters(function: FunctionNode) -> list[str]:
    """The names of a function's parameters, `*args` and `**kwargs` last."""
    words = function.args
    named = [one.arg for one in (*words.posonlyargs, *words.args, *words.kwonlyargs)]
    return [*named, *(one.arg for one in (words.vararg, words.kwarg) if one is not None)]


def known_texts(items: Iterable[Item]) -> tuple[str, ...]:
    """The words as texts: `$VALUE` for what is not known, `$@` for words of which not even the number is."""
    return tuple(item.text if isinstance(item, Word) else "$@" for item in items)


def _merged(parts: Iterable[str | Param]) -> tuple[str | Param, ...]:
    merged: list[str | Param] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    return tuple(merged) or ("",)


def _unmarked(word: str, params: Sequence[Param]) -> Word:
    pieces = re.split(r"\$P(\d+)_", word)
    return Word(_merged(params[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces)))


Bound = Mapping[str, tuple[ast.expr, Seen]]
