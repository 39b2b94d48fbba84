"""Rules about calling activities: that what is called is one, by its name, with the arguments that it takes."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Activity, Project, Use, UseKind, finding
from checks.temporal.scopes import Module
from checks.temporal.signatures import accepted_by, as_list, handed_over

_SEVERAL = Rule(
    id="temporal.several-arguments",
    severity=Severity.ERROR,
    title="several positional arguments to an activity",
    why="The SDK's functions take one argument in place, and several as `args=[...]`. With more, Python raises "
    "TypeError when the line runs, and the workflow hangs there.",
    wrong="await workflow.execute_activity(send_mail, to, subject, start_to_close_timeout=timedelta(minutes=1))\n",
    right="await workflow.execute_activity(send_mail, args=[to, subject], start_to_close_timeout=MINUTE)\n",
)
_WRONG = Rule(
    id="temporal.activity-arguments",
    severity=Severity.ERROR,
    title="an activity called with too many or too few arguments",
    why="The activity raises TypeError on the worker, and by default Temporal tries again for ever.",
    wrong="@activity.defn\ndef send_mail(to: str, subject: str) -> None: ...\n\n"
    "await workflow.execute_activity(send_mail, to, start_to_close_timeout=timedelta(minutes=1))\n",
    right="await workflow.execute_activity(send_mail, args=[to, subject], start_to_close_timeout=MINUTE)\n",
)
_UNKNOWN = Rule(
    id="temporal.unknown-activity",
    severity=Severity.ERROR,
    title="an activity name that nothing in the project defines",
    why="Temporal hands the task to the worker, which does not know the name and fails it, again and again: the "
    "workflow hangs without an error that anybody sees.",
    wrong="@activity.defn(name='send-mail')\ndef send_mail(to: str) -> None: ...\n\n"
    "await workflow.execute_activity('send_mail', to, start_to_close_timeout=timedelta(minutes=1))\n",
    right="await workflow.execute_activity('send-mail', to, start_to_close_timeout=timedelta(minutes=1))\n",
)
_NONE = Rule(
    id="temporal.no-activity",
    severity=Severity.ERROR,
    title="execute_activity is given a function that is no activity",
    why="Without `@activity.defn` the function has no name that Temporal knows: the SDK raises when the line runs, "
    "and the workflow hangs there.",
    wrong="def send_mail(to: str) -> None: ...\n\n"
    "await workflow.execute_activity(send_mail, to, start_to_close_timeout=timedelta(minutes=1))\n",
    right="@activity.defn\ndef send_mail(to: str) -> None: ...\n",
)
RULES = (_SEVERAL, _WRONG, _UNKNOWN, _NONE)


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about each call of an activity, tests aside."""
    uses = [use for use in project.uses if use.kind is UseKind.ACTIVITY and not use.module.in_tests]
    closed = _is_closed(project)
    defines_late = bool(uses) and _defines_late(project)
    for use in uses:
        yield from _several(use)
        yield from _arguments(use, project)
        yield from _unknown(use, project, closed)
        if not defines_late:
            yield from _no_activity(use, project)


def _several(use: Use) -> Iterator[Diagnostic]:
    given = handed_over(use.call, 1)
    if len(given.positional) > 1 and given.count is not None and "activity" not in use.keywords:
        message = f"`{use.method}` takes one argument for the activity in place, and is given {len(given.positional)}"
        yield finding(_SEVERAL, use.module, use.call.node, message, as_list(given))


def _arguments(use: Use, project: Project) -> Iterator[Diagnostic]:
    given = handed_over(use.call, 0 if "activity" in use.keywords else 1)
    node = use.keywords.get("args")
    if isinstance(node, ast.Constant) and node.value is not None:
        message = f"`args=` is `{ast.unparse(node)}`, and has to be a list of the arguments"
        yield finding(_WRONG, use.module, node, message, f"write `args=[{ast.unparse(node)}]`")
        return
    activity = _called(use, project)
    accepted = accepted_by(activity.definition, project.names) if activity is not None else None
    if activity is None or accepted is None or given.count is None or accepted.takes(given.count):
        return
    name = activity.definition.own.qualname
    place = f"{activity.module.file}:{activity.definition.node.lineno}"
    counted = "no argument" if given.count == 0 else f"{given.count}"
    message = f"activity `{name}` takes {accepted.shown()} ({place}), and is given {counted}"
    yield finding(_WRONG, use.module, use.call.node, message, _arguments_hint(activity))


def _arguments_hint(activity: Activity) -> str:
    assert not isinstance(activity.definition.node, ast.ClassDef)  # noqa: S101 -- for the type checker: accepted_by looked
    named = [*activity.definition.node.args.posonlyargs, *activity.definition.node.args.args]
    is_method = activity.definition.outer.qualname != ""
    names = [each.arg for each in named[1 if is_method else 0 :]]
    if len(names) > 1:
        return f"write `args=[{', '.join(names)}]`"
    return f"hand over `{names[0]}`" if names else "it takes none"


def _called(use: Use, project: Project) -> Activity | None:
    """The one activity that a call means."""
    if use.ref is not None and ":" in use.ref:
        return project.activities_by_ref.get(use.ref)
    same = [each for each in project.activities if use.name is not None and each.name == use.name]
    return same[0] if len(same) == 1 and "task_queue" not in use.keywords else None


def _is_closed(project: Project) -> bool:
    """Whether every activity of the project is known by name, and none takes any name."""
    named = all(each.name is not None and not each.dynamic for each in project.activities)
    known = bool(project.activities) and named and not project.open_ended and not project.plugged_clients
    return known and not any(_defines_within(module, project) for module in project.modules)


def _defines_within(module: Module, project: Project) -> bool:
    """Whether activities come to be inside a function: which names they have, only a run would tell."""
    return any(
        project.names.of(each.func if isinstance(each, ast.Call) else each, definition.outer)
        == "temporalio.activity.defn"
        for definition in module.definitions
        if definition.outer.inside_function()
        for each in definition.node.decorator_list
    )


def _unknown(use: Use, project: Project, closed: bool) -> Iterator[Diagnostic]:
    """A name for another task queue may be known to a worker in another language."""
    names = sorted({each.name for each in project.activities if each.name is not None})
    if use.name is None or not closed or "task_queue" in use.keywords or "**" in use.keywords or use.name in names:
        return
    close = difflib.get_close_matches(use.name, names, n=1)
    if not close and not _all_workers_known(project):
        return
    by_function = [each for each in project.activities if each.definition.node.name == use.name]
    guess = by_function[0].name if by_function else (close[0] if close else None)
    message = f"no activity of the project is called `{use.name}`"
    hint = f"did you mean `{guess}`?" if guess else f"there are {', '.join(f'`{name}`' for name in names[:8])}"
    node = use.call.node.args[0] if use.call.node.args else use.call.node
    yield finding(_UNKNOWN, use.module, node, message, hint)


def _all_workers_known(project: Project) -> bool:
    workers = [each for each in project.workers if not each.module.in_tests]
    known = project.activities_by_ref
    return bool(workers) and all(
        each.activities.complete and all(entry.ref in known for entry in each.activities.entries) for each in workers
    )


def _no_activity(use: Use, project: Project) -> Iterator[Diagnostic]:
    definition = project.names.definition(use.ref) if use.ref is not None and ":" in use.ref else None
    if definition is None or use.ref in project.activities_by_ref or use.method.endswith("_class"):
        return
    if definition.node.decorator_list or definition.outer.inside_function():
        return
    place = f"{definition.own.module.file}:{definition.node.lineno}"
    name = definition.own.qualname
    is_class = isinstance(definition.node, ast.ClassDef)
    message = f"`{name}` is no activity: " + (
        "it is a class" if is_class else f"`@activity.defn` is missing at {place}"
    )
    node = use.call.node.args[0] if use.call.node.args else use.call.node
    hint = "give one of its decorated methods" if is_class else f"write `@activity.defn` above {place}"
    yield finding(_NONE, use.module, node, message, hint)


def _defines_late(project: Project) -> bool:
    """Whether `activity.defn` is called as a function somewhere: then any function may be an activity."""
    for module in project.modules:
        written = {each for definition in module.definitions for each in definition.node.decorator_list}
        for call in module.calls:
            inner = call.node.func
            target = inner.func if isinstance(inner, ast.Call) else inner
            late = project.names.of(target, call.scope) == "temporalio.activity.defn"
            if late and call.node not in written:
                return True
    return False
