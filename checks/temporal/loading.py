"""What loading each definition in the SDK's sandbox came to, in findings and in words for a person."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from checks.hints import run_command
from checks.model import CheckContext, Diagnostic, Rule, Severity
from checks.temporal.importing import plan_import
from checks.temporal.model import Project, Workflow, finding
from checks.temporal.passthrough import block_to_write
from checks.temporal.sandbox import MODULE_LIMIT_S, Failure, Frame, Loading, Request, Wanted
from checks.temporal.scopes import Module, ScopeKind

_IMPORT = Rule(
    id="temporal.import",
    severity=Severity.ERROR,
    title="a workflow's module that cannot be imported",
    why="The worker imports it at its start, and does not come up. An import must also do nothing but define: the "
    "sandbox repeats it for every workflow.",
    wrong="# workflows/hiring.py\nfrom activites import send_mail  # the file is called activities.py\n",
    right="# workflows/hiring.py\nfrom activities import send_mail\n",
)
_RUNS = Rule(
    id="temporal.runs-on-import",
    severity=Severity.ERROR,
    title="a workflow's module that starts a program when it is imported",
    why="The sandbox imports the module again for every workflow: each time a worker or a server would be started "
    "within the workflow. Such a module is not loaded here at all.",
    wrong="@workflow.defn\nclass Hiring: ...\n\nasyncio.run(main())\n",
    right="@workflow.defn\nclass Hiring: ...\n\nif __name__ == '__main__':\n    asyncio.run(main())\n",
)
_SANDBOX = Rule(
    id="temporal.sandbox",
    severity=Severity.ERROR,
    title="a workflow that the SDK's sandbox refuses",
    why="The worker prepares every workflow in the sandbox when it starts, and raises. Mostly a library at the top of "
    "the file (or of a file that it imports) that touches the network or the system when it is imported.",
    wrong="import httpx\nfrom temporalio import workflow\n",
    right="from temporalio import workflow\n\nwith workflow.unsafe.imports_passed_through():\n    import httpx\n",
)
_LOOSENED = Rule(
    id="temporal.sandbox-loosened",
    severity=Severity.WARNING,
    title="a workflow that the strict sandbox refuses, for workers that loosen it",
    why="The workers here are given `plugins=` or `workflow_runner=`, which may pass modules through; only a running "
    "worker would tell whether these do.",
    wrong="import httpx\n\nWorker(client, task_queue='hiring', workflows=[Hiring], plugins=[Plugin()])\n",
    right="with workflow.unsafe.imports_passed_through():\n    import httpx\n",
)
RULES = (_IMPORT, _RUNS, _SANDBOX, _LOOSENED)

_STARTERS = {"asyncio.run", "uvicorn.run", "anyio.run", "trio.run"}


_TOLD_TYPES = ("ValueError", "TypeError", "AttributeError", "ImportError", "NameError")
"""What the SDK or Python raises for defects that a rule names better: said once, by the rule."""


@dataclass(slots=True)
class Verdict:
    """Findings, and what kept us from judging."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)


def starts_on_import(project: Project) -> Iterator[Diagnostic]:
    """Workflow modules that start a program at their top level, outside `if __name__ == "__main__"`."""
    for module in _workflow_modules(project):
        for call in module.calls:
            starts = call.scope.kind is ScopeKind.MODULE and project.names.of(call.node.func, call.scope) in _STARTERS
            if starts and not _under_main_guard(module, call.node):
                message = f"importing this module runs `{ast.unparse(call.node)}`"
                yield finding(_RUNS, module, call.node, message, 'write it below `if __name__ == "__main__":`')


def _under_main_guard(module: Module, node: ast.Call) -> bool:
    return any(
        isinstance(statement, ast.If)
        and any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(statement.test))
        and statement.lineno <= node.lineno <= (statement.end_lineno or node.lineno)
        for statement in module.tree.body
    )


def _workflow_modules(project: Project) -> tuple[Module, ...]:
    """The modules that define workflows, outside tests: pytest loads those."""
    return tuple(dict.fromkeys(each.module for each in project.workflows if not each.module.in_tests))


def requests(project: Project, files: frozenset[str]) -> Iterator[Request]:
    """One request for each module of `files`."""
    for module in _workflow_modules(project):
        if module.file in files:
            here = [each for each in project.workflows if each.module is module]
            wanted = tuple(_wanted(workflow, project) for workflow in here)
            yield Request(plan_import(module, project.names.sources), wanted)


def _wanted(workflow: Workflow, project: Project) -> Wanted:
    return Wanted(workflow.definition.own.qualname, workflow.sandboxed, _is_loosened(workflow, project))


def _is_loosened(workflow: Workflow, project: Project) -> bool:
    """Whether every worker that may run it brings plug-ins or a runner of its own."""
    serving = [each for each in project.workers if any(entry.ref == workflow.ref for entry in each.workflows.entries)]
    if project.plugged_clients or project.open_ended:
        return True
    return all(each.customised for each in serving) if serving else any(each.customised for each in project.workers)


def judge(loading: Loading, project: Project, context: CheckContext, explained: Iterable[str]) -> Verdict:
    """Turn failures into findings; `explained` are the files in which a rule already names the defect."""
    verdict = Verdict()
    told = frozenset(explained)
    missing: dict[str, str] = {}
    for failure in _one_per_cause(loading.failures):
        if failure.workflow is not None:
            verdict.diagnostics.extend(_refused(failure, project))
        elif _lacks_package(failure, project):
            missing.setdefault(str(failure.missing).partition(".")[0], failure.file)
        elif (reason := _cannot_judge(failure, project) or _not_its_own(failure, context)) is not None:
            verdict.blocked.append(reason)
        elif not (failure.file in told and failure.type in _TOLD_TYPES):
            verdict.diagnostics.append(_not_imported(failure))
    verdict.blocked.extend(_install_text(missing, context) if missing else ())
    return verdict


def _one_per_cause(failures: Iterable[Failure]) -> Iterator[Failure]:
    """The same line at fault for several workflows is one finding."""
    seen = set()
    for failure in failures:
        cause = (failure.type, failure.message, _place(failure), failure.passes_retry)
        if cause not in seen:
            seen.add(cause)
            yield failure


def _lacks_package(failure: Failure, project: Project) -> bool:
    """Whether the project's Python lacks something installable, rather than the project one of its own files."""
    if failure.missing is None or failure.missing_top_exists:
        return False
    top = failure.missing.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in project.names.sources.top_names


def _cannot_judge(failure: Failure, project: Project) -> str | None:
    elsewhere = _found_elsewhere(failure.missing, project) if failure.missing else None
    if elsewhere is not None:
        return (
            f"`{failure.file}` imports `{failure.missing}`, which lies in `{elsewhere}`: install the package, "
            f"or set `PYTHONPATH={elsewhere}` (a gate's `env` in the config does)"
        )
    if failure.variable is not None:
        return (
            f"`{failure.file}` needs the environment variable `{failure.variable}` to be imported: "
            f"set it (a gate's `env` in the config does), or read it where it is used"
        )
    if failure.type == "TookTooLong" and failure.busy_s > MODULE_LIMIT_S / 2:
        limit = f"{MODULE_LIMIT_S:g} s"
        return f"importing `{failure.file}` keeps this machine busy for over {limit}: try again on an idle one"
    return None


def _not_its_own(failure: Failure, context: CheckContext) -> str | None:
    """A package that refuses to be imported, in an environment that was not made for this project: SQLAlchemy without
    the greenlet that the project may well declare."""
    raised_in_package = bool(failure.frames) and not failure.frames[-1].own
    made_for_it = context.python.is_relative_to(context.root)
    if failure.type not in ("ImportError", "ModuleNotFoundError") or not raised_in_package or made_for_it:
        return None
    return (
        f"importing `{failure.file}` fails in the package `{_package(failure.frames[-1])}` of {context.python}, which "
        f"is not the project's own environment: {failure.message.splitlines()[0]}: "
        f"{run_command(context.root, '--sync')}"
    )


def _found_elsewhere(missing: str, project: Project) -> str | None:
    """The one folder below which that module lies, where only the project's installation could put it on the path."""
    path = missing.replace(".", "/")
    folders = {
        file.partition(middle)[0]
        for file in project.names.sources.files
        for middle in (f"/{path}.py", f"/{path}/")
        if file.endswith(middle) or (middle.endswith("/") and middle in file)
    }
    return folders.pop() if len(folders) == 1 else None


def _install_text(missing: dict[str, str], context: CheckContext) -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in missing)
    first = next(iter(missing.values()))
    yield f"{context.python} lacks {names}, which `{first}` imports: {run_command(context.root, '--sync')}"


def _not_imported(failure: Failure) -> Diagnostic:
    place = _place(failure)
    file, line = place if place else (failure.file, 1)
    return Diagnostic(_IMPORT.id, _IMPORT.severity, _import_message(failure), file, line, None, _import_hint(failure))


def _import_message(failure: Failure) -> str:
    if failure.type == "TookTooLong":
        return f"importing `{failure.file}` did not end within {MODULE_LIMIT_S:g} s{_chain(failure)}"
    if failure.type == "Ended":
        return f"importing `{failure.file}` {failure.message}"
    return f"importing `{failure.file}` raises {failure.type}: {failure.message}{_chain(failure)}"


def _import_hint(failure: Failure) -> str | None:
    if failure.type in ("TookTooLong", "SystemExit", "Ended"):
        return 'an import must only define: move what runs below `if __name__ == "__main__":`'
    if failure.missing is not None:
        return f"no file of the project and no installed package is `{failure.missing}`; mend the name"
    return None


def _chain(failure: Failure) -> str:
    steps = [f"{frame.file}:{frame.line} `{frame.text}`" for frame in failure.frames if frame.own]
    return f" ({' -> '.join(steps)})" if steps else ""


def _place(failure: Failure) -> tuple[str, int] | None:
    own = [frame for frame in failure.frames if frame.own]
    return (own[-1].file, own[-1].line) if own else None


def _refused(failure: Failure, project: Project) -> Iterator[Diagnostic]:
    workflow = next(
        each
        for each in project.workflows
        if each.module.file == failure.file and each.definition.own.qualname == failure.workflow
    )
    if failure.type == "Undefined":
        if workflow.definition.node in workflow.module.tree.body:
            message = f"after importing its module, `{failure.workflow}` is no workflow: something replaced it"
            yield finding(_IMPORT, workflow.module, workflow.definition.node, message)
        return
    rule = _LOOSENED if _is_loosened(workflow, project) else _SANDBOX
    file, line = _place(failure) or (failure.file, workflow.definition.node.lineno)
    reason = failure.message.partition(" If this is code from a module")[0]
    message = f"the sandbox refuses `{failure.workflow}`: {reason}{_full_chain(failure)}"
    yield Diagnostic(rule.id, rule.severity, message, file, line, None, block_to_write(failure, project))


def _full_chain(failure: Failure) -> str:
    """The project's own steps, then the package that they lead into."""
    package = next((_package(frame) for frame in failure.frames if not frame.own), None)
    steps = _chain(failure)
    return f"{steps[:-1]} -> `{package}`)" if steps and package else steps


def _package(frame: Frame) -> str:
    for marker in ("/site-packages/", "/dist-packages/"):
        if marker in frame.file:
            return frame.file.partition(marker)[2].partition("/")[0].removesuffix(".py")
    return frame.file
