"""Rules about code that gives another answer when the workflow is replayed, and about side effects called directly."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.bodies import is_outside
from checks.temporal.factories import factories_used
from checks.temporal.model import finding
from checks.temporal.reach import Code, Reached, Step
from checks.temporal.restricted import ENVIRONMENT, READS_ENVIRONMENT, Restriction, restriction
from checks.temporal.scopes import Module

_NONDETERMINISTIC = Rule(
    id="temporal.nondeterministic",
    severity=Severity.ERROR,
    title="workflow code that asks the clock, chance, the machine or the network",
    why="After a restart Temporal runs the workflow again from its history. Code that then answers otherwise, or acts "
    "a second time, ends in a non-determinism error; the sandbox refuses most of it when the line runs, and the "
    "workflow hangs there.",
    wrong="started_at = datetime.now()\n",
    right="started_at = workflow.now()\n",
)
_DIRECT = Rule(
    id="temporal.called-directly",
    severity=Severity.ERROR,
    title="an activity, or a function with side effects, called directly by a workflow",
    why="It then runs inside the workflow's code: without retries and timeouts, again at every replay (a second "
    "e-mail, a second call), and within a sandbox that refuses files and network.",
    wrong="await send_rejection_email(candidate_id)\n",
    right="await workflow.execute_activity(\n"
    "    send_rejection_email, candidate_id, start_to_close_timeout=timedelta(minutes=1)\n)\n",
)
RULES = (_NONDETERMINISTIC, _DIRECT)


@dataclass(frozen=True, slots=True)
class _Deed:
    """Something restricted that workflow code does: `name` at `node`."""

    reached: Reached
    node: ast.AST
    name: str
    restriction: Restriction


def judge(code: Code) -> Iterator[Diagnostic]:
    """Findings at the line that answers otherwise, or at the workflow's line that calls what acts."""
    seen: set[ast.AST] = set()
    for reached in code.reached:
        for deed in _deeds(code, reached):
            outer = _leaving(deed)
            node = outer.node if outer else deed.node
            if node not in seen:
                seen.add(node)
                yield _effect_called(deed, outer) if outer else _done_here(deed)
        yield from _activities_called(code, reached)
        yield from _defaults_asked(code, reached)


def _deeds(code: Code, reached: Reached) -> Iterator[_Deed]:
    found = (*_calls(code, reached), *_reads(code, reached))
    passed = _is_passed_through(reached)
    return (
        deed
        for deed in found
        if not is_outside(deed.node, reached.body) and not (passed and deed.restriction is READS_ENVIRONMENT)
    )


def _is_passed_through(reached: Reached) -> bool:
    """Whether the sandbox lets a function read its environment, because its module was passed through.

    What it reads is the same for all workers, mostly.
    """
    return any(name in passed_through(step.module) for step in reached.way for name in _root(step.node))


def _root(node: ast.AST) -> Iterator[str]:
    """The name that a dotted call starts with."""
    inner = node.func if isinstance(node, ast.Call) else node
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    if isinstance(inner, ast.Name):
        yield inner.id


@lru_cache(maxsize=512)  # asked for each function reached from there
def passed_through(module: Module) -> frozenset[str]:
    """The names that a file imports within `workflow.unsafe.imports_passed_through()`."""
    blocks = [
        node
        for node in module.tree.body
        if isinstance(node, ast.With) and "imports_passed_through" in ast.unparse(node.items[0].context_expr)
    ]
    imports = [each for block in blocks for each in ast.walk(block) if isinstance(each, (ast.Import, ast.ImportFrom))]
    return frozenset((alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names)


def _calls(code: Code, reached: Reached) -> Iterator[_Deed]:
    for node in reached.body.calls:
        name = code.ref(node.func, reached) if isinstance(node.func, (ast.Name, ast.Attribute)) else None
        found = restriction(name, node) if name is not None and ":" not in name else None
        if name is not None and found is not None:
            yield _Deed(reached, node, name, found)


def _reads(code: Code, reached: Reached) -> Iterator[_Deed]:
    """Where the environment is read: `os.environ[...]`, `os.environ.get(...)`, also under another name."""
    nodes: list[ast.expr] = [node for node in reached.body.of(ast.Attribute) if node.attr == "environ"]
    if any(each.source == "os" and each.name == "environ" for each in reached.module.imported):
        nodes += reached.body.of(ast.Name)
    for node in nodes:
        if code.ref(node, reached) == ENVIRONMENT:
            yield _Deed(reached, node, ENVIRONMENT, READS_ENVIRONMENT)


def _leaving(deed: _Deed) -> Step | None:
    """The call by which the workflow leaves its own class for a function that acts; None where it acts itself."""
    if not deed.restriction.effect or not deed.reached.way:
        return None
    own = deed.reached.workflow.ref
    if deed.reached.owner == own:
        return None
    return next((step for step in reversed(deed.reached.way) if _is_within(step, own)), deed.reached.way[0])


def _is_within(step: Step, owner: str) -> bool:
    file, _, name = owner.partition(":")
    return step.module.file == file and step.caller.startswith(f"{name}.")


def _done_here(deed: _Deed) -> Diagnostic:
    what = deed.name.removeprefix("builtins.")
    call = "()" if isinstance(deed.node, ast.Call) else ""
    message = f"`{what}{call}` in workflow code{_way(deed.reached)}: {_trouble(deed)}"
    return finding(_NONDETERMINISTIC, deed.reached.module, deed.node, message, deed.restriction.instead)


def _trouble(deed: _Deed) -> str:
    return "a replay would do it again" if deed.restriction.effect else "a replay gets another answer"


def _way(reached: Reached) -> str:
    """Who calls whom on the way here, where it is not the workflow itself."""
    if not reached.way:
        return ""
    steps = [f"`{step.caller}` ({step.module.file}:{getattr(step.node, 'lineno', 1)})" for step in reached.way]
    return f" ({' -> '.join([*steps, f'`{reached.name}`'])})"


def _effect_called(deed: _Deed, step: Step) -> Diagnostic:
    what = deed.name.removeprefix("builtins.")
    place = f"{deed.reached.module.file}:{getattr(deed.node, 'lineno', 1)}"
    called = ast.unparse(step.node.func) if isinstance(step.node, ast.Call) else ast.unparse(step.node)
    message = f"`{called}` is called directly in the workflow, and calls `{what}()` ({place}): a replay does it again"
    return finding(_DIRECT, step.module, step.node, message, _activity_hint(called))


def _activity_hint(called: str) -> str:
    return (
        f"make `{called}` an activity (`@activity.defn`) and call it with "
        f"`await workflow.execute_activity({called}, ..., start_to_close_timeout=timedelta(...))`"
    )


def _activities_called(code: Code, reached: Reached) -> Iterator[Diagnostic]:
    for call in reached.body.calls:
        ref = code.ref(call.func, reached) if isinstance(call.func, (ast.Name, ast.Attribute)) else None
        activity = code.project.activities_by_ref.get(ref) if ref is not None else None
        if activity is None or is_outside(call, reached.body):
            continue
        called = ast.unparse(call.func)
        message = f"activity `{called}` is called directly in workflow code: Temporal neither records nor retries it"
        api = "execute_activity_method" if activity.definition.outer.qualname else "execute_activity"
        hint = f"`await workflow.{api}({called}, ..., start_to_close_timeout=timedelta(...))`"
        yield finding(_DIRECT, reached.module, call, message, hint)


def _defaults_asked(code: Code, reached: Reached) -> Iterator[Diagnostic]:
    for call in reached.body.calls:
        ref = code.ref(call.func, reached) if isinstance(call.func, (ast.Name, ast.Attribute)) else None
        definition = code.project.names.definition(ref) if ref is not None and ":" in ref else None
        if definition is None or not isinstance(definition.node, ast.ClassDef) or is_outside(call, reached.body):
            continue
        for factory in factories_used(call, definition, code.project.names):
            place = f"{definition.own.module.file}:{factory.line}"
            message = f"`{definition.node.name}.{factory.field}` is made with `{factory.name}` ({place}){_way(reached)}"
            hint = f"give `{factory.field}=` here; {factory.restriction.instead}"
            yield finding(_NONDETERMINISTIC, reached.module, call, f"{message}: a replay gets another answer", hint)
