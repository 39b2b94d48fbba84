"""Rules about what workers register. They speak only where every worker's lists can be read to the end."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Activity, Entry, Listing, Project, UseKind, Worker, Workflow, finding, workflow_of
from checks.temporal.scopes import Definition

_NOT_DECORATED = Rule(
    id="temporal.not-decorated",
    severity=Severity.ERROR,
    title="a worker registers something that is not decorated",
    why="`Worker(...)` raises at the start of the process: a workflow needs `@workflow.defn`, an activity "
    "`@activity.defn`.",
    wrong="def send_mail(to: str) -> None: ...\n\nWorker(client, task_queue='hiring', activities=[send_mail])\n",
    right="@activity.defn\ndef send_mail(to: str) -> None: ...\n\n"
    "Worker(client, task_queue='hiring', activities=[send_mail], activity_executor=executor)\n",
)
_DUPLICATE = Rule(
    id="temporal.duplicate-name",
    severity=Severity.ERROR,
    title="one worker registers two workflows or activities under one name",
    why="`Worker(...)` raises at the start of the process: a name decides which code runs.",
    wrong="@activity.defn(name='send')\ndef send_mail(to: str) -> None: ...\n\n"
    "@activity.defn(name='send')\ndef send_text(to: str) -> None: ...\n\n"
    "Worker(client, task_queue='hiring', activities=[send_mail, send_text])\n",
    right="@activity.defn(name='send-mail')\ndef send_mail(to: str) -> None: ...\n\n"
    "@activity.defn(name='send-text')\ndef send_text(to: str) -> None: ...\n",
)
_UNREGISTERED = Rule(
    id="temporal.unregistered",
    severity=Severity.ERROR,
    title="a workflow or activity that is called, and that no worker registers",
    why="Temporal hands the task to the worker, which does not know it and fails it, again and again: the workflow "
    "hangs without an error that anybody sees.",
    wrong="await workflow.execute_activity(send_mail, to, start_to_close_timeout=timedelta(minutes=1))\n\n"
    "Worker(client, task_queue='hiring', workflows=[Hiring], activities=[make_call])\n",
    right="Worker(client, task_queue='hiring', workflows=[Hiring], activities=[make_call, send_mail])\n",
)
_UNUSED = Rule(
    id="temporal.unregistered-unused",
    severity=Severity.WARNING,
    title="a workflow or activity that no worker registers and nothing in the project calls",
    why="It is either dead code, or it is called from elsewhere and hangs.",
    wrong="@activity.defn\ndef send_mail(to: str) -> None: ...\n\nWorker(client, task_queue='hiring', activities=[])\n",
    right="Worker(client, task_queue='hiring', activities=[send_mail])\n",
)
RULES = (_NOT_DECORATED, _DUPLICATE, _UNREGISTERED, _UNUSED)


@dataclass(frozen=True, slots=True)
class _Side:
    """Workflows and activities are judged alike; this is where they differ."""

    noun: str
    keyword: str
    decorator: str
    uses: frozenset[UseKind]

    def listing(self, worker: Worker) -> Listing:
        return worker.workflows if self.keyword == "workflows" else worker.activities

    def known(self, project: Project) -> dict[str, Workflow] | dict[str, Activity]:
        return dict(project.workflows_by_ref) if self.keyword == "workflows" else dict(project.activities_by_ref)


_SIDES = (
    _Side("workflow", "workflows", "@workflow.defn", frozenset({UseKind.CHILD, UseKind.START})),
    _Side("activity", "activities", "@activity.defn", frozenset({UseKind.ACTIVITY})),
)


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about workers' lists, and about what is in none of them."""
    for side in _SIDES:
        for worker in project.workers:
            if not worker.module.in_tests:
                yield from _undecorated(worker, side, project)
                yield from _duplicates(worker, side, project)
        if _is_closed(project, side):
            yield from _unregistered(project, side)


def _undecorated(worker: Worker, side: _Side, project: Project) -> Iterator[Diagnostic]:
    known = side.known(project)
    for entry in side.listing(worker).entries:
        definition = None if entry.ref in known else project.names.definition(entry.ref)
        if definition is not None and _is_plain(definition, side):
            name = definition.own.qualname
            message = f"the worker registers `{name}`, which is no {side.noun}: `{side.decorator}` is missing"
            yield finding(_NOT_DECORATED, entry.module, entry.node, message, _where(definition, side))


def _is_plain(definition: Definition, side: _Side) -> bool:
    """Whether it surely has no definition: another decorator, a base or `__call__` might bring one along."""
    node = definition.node
    if node.decorator_list or definition.outer.inside_function():
        return False
    if isinstance(node, ast.ClassDef):
        return "__call__" not in definition.own.bindings and (side.keyword == "workflows" or not node.bases)
    return True


def _where(definition: Definition, side: _Side) -> str:
    place = f"{definition.own.module.file}:{definition.node.lineno}"
    if side.keyword == "activities" and isinstance(definition.node, ast.ClassDef):
        return f"`{definition.node.name}` ({place}) is a class: create one and register its decorated methods"
    return f"write `{side.decorator}` above {place}"


def _duplicates(worker: Worker, side: _Side, project: Project) -> Iterator[Diagnostic]:
    known = side.known(project)
    by_name: dict[str, Entry] = {}
    for entry in side.listing(worker).entries:
        name = known[entry.ref].name if entry.ref in known else None
        first = by_name.setdefault(name, entry) if name is not None else entry
        if first is not entry:
            what = "twice" if first.ref == entry.ref else f"for `{_short(first.ref)}` and for `{_short(entry.ref)}`"
            message = f"the worker registers the {side.noun} name `{name}` {what}"
            yield finding(
                _DUPLICATE,
                entry.module,
                entry.node,
                message,
                f"give one of them another name, or take it out of `{side.keyword}=`",
            )


def _short(ref: str) -> str:
    return ref.partition(":")[2]


def _is_closed(project: Project, side: _Side) -> bool:
    """Whether all that is registered is known: workers there are, each readable, none that takes any name."""
    workers = [worker for worker in project.workers if not worker.module.in_tests]
    known = side.known(project)
    entries = [entry for worker in workers for entry in side.listing(worker).entries]
    takes_all = any(known[entry.ref].dynamic for entry in entries if entry.ref in known)
    # An entry from elsewhere may be one of ours under a name that only the project's installation explains.
    traced = all(entry.ref in known or entry.ref.startswith("temporalio.") for entry in entries)
    readable = traced and all(side.listing(worker).complete for worker in workers)
    return bool(workers) and readable and not takes_all and not project.open_ended and not project.plugged_clients


def _unregistered(project: Project, side: _Side) -> Iterator[Diagnostic]:
    known = side.known(project)
    registered = {entry.ref for worker in project.workers for entry in side.listing(worker).entries}
    names = {known[ref].name for ref in registered if ref in known}
    callers = _callers(project, side)
    for ref, item in known.items():
        if item.module.in_tests or item.dynamic or item.name is None or item.name in names or _is_base(ref, project):
            continue
        rule = _UNREGISTERED if callers[ref] or callers[item.name] else _UNUSED
        called = (callers[ref] or callers[item.name] or [""])[0]
        message = f"{side.noun} `{item.name}` is registered on no worker" + (
            f", and {called} calls it" if called else ""
        )
        yield finding(rule, item.module, item.definition.node, message, _hint(project, side, item))


def _is_base(ref: str, project: Project) -> bool:
    """Whether a class inherits from it, or from the class that holds the method: then that one is registered."""
    owner = ref.rpartition(".")[0] if "." in ref.partition(":")[2] else ref
    classes = (each for module in project.modules for each in module.definitions if isinstance(each.node, ast.ClassDef))
    return any(
        project.names.of(base, each.outer) in (ref, owner)
        for each in classes
        for base in getattr(each.node, "bases", ())
    )


def _callers(project: Project, side: _Side) -> defaultdict[str, list[str]]:
    """Where each is called, under its ref and under its name; a run method stands for its workflow."""
    callers: defaultdict[str, list[str]] = defaultdict(list)
    for use in project.uses:
        if use.kind in side.uses and not use.module.in_tests:
            place = f"{use.module.file}:{use.call.node.lineno}"
            for key in (use.name, use.ref, use.ref.rpartition(".")[0] if use.ref else None):
                if key is not None:
                    callers[key].append(place)
    for ref, place in _handed_on(project) if UseKind.ACTIVITY in side.uses else ():
        callers[ref].append(place)
    return callers


def _handed_on(project: Project) -> Iterator[tuple[str, str]]:
    """What a workflow hands on to be called: `self._step(close_account, key)`, `Undo("close", close_account)`."""
    for module in project.judged_modules():
        for call in module.calls:
            if workflow_of(call.scope, project) is None:
                continue
            for node in (*call.node.args, *(each.value for each in call.node.keywords)):
                ref = project.names.of(node, call.scope) if isinstance(node, (ast.Name, ast.Attribute)) else None
                if ref is not None and ref in project.activities_by_ref:
                    yield ref, f"{module.file}:{call.node.lineno}"


def _hint(project: Project, side: _Side, item: Workflow | Activity) -> str:
    """The list that holds its neighbours, else that of the first worker."""
    workers = [worker for worker in project.workers if not worker.module.in_tests]
    near = (worker for worker in workers if any(_is_beside(entry, item) for entry in side.listing(worker).entries))
    worker = next(near, workers[0])
    row = worker.keywords.get(side.keyword)
    own = {keyword.arg: keyword.value for keyword in worker.call.node.keywords}
    entries = side.listing(worker).entries
    is_row = row is not None and row is not own.get(side.keyword) and bool(entries)
    if is_row and row is not None:
        return f"add `{item.definition.node.name}` to the list at {entries[0].module.file}:{row.lineno}"
    return f"add `{item.definition.node.name}` to `{side.keyword}=[...]` of the worker at {_place_of(worker)}"


def _is_beside(entry: Entry, item: Workflow | Activity) -> bool:
    return entry.ref.partition(":")[0] == item.module.file


def _place_of(worker: Worker) -> str:
    return f"{worker.module.file}:{worker.call.node.lineno}"
