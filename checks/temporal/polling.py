"""Which worker polls which task queue, as far as it can be read."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence

from checks.temporal.asks import Start, StartKind
from checks.temporal.model import Activity, Project, Worker, Workflow, workflow_of
from checks.temporal.scopes import Scope
from checks.temporal.texts import Text, read_text


class Polling:
    """The project's workers by task queue. `closed` only if there are workers and each queue and list is known."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.workers = tuple(worker for worker in project.workers if not worker.module.in_tests)
        self.queues = tuple(self._queue_of(worker) for worker in self.workers)
        visible = not project.open_ended and all("**" not in worker.keywords for worker in self.workers)
        self._serving: defaultdict[str, list[Worker]] = defaultdict(list)
        for worker in self.workers:
            for ref in {entry.ref for entry in (*worker.workflows.entries, *worker.activities.entries)}:
                self._serving[ref].append(worker)
        self.closed = bool(self.workers) and visible and all(queue is not None for queue in self.queues)

    def _queue_of(self, worker: Worker) -> Text | None:
        node = worker.keywords.get("task_queue")
        return read_text(node, worker.queue_scope, self.project.names) if node is not None else None

    def read(self, node: ast.expr | None, scope: Scope) -> Text | None:
        """The queue that an expression names."""
        return read_text(node, scope, self.project.names) if node is not None else None

    def known_queues(self) -> list[Text]:
        """Every queue that is polled, each once."""
        return list(dict.fromkeys(queue for queue in self.queues if queue is not None))

    def of_queue(self, text: str) -> list[Worker]:
        """The workers that poll a queue."""
        pairs = zip(self.workers, self.queues, strict=True)
        return [worker for worker, queue in pairs if queue is not None and queue.text == text]

    def serving(self, item: Workflow | Activity) -> list[Worker]:
        """The workers that register a workflow or an activity."""
        return self._serving[item.ref]

    def queues_of(self, workers: Sequence[Worker]) -> list[str]:
        """The texts of these workers' queues."""
        pairs = zip(self.workers, self.queues, strict=True)
        return list(dict.fromkeys(queue.text for worker, queue in pairs if worker in workers and queue is not None))

    def workflow_names(self, start: Start) -> set[str] | None:
        """The workflow types that the workers of the queue of `start` know; None where that is not certain."""
        if not self.closed or self.project.plugged_clients:
            return None
        found = [name for queue in self._queues_of_start(start) for name in self._names_on(queue)]
        return {name for name in found if name is not None} if found and None not in found else None

    def every_workflow_name(self) -> set[str] | None:
        """The workflow types of all workers; None where that is not certain."""
        if not self.closed or self.project.plugged_clients:
            return None
        found = [name for queue in self.known_queues() for name in self._names_on(queue.text)]
        return {name for name in found if name is not None} if found and None not in found else None

    def _queues_of_start(self, start: Start) -> list[str]:
        queue = self.read(start.keywords.get("task_queue"), start.call.scope)
        if queue is not None:
            return [queue.text]
        parent = workflow_of(start.call.scope, self.project) if start.kind is StartKind.CHILD else None
        inherits = parent is not None and not {"task_queue", "**"} & start.keywords.keys()
        return self.queues_of(self.serving(parent)) if inherits and parent is not None else []

    def _names_on(self, queue: str) -> list[str | None]:
        """None in the list where a worker knows more than can be read."""
        names: list[str | None] = []
        for worker in self.of_queue(queue):
            listed = [self.project.workflows_by_ref.get(entry.ref) for entry in worker.workflows.entries]
            names.extend(each.name if each is not None else None for each in listed)
            names.extend(() if worker.workflows.complete else (None,))
        return names
