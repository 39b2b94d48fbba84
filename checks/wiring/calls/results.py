"""What a caller reads of a workflow's result must be what the workflow writes into it.

Spoken of only where both sides are written out: the caller takes `result["names"]` of the parsed result, and a dict
of run.py holds other keys that it reads, and not this one, which no code behind the workflow mentions at all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.model import Diagnostic, Place
from checks.temporal.scopes import Module, Scope, ScopeKind
from checks.wiring.calls.model import Call, Origin
from checks.wiring.calls.nearest import nearest
from checks.wiring.calls.parameters import Offered
from checks.wiring.calls.rules import RESULT, report
from checks.wiring.calls.workflows import Workflows
from checks.wiring.code.model import Code
from checks.wiring.model import Kind

_PARSES = {"json.loads", "json.load", "orjson.loads", "ujson.loads"}
_RUNNER = re.compile(r"`(\w+)` \(([^:]+):\d+\)")
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class _Read:
    key: str
    line: int


def judge_results(code: Code, calls: Sequence[Call], workflows: Workflows) -> Iterator[Diagnostic]:
    """One finding for each key that is read and not there."""
    if code.index is None:
        return
    reader = _Reader(code)
    for call in calls:
        if call.origin is Origin.CODE and call.started.kind is Kind.WORKFLOW:
            offered = workflows.find(call)
            if offered is not None and offered.has_run:
                yield from reader.judge(call, offered)


class _Reader:
    def __init__(self, code: Code) -> None:
        assert code.index is not None  # noqa: S101 -- for the type checker: the caller looked
        self.sources, self.names = code.index.sources, code.index.names

    def judge(self, call: Call, offered: Offered) -> Iterator[Diagnostic]:
        """Findings about one call, where its result is read in the function that calls."""
        module = self.sources.load(call.place.file)
        script = self.sources.load(offered.place.file)
        if module is None or script is None:
            return
        reads = list({read.key: read for read in reversed(list(self._reads(module, call)))}.values())
        written = list(_dicts(script)) if reads else []
        wanted = {read.key for read in reads}
        said: str | None = None
        for read in reads:
            likely = [each for each in written if len(wanted & set(each[0])) * 2 > len(wanted) - 1]
            found = likely and all(read.key not in keys and wanted & set(keys) for keys, _ in likely)
            if not found:
                continue
            said = said if said is not None else self._text_behind(script)
            if re.search(rf"\b{re.escape(read.key)}\b", said):
                continue
            keys, line = likely[0]
            close = nearest(read.key, keys, 0.5)
            meant = f"; did you mean `{close}`?" if close else f"; it has {', '.join(f'`{key}`' for key in keys)}"
            message = (
                f"`{read.key}` is read from the result of the workflow `{offered.id}`, which writes no such key "
                f"({offered.place.file}:{line}){meant}"
            )
            yield report(RESULT, Place(call.place.file, read.line), message)

    def _reads(self, module: Module, call: Call) -> Iterator[_Read]:
        """The keys that are taken of the parsed result, in the function that makes the call."""
        scope = _function_at(module, call.place.line or 0)
        name = self._result_name(module, scope, call) if scope is not None else None
        if scope is None or name is None or len(scope.bindings.get(name, ())) != 1:
            return
        nodes = list(ast.walk(scope.node))
        if any(_changes(node, name) for node in nodes):
            return
        for node in nodes:
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is(node.value, name):
                key = node.slice.value if isinstance(node.slice, ast.Constant) else None
                if isinstance(key, str):
                    yield _Read(key, node.lineno)

    def _result_name(self, module: Module, scope: Scope, call: Call) -> str | None:
        """The variable that holds the result: what the runner returns, or what is parsed beside the call."""
        through = _RUNNER.search(call.through) if call.through else None
        assigned = [each for each in ast.walk(scope.node) if isinstance(each, ast.Assign) and len(each.targets) == 1]
        for node in assigned:
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            target = node.targets[0]
            if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
                continue
            if through is not None and _last(value.func) == through[1] and value.lineno == call.place.line:
                return target.id if self._parses(through[2], through[1]) else None
        starts = [each for each in module.calls if each.scope is scope and _last(each.node.func) in _STARTERS]
        parsed = [
            target.id
            for node in assigned
            if isinstance(node.value, ast.Call) and self.names.of(node.value.func, scope) in _PARSES
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
        return parsed[0] if through is None and len(parsed) == len(starts) == 1 else None

    def _parses(self, file: str, name: str) -> bool:
        """Whether a runner gives back the parsed result as it is."""
        module = self.sources.load(file)
        found = [each for each in module.definitions if each.node.name == name] if module is not None else []
        if len(found) != 1:
            return False
        returns = [each.value for each in ast.walk(found[0].node) if isinstance(each, ast.Return)]
        return bool(returns) and all(self._is_parsed(each, found[0].own) for each in returns)

    def _is_parsed(self, node: ast.expr | None, scope: Scope) -> bool:
        if isinstance(node, ast.Name):
            bindings = scope.bindings.get(node.id, [])
            value = bindings[0].node if len(bindings) == 1 else None
            return isinstance(value, ast.Call) and self.names.of(value.func, scope) in _PARSES
        return isinstance(node, ast.Call) and self.names.of(node.func, scope) in _PARSES

    def _text_behind(self, script: Module) -> str:
        """The workflow and every module of the project that it comes to import."""
        texts: dict[str, str] = {}
        waiting = [script]
        while waiting and len(texts) < _DEPTH:
            module = waiting.pop()
            if module.file in texts:
                continue
            texts[module.file] = ast.unparse(module.tree)
            for name in dict.fromkeys(_imported(module)):
                file = self.sources.find(name, module.file.rpartition("/")[0])
                other = self.sources.load(file) if file is not None else None
                waiting += [other] if other is not None else []
        return "\n".join(texts.values())


_STARTERS = {"run", "check_output", "Popen", "create_subprocess_exec", "create_subprocess_shell", "run_process"}


def _imported(module: Module) -> Iterator[str]:
    yield from (name for name, _ in module.imports)
    yield from (f"{each.source}.{each.name}" for each in module.imported if not each.source.endswith("."))
    yield from (f"{each.source}{each.name}" for each in module.imported if each.source.endswith("."))


def _function_at(module: Module, line: int) -> Scope | None:
    """The innermost function that a line belongs to."""
    found = [
        scope
        for node, scope in module.scopes.items()
        if scope.kind is ScopeKind.FUNCTION
        and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return max(found, key=lambda scope: getattr(scope.node, "lineno", 0), default=None)


def _dicts(script: Module) -> Iterator[tuple[tuple[str, ...], int]]:
    """The dicts of a script whose keys are all written out."""
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Dict) and node.keys:
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            if len(keys) == len(node.keys):
                yield tuple(keys), node.lineno


def _changes(node: ast.AST, name: str) -> bool:
    """Whether something is put into the result, or it is asked whether a key is there."""
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return _is(node.value, name)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return any(_is(each, name) for each in node.comparators)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("update", "setdefault") and _is(node.func.value, name)
    return False


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
