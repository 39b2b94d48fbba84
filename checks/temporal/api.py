"""Rules about the SDK's own names, held against the SDK that the project has installed."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Project, Sdk, finding
from checks.temporal.scopes import Module

JUDGED_MODULES = frozenset(
    f"temporalio.{name}"
    for name in ("activity", "client", "common", "converter", "exceptions", "testing", "worker", "workflow")
)

_UNKNOWN = Rule(
    id="temporal.unknown-attribute",
    severity=Severity.ERROR,
    title="a name that the installed SDK does not have",
    why="Python finds out only when the line runs: the workflow task then fails and is retried for ever, so the "
    "workflow hangs at this line, days after it started.",
    wrong="await workflow.sleep_until(slot.starts_at)\n",
    right="await workflow.sleep(slot.starts_at - workflow.now())\n",
)
RULES = (_UNKNOWN,)

_INSTEAD = {
    "temporalio.workflow.sleep_until": "`await workflow.sleep(deadline - workflow.now())` waits until a point in time",
    "temporalio.workflow.wait_for_signal": "store the signal on `self`, then "
    "`await workflow.wait_condition(lambda: self.received is not None)`",
    "temporalio.workflow.get_logger": "use `workflow.logger`",
    "temporalio.workflow.gather": "use `asyncio.gather`: it is deterministic in a workflow",
    "temporalio.workflow.utcnow": "use `workflow.now()`",
}


def judge(project: Project, sdk: Sdk | None) -> Iterator[Diagnostic]:
    """Findings about names; none without an SDK to hold them against."""
    if sdk is None:
        return
    for module in project.judged_modules():
        yield from _imported(module, sdk)
        yield from _referenced(module, project, sdk)


def _imported(module: Module, sdk: Sdk) -> Iterator[Diagnostic]:
    for each in module.imported:
        if not each.guarded and _lacks(sdk, each.source, each.name):
            yield _finding(module, each.node, each.source, each.name, sdk)


def _referenced(module: Module, project: Project, sdk: Sdk) -> Iterator[Diagnostic]:
    for reference in module.references:
        dotted = None if reference.guarded else project.names.of(reference.node, reference.scope)
        if dotted is None or not dotted.startswith("temporalio."):
            continue
        _, owner, name, *_ = (*dotted.split("."), "")
        if name and _lacks(sdk, f"temporalio.{owner}", name):
            yield _finding(module, reference.node, f"temporalio.{owner}", name, sdk)


def _lacks(sdk: Sdk, owner: str, name: str) -> bool:
    names = sdk.modules.get(owner)
    return names is not None and name not in names and not name.startswith("_")


def _finding(module: Module, node: ast.AST, owner: str, name: str, sdk: Sdk) -> Diagnostic:
    message = f"`{owner}` has no `{name}` (temporalio {sdk.version})"
    close = difflib.get_close_matches(name, sdk.modules[owner], n=1)
    guess = f"did you mean `{owner.rpartition('.')[2]}.{close[0]}`?" if close else None
    return finding(_UNKNOWN, module, node, message, _INSTEAD.get(f"{owner}.{name}", guess))
