"""Rules about signals, queries and updates: whether the workflow answers them, and with which arguments."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import replace

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.asks import Message, messages_of, method_owner, softened
from checks.temporal.handlers import Answers, answers_of
from checks.temporal.model import HandlerKind, Project, Workflow, finding
from checks.temporal.scopes import Definition
from checks.temporal.signatures import accepted_by, as_list
from checks.temporal.sites import parameter, sites_of

_UNKNOWN = Rule(
    id="temporal.unknown-handler",
    severity=Severity.ERROR,
    title="a signal, query or update that the workflow does not define",
    why="A signal under a wrong name is accepted and never seen: the workflow waits for ever. A query or update fails "
    "when it is sent.",
    wrong="@workflow.signal\ndef book_slot(self, slot: str) -> None: ...\n\n"
    "await client.get_workflow_handle(key).signal('slot_booked', slot)\n",
    right="await client.get_workflow_handle_for(Hiring.run, key).signal(Hiring.book_slot, slot)\n",
)
_ARGUMENTS = Rule(
    id="temporal.handler-arguments",
    severity=Severity.ERROR,
    title="a signal, query or update with more or fewer arguments than its handler takes",
    why="Calling the handler raises: a signal then fails the workflow's task, which is retried for ever. Several "
    "arguments in place are refused: they go as `args=[...]`.",
    wrong="@workflow.signal\ndef book_slot(self, slot: str, by: str) -> None: ...\n\n"
    "await handle.signal(Hiring.book_slot, slot)\n",
    right="await handle.signal(Hiring.book_slot, args=[slot, by])\n",
)
RULES = (_UNKNOWN, _ARGUMENTS)


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about what is sent to running workflows."""
    for message in messages_of(project):
        for each in (message, *_handed(message, project)):
            yield from (softened(found, each.call.scope.module) for found in _judge(each, project))


def _handed(message: Message, project: Project) -> Iterator[Message]:
    """The same where a function of the project sends what its callers name: `self._signal(case, "decided", by)`."""
    found = parameter(message.target, message.call.scope, project.names)
    if found is None:
        return
    definition, name = found
    for site in sites_of(definition, project.names)[0]:
        meant = site.arguments.get(name)
        if meant is not None and meant.scope is site.call.scope:
            yield replace(message, call=site.call, target=meant.node)


def _judge(message: Message, project: Project) -> Iterator[Diagnostic]:
    if len(message.given.positional) > 1:
        text = f"`{_spelled(message)}` takes one argument in place, {len(message.given.positional)} are given"
        yield _finding(_ARGUMENTS, message, text, as_list(message.given))
        return
    owner = method_owner(message, project)
    if owner is not None:
        yield from _by_object(message, owner, project)
    else:
        name = project.names.constant(message.target, message.call.scope)
        if isinstance(name, str):
            yield from _by_name(message, name, project)


def _by_object(message: Message, owner: Workflow, project: Project) -> Iterator[Diagnostic]:
    """`Hiring.book_slot`: it must be a handler of that kind, of the workflow behind the handle."""
    answers = answers_of(owner, project)
    ref = project.names.of(message.target, message.call.scope) or ""
    definition = project.names.definition(ref)
    name = _name_of(definition, message.kind, answers)
    shown = f"{owner.definition.own.qualname}.{getattr(message.target, 'attr', '')}"
    if name is None:
        if message.kind not in answers.open_kinds:
            what = "does not exist" if definition is None else f"is no {message.kind.value}"
            text = f"`{shown}` {what}, so `{_spelled(message)}` raises"
            yield _finding(_UNKNOWN, message, text, _hint(message.kind, getattr(message.target, "attr", ""), [answers]))
        return
    behind = message.handle.workflow
    if behind is not None and behind is not owner and answers_of(behind, project).lacks(message.kind, name):
        text = f"the handle is of `{behind.definition.own.qualname}`, which has no {message.kind.value} `{name}`"
        yield _finding(_UNKNOWN, message, text, _hint(message.kind, name, [answers_of(behind, project)]))
        return
    yield from _arguments(message, definition, shown, project)


def _name_of(definition: Definition | None, kind: HandlerKind, answers: Answers) -> str | None:
    """Under which name a method is answered."""
    for (each, name), method in answers.by_name.items():
        if each is kind and method is definition and definition is not None:
            return name
    return None


def _by_name(message: Message, name: str, project: Project) -> Iterator[Diagnostic]:
    """By text: held against the workflow behind the handle, else against every workflow of the project."""
    behind = message.handle.workflow
    if behind is None and message.handle.external:
        return  # a workflow of somebody else, as likely as not
    candidates = [behind] if behind is not None else list(project.workflows)
    answers = [answers_of(each, project) for each in candidates]
    if candidates and all(each.lacks(message.kind, name) for each in answers):
        whose = f"workflow `{behind.definition.own.qualname}`" if behind is not None else "workflow of the project"
        text = f"no {whose} defines the {message.kind.value} `{name}`"
        if behind is not None:
            text = f"{whose} has no {message.kind.value} `{name}`"
        yield _finding(_UNKNOWN, message, text, _hint(message.kind, name, answers))
        return
    found = [each.by_name[(message.kind, name)] for each in answers if (message.kind, name) in each.by_name]
    if len(found) == 1 and found[0] is not None and (behind is not None or len(candidates) == 1):
        yield from _arguments(message, found[0], name, project)


def _arguments(message: Message, definition: Definition | None, shown: str, project: Project) -> Iterator[Diagnostic]:
    accepted = accepted_by(definition, project.names) if definition is not None else None
    if definition is None or accepted is None or message.given.count is None or accepted.takes(message.given.count):
        return
    text = f"{message.kind.value} `{shown}` takes {accepted.shown()}, {message.given.count} given"
    place = f"{definition.own.module.file}:{definition.node.lineno}"
    yield _finding(_ARGUMENTS, message, text, f"its handler stands at {place}; several arguments go as `args=[...]`")


def _hint(kind: HandlerKind, name: str, answers: list[Answers]) -> str | None:
    known = sorted({each for answer in answers for each in answer.names(kind)})
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean `{close[0]}`?"
    if known:
        return f"defined: {', '.join(f'`{each}`' for each in known)}"
    return f"write a method decorated `@workflow.{kind.value}`"


def _spelled(message: Message) -> str:
    return ast.unparse(message.call.node.func).rpartition(".")[2]


def _finding(rule: Rule, message: Message, text: str, hint: str | None) -> Diagnostic:
    return finding(rule, message.call.scope.module, message.call.node, text, hint)
