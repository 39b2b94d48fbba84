"""Rules about who runs activities that are plain functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Activity, Project, Worker, finding

_NO_EXECUTOR = Rule(
    id="temporal.no-executor",
    severity=Severity.ERROR,
    title="a plain `def` activity on a worker without `activity_executor`",
    why="`Worker(...)` raises at the start of the process: blocking code needs threads of its own.",
    wrong="@activity.defn\ndef send_mail(to: str) -> None: ...\n\n"
    "Worker(client, task_queue='hiring', activities=[send_mail])\n",
    right="with ThreadPoolExecutor(8) as executor:\n"
    "    Worker(client, task_queue='hiring', activities=[send_mail], activity_executor=executor)\n",
)
_NO_MANAGER = Rule(
    id="temporal.no-state-manager",
    severity=Severity.ERROR,
    title="a process pool for activities without `shared_state_manager`",
    why="`Worker(...)` raises at the start of the process: heartbeats and cancellation travel between processes.",
    wrong="Worker(client, task_queue='hiring', activities=[render], activity_executor=ProcessPoolExecutor(4))\n",
    right="Worker(\n    client,\n    task_queue='hiring',\n    activities=[render],\n"
    "    activity_executor=ProcessPoolExecutor(4),\n"
    "    shared_state_manager=SharedStateManager.create_from_multiprocessing(multiprocessing.Manager()),\n)\n",
)
RULES = (_NO_EXECUTOR, _NO_MANAGER)

_PROCESS_POOLS = {"concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process.ProcessPoolExecutor"}


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about each worker, where nothing hidden could add what is missing."""
    for worker in project.workers:
        if worker.module.in_tests or not {"**", "plugins"}.isdisjoint(worker.keywords) or project.plugged_clients:
            continue
        plain = [found for entry in worker.activities.entries if (found := _plain(entry.ref, project)) is not None]
        executor = worker.keywords.get("activity_executor")
        if plain and (executor is None or (isinstance(executor, ast.Constant) and executor.value is None)):
            yield _no_executor(worker, plain)
        elif plain and executor is not None and "shared_state_manager" not in worker.keywords:
            yield from _no_manager(worker, executor, project)


def _plain(ref: str, project: Project) -> Activity | None:
    """The activity behind an entry, if it surely is no `async def`."""
    activity = project.activities_by_ref.get(ref)
    if activity is None or not isinstance(activity.definition.node, ast.FunctionDef):
        return None
    return activity if len(activity.definition.node.decorator_list) == 1 else None


def _no_executor(worker: Worker, plain: list[Activity]) -> Diagnostic:
    names = ", ".join(f"`{each.definition.node.name}`" for each in plain)
    noun = "activity" if len(plain) == 1 else "activities"
    message = f"the worker has no `activity_executor` for the plain `def` {noun} {names}"
    hint = "write `activity_executor=ThreadPoolExecutor(...)`; or make it `async def`, if nothing in it blocks"
    return finding(_NO_EXECUTOR, worker.module, worker.call.node, message, hint)


def _no_manager(worker: Worker, executor: ast.expr, project: Project) -> Iterator[Diagnostic]:
    found = project.names.value(executor, worker.call.scope)
    created = found[0].func if found is not None and isinstance(found[0], ast.Call) else None
    if found is not None and created is not None and project.names.of(created, found[1]) in _PROCESS_POOLS:
        message = "the worker's activities run in a process pool, without a `shared_state_manager`"
        hint = "`shared_state_manager=SharedStateManager.create_from_multiprocessing(multiprocessing.Manager())`"
        yield finding(_NO_MANAGER, worker.module, worker.call.node, message, hint)
