"""What mypy says of the calls that leave a process: wrong arguments are found out by nobody else before they hang."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.asks import asks_of
from checks.temporal.model import Project, finding
from checks.temporal.payloads import clashes_of
from checks.temporal.scopes import Call

_WRONG = Rule(
    id="temporal.wrong-type",
    severity=Severity.ERROR,
    title="a value that the SDK, an activity or a workflow cannot take",
    why="The value travels as JSON and is turned down on the other side: the task fails and is retried for ever. A "
    "name that an object of the SDK does not have raises when the line runs.",
    wrong="@activity.defn\nasync def remind(days: int) -> None: ...\n\n"
    "await workflow.execute_activity(remind, 'three', start_to_close_timeout=timedelta(minutes=1))\n",
    right="await workflow.execute_activity(remind, 3, start_to_close_timeout=timedelta(minutes=1))\n",
)
_DOUBTFUL = Rule(
    id="temporal.doubtful-type",
    severity=Severity.WARNING,
    title="a value of another type than the activity or workflow says, as mypy knows",
    why="What arrives on the other side is made from JSON, and may fit or not: mypy knows types, no values.",
    wrong="@activity.defn\nasync def invite(letter: Letter) -> None: ...\n\n"
    "await workflow.execute_activity(invite, {'to': to}, start_to_close_timeout=timedelta(minutes=1))\n",
    right="await workflow.execute_activity(invite, Letter(to), start_to_close_timeout=timedelta(minutes=1))\n",
)
RULES = (_WRONG, _DOUBTFUL)

_LINE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): error: (?P<text>.*?)  \[(?P<code>[a-z-]+)\]$")
_INFERRED = re.compile(r'^Cannot infer (?:value of type parameter|type argument) .* of "')
_SURE = {"call-arg", "unused-coroutine", "func-returns-value"}
_DOUBTED = {"call-overload", "arg-type"}
_OBJECT = re.compile(
    r'^"(?:Coroutine\[Any, Any, )?(?:type\[)?'
    r"(?:Client|(?:Child|External)?WorkflowHandle|ActivityHandle|RetryPolicy|Worker)"
    r'(?:\[.*\])?\]?" has no attribute'
)
_BASES = {"str": "text", "int": "number", "float": "number", "bool": "number", "list": "list", "dict": "object"}
_RESULT = "`workflow.wait_condition` gives nothing back: it returns when the condition holds, and raises TimeoutError"


@dataclass(frozen=True, slots=True)
class Said:
    """One error of mypy."""

    file: str
    line: int
    column: int
    text: str
    code: str


def read_output(output: str) -> Iterator[Said]:
    """The errors that mypy printed."""
    for line in output.splitlines():
        found = _LINE.match(line)
        if found is not None:
            yield Said(found["file"], int(found["line"]), int(found["column"]), found["text"], found["code"])


def judge_literals(project: Project) -> Iterator[Diagnostic]:
    """What needs no mypy: a literal of one type where another is wanted."""
    for call, value, wanted in clashes_of(project):
        module = call.scope.module
        if not module.in_tests:
            message = f"`{ast.unparse(value)[:60]}` is handed to a parameter of type `{wanted}`"
            yield finding(_WRONG, module, call.node, message, f"hand over a `{wanted}`, or change the parameter")


def judge(said: Iterable[Said], project: Project, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The errors that matter to Temporal, without those that a rule of ours names already."""
    told = {(each.file, each.line) for each in found}
    calls = _calls_by_file(project)
    for each in said:
        call = _around(each, calls.get(each.file, ()))
        rule = _rule(each, call)
        lines = range(call.node.lineno, (call.node.end_lineno or each.line) + 1) if call is not None else (each.line,)
        if rule is not None and not any((each.file, line) in told for line in (*lines, each.line)):
            yield Diagnostic(rule.id, rule.severity, _message(each), each.file, each.line, each.column, _hint(each))


def _calls_by_file(project: Project) -> Mapping[str, tuple[Call, ...]]:
    """The calls of the SDK, by file; what pytest loads is left to it."""
    calls: dict[str, list[Call]] = {}
    asked = {id(ask.call.node): ask.call for ask in asks_of(project)} | {
        id(use.call.node): use.call for use in project.uses
    }
    for module in project.judged_modules():
        for call in module.calls:
            if (project.names.of(call.node.func, call.scope) or "").startswith("temporalio."):
                asked[id(call.node)] = call
    for call in asked.values():
        if not call.scope.module.in_tests:
            calls.setdefault(call.scope.module.file, []).append(call)
    return {file: tuple(each) for file, each in calls.items()}


def _around(said: Said, calls: Iterable[Call]) -> Call | None:
    """The innermost call of the SDK that the error lies in."""
    spans = [call for call in calls if _holds(call.node, said)]
    return max(spans, key=lambda call: (call.node.lineno, call.node.col_offset), default=None)


def _holds(node: ast.Call, said: Said) -> bool:
    start, place = (node.lineno, node.col_offset + 1), (said.line, said.column)
    return start <= place <= (node.end_lineno or node.lineno, (node.end_col_offset or 0) + 1)


def _rule(said: Said, call: Call | None) -> Rule | None:
    if said.code == "attr-defined":
        return _WRONG if _OBJECT.match(said.text) else None
    if call is None or not _is_about(said, call):
        return None
    if said.code in _SURE:
        return _WRONG
    if said.code in _DOUBTED or (said.code == "misc" and _INFERRED.match(said.text)):
        return _of_payload(said, call)
    return None


def _of_payload(said: Said, call: Call) -> Rule | None:
    """Only what travels is judged: the options of a call are taken as they are, and `**options` hide them."""
    spread = any(each.arg is None for each in call.node.keywords)
    positional = re.match(r"Argument (\d+) to ", said.text)
    if (
        spread
        or _name_of(call) == "Worker"
        or (said.code == "arg-type" and (positional is None or positional[1] == "1"))
    ):
        return None
    return _WRONG if _cannot_fit(said.text) else _DOUBTFUL


def _is_about(said: Said, call: Call) -> bool:
    """Whether the error speaks of the call itself, not of another one among its arguments."""
    if said.code == "unused-coroutine":
        return (said.line, said.column) == (call.node.lineno, call.node.col_offset + 1)
    return f'"{_name_of(call)}"' in said.text


def _name_of(call: Call) -> str:
    return ast.unparse(call.node.func).rpartition(".")[2]


def _cannot_fit(text: str) -> bool:
    """Whether the JSON of the one is surely none of the other: a text where a number is wanted."""
    single = re.search(r'incompatible type "([^"]*)"; expected "([^"]*)"', text)
    if single is not None:
        return _differ(single[1], single[2])
    wanted, given = _overload(text)
    return wanted is not None and given is not None and _differ(given, wanted)


def _overload(text: str) -> tuple[str | None, str | None]:
    """What the called function takes and what it is given, from the list of the types of the arguments."""
    types = re.findall(r'"([^"]*)"', text.partition("matches argument types")[2])
    signature = re.match(r"Callable\[\[([^\[\]]*)\], ", types[0]) if len(types) > 1 else None
    if signature is None:
        return None, None
    parameters = signature[1].split(", ")
    is_method = 'execute_activity"' not in text and 'start_activity"' not in text
    wanted = parameters[1:] if is_method else parameters
    return (wanted[0], types[1]) if len(wanted) == 1 else (None, None)


def _differ(given: str, wanted: str) -> bool:
    kinds = [_BASES.get(each.partition("[")[0].removesuffix("?")) for each in (given, wanted)]
    return None not in kinds and kinds[0] != kinds[1]


def _message(said: Said) -> str:
    inferred = re.search(r' of "([^"]*)"', said.text) if said.code == "misc" else None
    if inferred is not None:
        return f"mypy: the argument given to `{inferred[1]}` is not of the type that is wanted"
    return f"mypy: {said.text}"


def _hint(said: Said) -> str | None:
    if said.code == "func-returns-value":
        return _RESULT
    if said.code == "unused-coroutine" or "Coroutine[" in said.text.partition("has no attribute")[0]:
        return "write `await` before the call"
    return None
