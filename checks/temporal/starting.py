"""Rules about starting workflows: with which arguments, under which name."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.asks import Start, StartKind, softened, starts_of
from checks.temporal.model import Project, Workflow, finding
from checks.temporal.polling import Polling
from checks.temporal.signatures import Accepted, accepted_by, as_list

_ALMOST = 0.85
_ARGUMENTS = Rule(
    id="temporal.start-arguments",
    severity=Severity.ERROR,
    title="a workflow is started with more or fewer arguments than its run method takes",
    why="The start succeeds. With too few arguments the first task fails and is retried for ever; arguments too many "
    "are lost without a word. Several arguments in place are refused: they go as `args=[...]`.",
    wrong="@workflow.run\nasync def run(self, candidate_id: str, score: float) -> None: ...\n\n"
    "await client.start_workflow(Hiring.run, candidate_id, id=key, task_queue='hiring')\n",
    right="await client.start_workflow(Hiring.run, args=[candidate_id, score], id=key, task_queue='hiring')\n",
)
_UNKNOWN = Rule(
    id="temporal.unknown-workflow",
    severity=Severity.ERROR,
    title="a workflow is started under a name that no worker of its task queue knows",
    why="The start succeeds; then the worker fails the first task, which is retried for ever: the workflow hangs.",
    wrong="await client.start_workflow('HiringProces', candidate_id, id=key, task_queue='hiring')\n",
    right="await client.start_workflow('HiringProcess', candidate_id, id=key, task_queue='hiring')\n",
)
RULES = (_ARGUMENTS, _UNKNOWN)


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about starts, child workflows and continue-as-new."""
    polling = Polling(project)
    for start in starts_of(project):
        yield from (softened(found, start.call.scope.module) for found in _arguments(start, project))
        if not start.call.scope.module.in_tests:
            yield from _unknown(start, project, polling)


def _arguments(start: Start, project: Project) -> Iterator[Diagnostic]:
    module, node = start.call.scope.module, start.call.node
    if len(start.given.positional) > 1:
        message = f"`{_spelled(node)}` takes one argument in place, {len(start.given.positional)} are given"
        yield finding(_ARGUMENTS, module, node, message, as_list(start.given))
        return
    accepted = _accepted(start.workflow, project) if start.workflow is not None else None
    if accepted is None or start.given.count is None or accepted.takes(start.given.count) or start.workflow is None:
        return
    name = f"{start.workflow.definition.own.qualname}.{start.workflow.runs[0].node.name}"
    message = f"`{name}` takes {accepted.shown()}, {start.given.count} given to `{_spelled(node)}`"
    yield finding(_ARGUMENTS, module, node, message, _hint(start, accepted))


def _accepted(workflow: Workflow, project: Project) -> Accepted | None:
    if len(workflow.runs) != 1 or workflow.dynamic:
        return None
    return accepted_by(workflow.runs[0], project.names)


def _spelled(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


def _hint(start: Start, accepted: Accepted) -> str | None:
    run = start.workflow.runs[0] if start.workflow is not None else None
    if run is None or isinstance(run.node, ast.ClassDef):
        return None
    names = [each.arg for each in (*run.node.args.posonlyargs, *run.node.args.args)][1:]
    place = f"{run.own.module.file}:{run.node.lineno}"
    if accepted.most == 0:
        return f"{place} takes none: leave it out, or add a parameter there"
    many = f"`args=[{', '.join(names)}]`" if len(names) > 1 else f"`{names[0]}`"
    return f"{place} wants {', '.join(f'`{name}`' for name in names)}: hand over {many}"


def _unknown(start: Start, project: Project, polling: Polling) -> Iterator[Diagnostic]:
    """Only where the queue's workers are all known, and what they register."""
    name = project.names.constant(start.target, start.call.scope) if start.target is not None else None
    if not isinstance(name, str) or start.kind is StartKind.AGAIN:
        return
    known = polling.workflow_names(start)
    if known is None:
        yield from _misspelt(start, name, project, polling.every_workflow_name() or set())
        return
    if name in known:
        return
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    listed = ", ".join(f"`{each}`" for each in sorted(known))
    hint = f"did you mean `{close[0]}`?" if close else f"known there: {listed}"
    message = f"no worker of this task queue registers a workflow named `{name}`"
    yield finding(_UNKNOWN, start.call.scope.module, start.call.node, message, hint)


def _misspelt(start: Start, name: str, project: Project, known: set[str]) -> Iterator[Diagnostic]:
    """On a queue of which nothing is known, a name that is almost one of the project's own is a slip."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=_ALMOST)
    if close and name not in known and all(name != each.name for each in project.workflows):
        message = f"no worker of the project registers a workflow named `{name}`"
        yield finding(_UNKNOWN, start.call.scope.module, start.call.node, message, f"did you mean `{close[0]}`?")
