"""Rules about task queues: that somebody polls them, and knows what is asked for there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.asks import Start, StartKind, starts_of
from checks.temporal.model import Activity, Project, Use, UseKind, Worker, Workflow, finding, workflow_of
from checks.temporal.polling import Polling
from checks.temporal.scopes import Call
from checks.temporal.texts import Text

_UNPOLLED = Rule(
    id="temporal.unpolled-queue",
    severity=Severity.ERROR,
    title="work is put on a task queue that no worker polls",
    why="The server takes it and waits for a worker, for ever: the workflow hangs without an error that anybody sees.",
    wrong="await client.start_workflow(Hiring.run, key, id=key, task_queue='hiring-queue')\n\n"
    "Worker(client, task_queue='hiring', workflows=[Hiring])\n",
    right="TASK_QUEUE = 'hiring'  # in one file, imported by both\n\n"
    "await client.start_workflow(Hiring.run, key, id=key, task_queue=TASK_QUEUE)\n\n"
    "Worker(client, task_queue=TASK_QUEUE, workflows=[Hiring])\n",
)
_DEFAULT = Rule(
    id="temporal.unpolled-default-queue",
    severity=Severity.WARNING,
    title="work goes to a task queue that no worker polls unless a setting says so",
    why="The two sides have different defaults. Whether a deployment sets them alike, the code does not tell; where it "
    "does not, the workflow hangs.",
    wrong="await client.start_workflow(Hiring.run, key, id=key, task_queue=os.getenv('QUEUE', 'hiring-queue'))\n\n"
    "Worker(client, task_queue=os.getenv('QUEUE', 'hiring'), workflows=[Hiring])\n",
    right="TASK_QUEUE = os.getenv('QUEUE', 'hiring')  # in one file, imported by both\n",
)
_WRONG = Rule(
    id="temporal.wrong-queue",
    severity=Severity.ERROR,
    title="work is put on a task queue whose workers do not register it",
    why="The worker that polls the queue fails the task as unknown, which is retried for ever. An activity without "
    "`task_queue=` goes to the queue of its workflow.",
    wrong="await workflow.execute_activity(transcribe, url, start_to_close_timeout=timedelta(minutes=5))\n\n"
    "Worker(client, task_queue='hiring', workflows=[Hiring])\n"
    "Worker(client, task_queue='media', activities=[transcribe])\n",
    right="await workflow.execute_activity(\n    transcribe, url, task_queue='media', "
    "start_to_close_timeout=timedelta(minutes=5)\n)\n",
)
RULES = (_UNPOLLED, _DEFAULT, _WRONG)


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about starts, child workflows and activities; none unless every worker's queue is known."""
    polling = Polling(project)
    if not polling.closed:
        return
    for start in starts_of(project):
        if not start.call.scope.module.in_tests and start.kind is not StartKind.AGAIN:
            yield from _start(start, project, polling)
    for use in project.uses:
        if use.kind is UseKind.ACTIVITY and not use.module.in_tests and "local" not in use.method:
            yield from _activity(use, project, polling)


def _start(start: Start, project: Project, polling: Polling) -> Iterator[Diagnostic]:
    node = start.keywords.get("task_queue")
    queue = polling.read(node, start.call.scope)
    if queue is not None and not polling.of_queue(queue.text):
        yield from _unpolled(start.call, queue, start.workflow is not None, polling)
    elif start.workflow is not None and (queue is not None or _inherits(start)):
        queues = [queue.text] if queue is not None else _queues_around(start.call, project, polling)
        yield from _workflow_elsewhere(start.call, start.workflow, queues, polling)


def _inherits(start: Start) -> bool:
    return start.kind is StartKind.CHILD and not {"task_queue", "**"} & start.keywords.keys()


def _activity(use: Use, project: Project, polling: Polling) -> Iterator[Diagnostic]:
    activity = _activity_of(use, project)
    node = use.keywords.get("task_queue")
    queue = polling.read(node, use.call.scope)
    if queue is not None and not polling.of_queue(queue.text):
        yield from _unpolled(use.call, queue, activity is not None, polling)
    elif activity is not None and (queue is not None or not {"task_queue", "**"} & use.keywords.keys()):
        queues = [queue.text] if queue is not None else _queues_around(use.call, project, polling)
        yield from _activity_elsewhere(use.call, activity, queues, polling)


def _activity_of(use: Use, project: Project) -> Activity | None:
    if use.ref is not None:
        return project.activities_by_ref.get(use.ref)
    same = [each for each in project.activities if each.name == use.name and use.name is not None]
    return same[0] if len(same) == 1 else None


def _queues_around(call: Call, project: Project, polling: Polling) -> list[str]:
    """The queues that the workflow around a call runs on."""
    parent = workflow_of(call.scope, project)
    return polling.queues_of(polling.serving(parent)) if parent is not None else []


def _unpolled(call: Call, queue: Text, is_ours: bool, polling: Polling) -> Iterator[Diagnostic]:
    """What is not the project's own may well have its worker elsewhere, unless the name is nearly right."""
    polled = polling.known_queues()
    close = difflib.get_close_matches(queue.text, [each.text for each in polled], n=1, cutoff=0.7)
    if not is_ours and not close:
        return
    is_sure = queue.variable is None and all(each.variable is None for each in polled)
    rule = _UNPOLLED if is_sure and is_ours else _DEFAULT
    message = f"no worker polls the task queue {queue.shown()}"
    listed = ", ".join(each.shown() for each in polled)
    yield finding(rule, call.scope.module, call.node, message, f"polled: {listed}; name it once and import it")


def _workflow_elsewhere(call: Call, item: Workflow, queues: Sequence[str], polling: Polling) -> Iterator[Diagnostic]:
    serving = polling.serving(item)
    for queue in queues:
        workers = polling.of_queue(queue)
        if serving and workers and not _knows_workflow(workers, item, polling.project):
            yield _elsewhere(call, f"workflow `{item.definition.node.name}`", queue, serving, polling)


def _knows_workflow(workers: Sequence[Worker], item: Workflow, project: Project) -> bool:
    """Whether one of these workers registers it, or might."""
    if project.plugged_clients or not all(each.workflows.complete for each in workers):
        return True
    known = [project.workflows_by_ref.get(entry.ref) for each in workers for entry in each.workflows.entries]
    return any(each is None or each.dynamic or each.name is None or each.name == item.name for each in known)


def _activity_elsewhere(call: Call, item: Activity, queues: Sequence[str], polling: Polling) -> Iterator[Diagnostic]:
    serving = polling.serving(item)
    for queue in queues:
        workers = polling.of_queue(queue)
        if serving and workers and not _knows_activity(workers, item, polling.project):
            yield _elsewhere(call, f"activity `{item.definition.node.name}`", queue, serving, polling)


def _knows_activity(workers: Sequence[Worker], item: Activity, project: Project) -> bool:
    if project.plugged_clients or not all(each.activities.complete for each in workers):
        return True
    known = [project.activities_by_ref.get(entry.ref) for each in workers for entry in each.activities.entries]
    return any(each is None or each.dynamic or each.name is None or each.name == item.name for each in known)


def _elsewhere(call: Call, item: str, queue: str, serving: Sequence[Worker], polling: Polling) -> Diagnostic:
    message = f"{item} goes to the task queue `{queue}`, whose workers do not register it"
    right = ", ".join(f"`{each}`" for each in polling.queues_of(serving))
    place = f"{serving[0].module.file}:{serving[0].call.node.lineno}"
    hint = f"the worker at {place} registers it, on {right}: write that as `task_queue=`, or register it here, too"
    return finding(_WRONG, call.scope.module, call.node, message, hint)
