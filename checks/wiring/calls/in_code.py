"""Calls of programs in the project's Python code, also those that go through functions of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from checks.model import Place
from checks.temporal.scopes import Module, Scope, ScopeKind
from checks.wiring.calls.model import Call, Origin
from checks.wiring.calls.nearest import nearest
from checks.wiring.calls.settings_programs import settings_programs
from checks.wiring.calls.through import Command, Runner, passed
from checks.wiring.calls.words import OPEN, Item, Param, Seen, Spread, Word, Words, known_texts
from checks.wiring.code.model import Code
from checks.wiring.model import Kind, Started
from checks.wiring.started import started

_STARTERS = frozenset(("run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"))
_ANY_STARTERS = frozenset(("create_subprocess_exec", "create_subprocess_shell", "open_process", "run_process"))
_TEXT_STARTERS = frozenset(("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"))
_IN_SOME_FOLDER = re.compile(r"\$VALUE/([\w-]+)/run\.py\Z")
"""A workflow's script in a folder that code puts together, or reads from the environment."""
_MEANT = 0.75
"""A name this like that of a workflow is taken for a slip."""
_MAY_START = (ast.Call, ast.Assign, ast.AnnAssign, ast.List, ast.Tuple, ast.BinOp)
_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
ROUNDS = 3
"""Through how many functions a command line is followed."""


@lru_cache(maxsize=2)
def calls_in_code(code: Code) -> tuple[Call, ...]:
    """Every call of a program that the code's text shows."""
    return tuple(_calls_in_code(code))


def _calls_in_code(code: Code) -> Iterator[Call]:
    if code.index is None:
        return
    names = code.index.names
    modules = list(code.index.sources.own_modules())
    words = Words(names, settings_programs(modules))
    commands = [command for module in modules for command in _Finder(module, words).commands()]
    found = [call for command in commands for call in _calls(command, code)]
    runners = dict(_runners(commands, code))
    for _ in range(ROUNDS):
        if not runners:
            break
        handed_on = [command for module in modules for command in passed(module, runners, words, names)]
        found += [call for command in handed_on for call in _calls(command, code)]
        known = set(runners)
        runners = {ref: runner for ref, runner in _runners(handed_on, code) if ref not in known}
    yield from (call for at, call in enumerate(found) if call not in found[:at])


def _inner(node: ast.AST) -> list[ast.AST]:
    """What may start something within a node; names and constants do not."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        each = value if isinstance(value, list) else (value,)
        found += [one for one in each if isinstance(one, ast.AST) and not isinstance(one, _LEAVES)]
    return found


def _calls(command: Command, code: Code) -> Iterator[Call]:
    texts = known_texts(command.items)
    place = Place(command.module.file, command.line)
    for one in _begun(texts, code):
        yield Call(one, place, Origin.CODE, None, through=command.through)


def _begun(texts: Sequence[str], code: Code) -> list[Started]:
    """What a command line starts; `WORKFLOWS / name / "run.py"` is a workflow where one has that name, or nearly."""
    return [_as_workflow(one, code) for one in started(texts, code.console_scripts)]


def _as_workflow(one: Started, code: Code) -> Started:
    found = _IN_SOME_FOLDER.match(one.name) if one.kind is Kind.FILE else None
    if found is None or code.index is None:
        return one
    scripts = [file for file in code.index.files if file.endswith("/run.py")]
    known = [file.split("/")[-2] for file in scripts if ".raw/workflows/" in file]
    elsewhere = any(file.endswith(f"{found[1]}/run.py") for file in scripts) and found[1] not in known
    if elsewhere or nearest(found[1], known, _MEANT) is None:
        return one
    return replace(one, kind=Kind.WORKFLOW, name=found[1])


def _runners(commands: Sequence[Command], code: Code) -> Iterator[tuple[str, Runner]]:
    """The functions whose parameters decide what they start."""
    for command in commands:
        scope = next((scope for scope in command.scope.chain() if scope.kind is ScopeKind.FUNCTION), None)
        if scope is None or isinstance(scope.node, ast.Lambda):
            continue
        if not _depends(command, code):
            continue
        for definition in command.module.definitions:
            if definition.own is scope:
                yield definition.ref, Runner(definition, command)


def _depends(command: Command, code: Code) -> bool:
    """Whether what is started, or how many words it is given, is for the caller to say."""
    if any(isinstance(item, Spread) and item.param is not None for item in command.items):
        return True
    if not any(isinstance(part, Param) for item in command.items if isinstance(item, Word) for part in item.parts):
        return False
    begun = _begun(known_texts(command.items), code)
    return not begun or any("$" in one.name for one in begun)


class _Finder:
    """The command lines that one module writes."""

    def __init__(self, module: Module, words: Words) -> None:
        self.module, self.words = module, words
        self.taken: set[int] = set()

    def commands(self) -> Iterator[Command]:
        waiting: list[tuple[ast.AST, Scope]] = [(self.module.tree, self.module.scope)]
        while waiting:
            node, scope = waiting.pop()
            scope = self.module.scopes.get(node, scope)
            if isinstance(node, _MAY_START) and id(node) not in self.taken:
                command = self._command(node, scope)
                if command is not None:
                    yield command
            waiting += [(child, scope) for child in reversed(_inner(node))]

    def _command(self, node: ast.AST, scope: Scope) -> Command | None:
        seen = Seen(scope)
        if isinstance(node, ast.Call):
            return self._of_call(node, seen)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            value = node.value
            if isinstance(target, ast.Name) and value is not None and self._looks_like_command(value, scope):
                name = ast.copy_location(ast.Name(target.id, ast.Load()), node)
                return self._made(self.words.items(name, seen), value, value, scope)
        elif isinstance(node, (ast.List, ast.Tuple, ast.BinOp)) and self._looks_like_command(node, scope):
            return self._made(self.words.items(node, seen), node, node, scope)
        return None

    def _of_call(self, node: ast.Call, seen: Seen) -> Command | None:
        kind = self._kind(node, seen.scope)
        if kind is None or not node.args:
            return None
        first = node.args[0]
        if kind == "words":
            items = [self.words.word(argument, seen) for argument in node.args if not isinstance(argument, ast.Starred)]
            mixed: list[Item] = []
            for argument in node.args:
                star = isinstance(argument, ast.Starred)
                mixed += self.words.items(argument.value, seen) if star else [items.pop(0)]  # type: ignore[attr-defined]
            return self._made(mixed, node, first, seen.scope)
        if kind == "text" or isinstance(first, (ast.JoinedStr, ast.Constant)):
            return self._made(self.words.text_items(first, seen), node, first, seen.scope)
        literal = self._literal(first, seen.scope)
        if id(literal) in self.taken:
            return None
        return self._made(self.words.items(first, seen), literal, first, seen.scope)

    def _literal(self, node: ast.expr, scope: Scope) -> ast.expr:
        """The list that a name was given, so that it is not reported twice."""
        if isinstance(node, ast.Name):
            _, bindings = self.words.names.lookup(node.id, scope)
            values = [one.node for one in bindings if isinstance(one.node, (ast.List, ast.Tuple, ast.BinOp))]
            return values[0] if values else node
        return node

    def _kind(self, node: ast.Call, scope: Scope) -> str | None:
        ref = self.words.names.of(node.func, scope) or ""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else ref.rpartition(".")[2]
        if (
            ref in _TEXT_STARTERS
            or last == "create_subprocess_shell"
            or (ref.startswith("subprocess.") and _shell(node))
        ):
            return "text"
        if last == "create_subprocess_exec" or ref in ("os.execlp", "os.execl"):
            return "words"
        if (ref.startswith("subprocess.") and last in _STARTERS) or last in _ANY_STARTERS:
            return "list"
        return None

    def _made(self, items: Sequence[Item], taken: ast.AST, at: ast.expr, scope: Scope) -> Command | None:
        for part in (taken, at):
            self.taken.update(id(inner) for inner in ast.walk(part) if not isinstance(inner, ast.Call))
        if not items or items[0] == OPEN:
            return None
        line = getattr(taken, "lineno", None) or at.lineno
        return Command(tuple(items), self.module, line, scope)

    def _looks_like_command(self, node: ast.expr, scope: Scope) -> bool:
        """Whether a list begins as a command line of RAW or of Python does, whoever is going to start it."""
        while isinstance(node, ast.BinOp):
            node = node.left
        if not isinstance(node, (ast.List, ast.Tuple)) or len(node.elts) < 2:
            return False
        first, second = (self.words.word(element, Seen(scope)).text for element in node.elts[:2])
        if first == "raw":
            return second == "run"
        if first == "skillgate":
            return second == "raw"
        if first == "uv":
            return second == "run" and len(node.elts) > 2
        is_python = first == "python3" or self.words.names.of(node.elts[0], scope) == "sys.executable"
        return is_python and (second == "-m" or second.endswith(".py"))


def _shell(node: ast.Call) -> bool:
    return any(word.arg == "shell" and getattr(word.value, "value", None) is True for word in node.keywords)
