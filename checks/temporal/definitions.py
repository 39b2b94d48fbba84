"""Rules about how workflows and activities are written down: what the SDK refuses when a module is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Project, Workflow, finding
from checks.temporal.scopes import Module

_NO_RUN = Rule(
    id="temporal.no-run-method",
    severity=Severity.ERROR,
    title="a workflow class without a method decorated `@workflow.run`",
    why="The SDK refuses the class while its module is imported, so the worker never starts. A run method that is "
    "inherited does not count: it has to be overridden and decorated in the class itself.",
    wrong="@workflow.defn\nclass Hiring:\n    async def run(self, candidate_id: str) -> str: ...\n",
    right="@workflow.defn\nclass Hiring:\n    @workflow.run\n    async def run(self, candidate_id: str) -> str: ...\n",
)
_MANY_RUNS = Rule(
    id="temporal.many-run-methods",
    severity=Severity.ERROR,
    title="a workflow class with more than one `@workflow.run`",
    why="A workflow has one entry point; the SDK refuses the class while its module is imported.",
    wrong="@workflow.defn\nclass Hiring:\n    @workflow.run\n    async def run(self) -> None: ...\n\n"
    "    @workflow.run\n    async def resume(self) -> None: ...\n",
    right="@workflow.defn\nclass Hiring:\n    @workflow.run\n    async def run(self) -> None: ...\n\n"
    "    @workflow.signal\n    async def resume(self) -> None: ...\n",
)
_SYNC_RUN = Rule(
    id="temporal.sync-run",
    severity=Severity.ERROR,
    title="a `@workflow.run` method that is no `async def`",
    why="The SDK refuses it while the module is imported, so the worker never starts.",
    wrong="@workflow.run\ndef run(self) -> None: ...\n",
    right="@workflow.run\nasync def run(self) -> None: ...\n",
)
_MISSING_IMPORT = Rule(
    id="temporal.missing-import",
    severity=Severity.ERROR,
    title="`@workflow.defn` or `@activity.defn` in a file that does not import it",
    why="Importing the module raises NameError, so the worker never starts.",
    wrong="@workflow.defn\nclass Hiring: ...\n",
    right="from temporalio import workflow\n\n\n@workflow.defn\nclass Hiring: ...\n",
)
RULES = (_NO_RUN, _MANY_RUNS, _SYNC_RUN, _MISSING_IMPORT)


def judge(project: Project) -> Iterator[Diagnostic]:
    """Findings about each workflow class and activity by itself."""
    for module in project.judged_modules():
        yield from _missing_imports(module, project)
    for workflow in project.workflows:
        if not workflow.module.in_tests:
            yield from _run_methods(workflow)


def _missing_imports(module: Module, project: Project) -> Iterator[Diagnostic]:
    """One finding a name: each file needs its import but once."""
    for name in ("workflow", "activity"):
        decorated = [
            (base, each)
            for each in module.definitions
            for decorator in each.node.decorator_list
            if (base := _base_of_defn(decorator)) is not None and base.id == name
        ]
        if decorated and not module.stars and project.names.lookup(name, decorated[0][1].outer)[0] is None:
            hint = f"write `from temporalio import {name}` at the top of the file"
            yield finding(_MISSING_IMPORT, module, decorated[0][0], f"`{name}` is used and not imported", hint)


def _base_of_defn(decorator: ast.expr) -> ast.Name | None:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(function, ast.Attribute) and function.attr == "defn" and isinstance(function.value, ast.Name):
        return function.value
    return None


def _run_methods(workflow: Workflow) -> Iterator[Diagnostic]:
    name = workflow.definition.own.qualname
    if not workflow.runs and workflow.complete:
        hint = "decorate its entry point: `@workflow.run` above `async def run(self, ...)`"
        yield finding(
            _NO_RUN, workflow.module, workflow.definition.node, f"workflow `{name}` has no `@workflow.run`", hint
        )
    for run in workflow.runs[1:]:
        message = (
            f"workflow `{name}` has a second `@workflow.run`: `{run.node.name}`, after `{workflow.runs[0].node.name}`"
        )
        yield finding(_MANY_RUNS, workflow.module, run.node, message, "keep one; make the other a signal or an update")
    for run in workflow.runs:
        if isinstance(run.node, ast.FunctionDef):
            message = f"`{name}.{run.node.name}` is a plain `def`; a run method is an `async def`"
            yield finding(_SYNC_RUN, workflow.module, run.node, message, f"write `async def {run.node.name}(...)`")
