"""Temporal command lines: types, task queues, signals and queries against what the code has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property

from checks.model import Diagnostic, Place
from checks.temporal.discovery import discover
from checks.temporal.model import HandlerKind, Project
from checks.wiring.calls.model import Call
from checks.wiring.calls.nearest import nearest
from checks.wiring.calls.rules import TEMPORAL, report
from checks.wiring.calls.servers import value_of
from checks.wiring.system import System

_STARTS = frozenset(("start", "execute", "signal-with-start", "create", "update-with-start"))
_HANDLERS = {"signal": HandlerKind.SIGNAL, "query": HandlerKind.QUERY, "update": HandlerKind.UPDATE}


class Temporal:
    """The Temporal code of a project, read when a command line asks for it."""

    def __init__(self, system: System) -> None:
        self.system = system

    @cached_property
    def project(self) -> Project:
        """Its workflows and workers."""
        return discover(self.system.root)

    def judge(self, call: Call) -> Iterator[Diagnostic]:
        """Findings about one call."""
        words = call.started.arguments
        if call.started.name not in ("temporal", "tctl"):
            return
        plain = [word for word in words if not word.startswith("-")][:3]
        if {"workflow", "schedule"} & set(plain[:2]) or (call.started.name == "tctl" and "wf" in plain[:2]):
            verb = plain[1] if len(plain) > 1 else ""
            if verb in _STARTS or verb == "run":
                yield from self._start(call)
            elif verb in _HANDLERS:
                yield from self._handler(call, _HANDLERS[verb])

    def _start(self, call: Call) -> Iterator[Diagnostic]:
        words, project = call.started.arguments, self.project
        kind = value_of(words, ("--type", "--workflow-type", "--workflow_type", "--wt", "--name"))
        names = {one.name: _place(one.module.file, one.definition.node.lineno) for one in project.workflows if one.name}
        open_ended = project.open_ended or any(one.name is None for one in project.workflows)
        if kind and "$" not in kind and names and kind not in names and not open_ended:
            yield self._missing(call, "workflow type", kind, names)
        queue = value_of(words, ("--task-queue", "--taskqueue", "--task_queue", "--tq", "-t"))
        queues = {one.task_queue: _place(one.module.file, one.call.node.lineno)
                  for one in project.workers if one.task_queue}  # fmt: skip
        known = all(one.task_queue for one in project.workers) and not project.open_ended
        if queue and "$" not in queue and queues and known and queue not in queues:
            yield self._missing(call, "worker of the task queue", queue, queues)
        yield from self._input(call)

    def _handler(self, call: Call, kind: HandlerKind) -> Iterator[Diagnostic]:
        name = value_of(call.started.arguments, ("--name", "--type", "--query-type", "--qt", "-n"))
        handlers = [one for workflow in self.project.workflows for one in workflow.handlers if one.kind is kind]
        known = {
            one.name: _place(one.definition.own.module.file, one.definition.node.lineno) for one in handlers if one.name
        }
        complete = all(one.complete for one in self.project.workflows) and not any(one.dynamic for one in handlers)
        built_in = name is not None and name.startswith("__")
        if name and "$" not in name and self.project.workflows and complete and not built_in and name not in known:
            yield self._missing(call, kind.value, name, known)
        yield from self._input(call)

    def _missing(self, call: Call, what: str, name: str, known: dict[str, Place]) -> Diagnostic:
        close = nearest(name, known) or next(iter(known), None)
        near = f"; the nearest is `{close}` ({known[close]})" if close else ""
        return report(TEMPORAL, call.place, f"`{call.text}`: there is no {what} `{name}`{near}")

    def _input(self, call: Call) -> Iterator[Diagnostic]:
        """Input is JSON, and a bare word is none."""
        for at, word in enumerate(call.started.arguments):
            if word in ("--input", "-i") and at + 1 < len(call.started.arguments):
                given = call.started.arguments[at + 1]
                if "$" in given or "<" in given or "..." in given:
                    continue
                try:
                    json.loads(given)
                except ValueError:
                    text = f"`{call.text}`: the input `{given}` is no JSON; a text stands in double quotes of its own"
                    yield report(TEMPORAL, call.place, text, f"--input '{json.dumps(given)}'", sure=False)


def _place(file: str, line: int) -> Place:
    return Place(file, line)
