"""A rule about the keywords that the SDK takes, held against the SDK that the project has installed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Project, Sdk, finding
from checks.temporal.scopes import Call

_UNKNOWN = Rule(
    id="temporal.unknown-keyword",
    severity=Severity.ERROR,
    title="a keyword that the installed SDK does not take",
    why="Python raises TypeError when the line runs. In a workflow the task then fails and is retried for ever, so the "
    "workflow hangs there.",
    wrong="RetryPolicy(max_attempts=3)\n",
    right="RetryPolicy(maximum_attempts=3)\n",
)
RULES = (_UNKNOWN,)

_INSTEAD = {
    "timeout": "`start_to_close_timeout=timedelta(...)`",
    "retries": "`retry_policy=RetryPolicy(maximum_attempts=...)`",
    "max_retries": "`maximum_attempts=`",
    "backoff": "`backoff_coefficient=`",
    "kwargs": "`args=[...]`: arguments go by position",
    "workflow_id": "`id=`",
}


def judge(project: Project, sdk: Sdk | None) -> Iterator[Diagnostic]:
    """Findings about keywords; none without an SDK to hold them against."""
    if sdk is None:
        return
    for module in project.judged_modules():
        for call in module.calls:
            if call.node.keywords:
                yield from _judged(call, project, sdk)


def _judged(call: Call, project: Project, sdk: Sdk) -> Iterator[Diagnostic]:
    ref = project.names.of(call.node.func, call.scope)
    signature = sdk.signatures.get(ref) if ref is not None else None
    for keyword in call.node.keywords if signature is not None else ():
        if signature is not None and keyword.arg is not None and keyword.arg not in signature.names:
            message = f"`{_short(ref)}` takes no `{keyword.arg}=` (temporalio {sdk.version})"
            yield finding(_UNKNOWN, call.scope.module, keyword, message, _hint(keyword.arg, signature.names))


def _short(ref: str | None) -> str:
    return ".".join((ref or "").split(".")[1:])


def _hint(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    instead = _INSTEAD.get(name)
    if instead is not None and any(each in instead for each in known):
        return f"write {instead}"
    return f"did you mean `{close[0]}=`?" if close else f"it takes {', '.join(f'`{each}=`' for each in known[:12])}"
