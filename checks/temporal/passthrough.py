"""The exact lines that let an import through the sandbox, in the words of the file they belong into."""

from __future__ import annotations

import ast

from checks.temporal.model import Project
from checks.temporal.sandbox import Failure
from checks.temporal.scopes import Module


def block_to_write(failure: Failure, project: Project) -> str | None:
    """The lines to write where the workflow's own file starts the chain of imports."""
    first = next((frame for frame in failure.frames if frame.own), None)
    module = project.names.sources.load(first.file) if first is not None else None
    if first is None or module is None:
        return None
    statement = _import_at(module, first.line)
    if statement is None:
        return f"{first.file}:{first.line} does this when the module is imported: move it into an activity"
    alias = _workflow_alias(module, project)
    lines = [f"with {alias or 'workflow'}.unsafe.imports_passed_through():", f"    {ast.unparse(statement)}"]
    if alias is None:
        lines.insert(0, "from temporalio import workflow")
    return f"write in {first.file}:{statement.lineno}\n" + "\n".join(lines)


def _import_at(module: Module, line: int) -> ast.Import | ast.ImportFrom | None:
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno <= line <= (node.end_lineno or line):
            return node
    return None


def _workflow_alias(module: Module, project: Project) -> str | None:
    names = module.scope.bindings
    return next(
        (name for name in names if project.names.of(ast.Name(name), module.scope) == "temporalio.workflow"), None
    )
