"""Rules that hold what an activity does against the options it is called with."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.durations import number_of, seconds_of
from checks.temporal.model import Activity, Project, Use, UseKind, finding
from checks.temporal.scopes import Call, Definition

_SHORT = Rule(
    id="temporal.short-timeout",
    severity=Severity.ERROR,
    title="an activity may take less time than the command that it runs",
    why="Temporal gives the attempt up and starts the next while the command still runs: then it runs twice at once. "
    "The command's own limit never counts.",
    wrong="await workflow.execute_activity(convert, path, start_to_close_timeout=timedelta(minutes=1))\n\n"
    "@activity.defn\ndef convert(path: str) -> None:\n    subprocess.run(['convert', path], timeout=300, check=True)\n",
    right="await workflow.execute_activity(convert, path, start_to_close_timeout=timedelta(minutes=6))\n",
)
_REPEATED = Rule(
    id="temporal.repeated-effect",
    severity=Severity.WARNING,
    title="an activity that may be retried without end sends a mail or takes a payment, each time anew",
    why="Without `maximum_attempts` Temporal retries for ever, also where the effect came about and only the answer "
    "was lost. Whether the other side drops repetitions, the code does not tell.",
    wrong="@activity.defn\ndef charge(amount: int) -> None:\n    stripe.PaymentIntent.create(amount=amount)\n",
    right="stripe.PaymentIntent.create(amount=amount, idempotency_key=key)\n",
)
RULES = (_SHORT, _REPEATED)

_COMMANDS = {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output")}
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class _Limit:
    seconds: float
    call: Call


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings at the calls of each activity."""
    by_key: defaultdict[str, list[Use]] = defaultdict(list)
    for use in project.uses:
        key = use.ref or use.name
        if use.kind is UseKind.ACTIVITY and key is not None and not use.module.in_tests:
            by_key[key].append(use)
    for activity in project.activities:
        uses = [*by_key[activity.ref], *(by_key[activity.name] if activity.name is not None else ())]
        limits = list(_limits(activity.definition, project, _DEPTH)) if uses else []
        for use in uses:
            yield from _short(use, activity, limits, project)
        if uses and all(_retries_for_ever(use, project) for use in uses):
            yield from _repeated(activity, project)


def _calls_in(definition: Definition) -> Iterator[Call]:
    return (call for call in definition.own.module.calls if definition.own in call.scope.chain())


def _limits(definition: Definition, project: Project, depth: int) -> Iterator[_Limit]:
    """The limits of the commands that a function runs, also through functions of the project."""
    for call in _calls_in(definition):
        ref = project.names.of(call.node.func, call.scope) or ""
        node = _limit_node(call, ref)
        seconds = number_of(node, call.scope, project.names) if node is not None else None
        if seconds is not None:
            yield _Limit(seconds, call)
        inner = project.names.definition(ref) if ":" in ref and depth > 0 else None
        if inner is not None and not isinstance(inner.node, ast.ClassDef):
            yield from _limits(inner, project, depth - 1)


def _limit_node(call: Call, ref: str) -> ast.expr | None:
    keywords = {keyword.arg: keyword.value for keyword in call.node.keywords}
    if ref in _COMMANDS or getattr(call.node.func, "attr", "") == "communicate":
        return keywords.get("timeout")
    if ref == "asyncio.wait_for" and call.node.args and _waits_for_program(call.node.args[0]):
        return call.node.args[1] if len(call.node.args) > 1 else keywords.get("timeout")
    return None


def _waits_for_program(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "communicate"


def _short(use: Use, activity: Activity, limits: list[_Limit], project: Project) -> Iterator[Diagnostic]:
    given = {name: use.keywords.get(f"{name}_timeout") for name in ("start_to_close", "schedule_to_close")}
    known = {
        name: seconds
        for name, node in given.items()
        if node is not None and (seconds := seconds_of(node, use.call.scope, project.names)) is not None
    }
    for limit in limits:
        name, seconds = min(known.items(), key=lambda each: each[1], default=("", limit.seconds))
        if seconds < limit.seconds:
            place = f"{limit.call.scope.module.file}:{limit.call.node.lineno}"
            message = (
                f"`{activity.definition.node.name}` has {seconds:g} s (`{name}_timeout`), "
                f"the command that it runs {limit.seconds:g} s ({place})"
            )
            hint = f"give the activity more than {limit.seconds:g} s, or the command less than {seconds:g} s"
            yield finding(_SHORT, use.module, use.call.node, message, hint)


def _retries_for_ever(use: Use, project: Project) -> bool:
    if "**" in use.keywords or "schedule_to_close_timeout" in use.keywords:
        return False
    policy = use.keywords.get("retry_policy")
    found = project.names.value(policy, use.call.scope) if policy is not None else None
    if policy is None:
        return True
    names = {each.arg for each in found[0].keywords} if found is not None and isinstance(found[0], ast.Call) else {None}
    return names.isdisjoint({"maximum_attempts", None})


def _repeated(activity: Activity, project: Project) -> Iterator[Diagnostic]:
    for call in _calls_in(activity.definition):
        ref = project.names.of(call.node.func, call.scope) or ""
        keywords = {keyword.arg or "**" for keyword in call.node.keywords}
        if ref.startswith("stripe.") and ref.endswith(".create") and keywords.isdisjoint({"idempotency_key", "**"}):
            message = f"`{activity.definition.node.name}` is retried without end, and each try takes a payment anew"
            hint = "hand over an `idempotency_key=` that stays the same in every try"
            yield finding(_REPEATED, activity.module, call.node, message, hint)
        elif ref in ("smtplib.SMTP", "smtplib.SMTP_SSL") and _sends(activity.definition):
            message = f"`{activity.definition.node.name}` is retried without end, and each try may send the mail anew"
            hint = "bound the tries with `retry_policy=RetryPolicy(maximum_attempts=...)`, or note what was sent"
            yield finding(_REPEATED, activity.module, call.node, message, hint)


def _sends(definition: Definition) -> bool:
    return any(getattr(call.node.func, "attr", "") in ("send_message", "sendmail") for call in _calls_in(definition))
