"""Finds the RAW workflows of a project and reads what each one declares."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.raw.modules import RUNTIME, Lineage, Module, Modules, OwnClass
from checks.raw.outline import FunctionNode
from checks.raw.source import read_source

WORKFLOWS = Path(".raw", "workflows")
LEFTOVERS = frozenset(("runs", "__pycache__", ".DS_Store"))
"""What stays behind when git removes a workflow: a folder of nothing else is no workflow."""


@dataclass(frozen=True, slots=True)
class Step:
    """A method decorated `@step(...)`; `name` is None where it is not a plain string."""

    name: str | None
    method: str
    node: FunctionNode
    decorator: ast.expr
    owner: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Workflow:
    """One folder of `.raw/workflows`.

    `run_py` and `dry_run_py` are where these files belong; they need not exist. `steps` are the names of its
    steps in the order of the text; `class_name` is None where no class is known to derive BaseWorkflow.
    """

    id: str
    folder: Path
    run_py: Path
    dry_run_py: Path
    steps: tuple[str, ...] = ()
    class_name: str | None = None


@dataclass(frozen=True, slots=True)
class WorkflowClass:
    """A class with what it derives from; `certain` says whether it is known to derive BaseWorkflow."""

    node: ast.ClassDef
    lineage: Lineage
    certain: bool


@dataclass(frozen=True, slots=True)
class ParsedWorkflow:
    """A workflow with the tree of its run.py and its workflow class, where there is one."""

    workflow: Workflow
    module: Module
    main_class: WorkflowClass | None
    steps: tuple[Step, ...]
    classes: tuple[WorkflowClass, ...]
    started: frozenset[str]
    """The names `X` of which the file calls `X.main()`."""


def find_folders(root: Path, words: Sequence[str] = ()) -> list[Path]:
    """The workflow folders in order of name, also those without run.py; `words` keeps ids that contain one of them.

    Raises OSError where `.raw/workflows` exists and cannot be read.
    """
    try:
        with os.scandir(root / WORKFLOWS) as entries:
            names = sorted(entry.name for entry in entries if _may_be_workflow(entry))
    except (FileNotFoundError, NotADirectoryError):
        return []
    kept = (name for name in names if not words or any(word in name for word in words))
    return [root / WORKFLOWS / name for name in kept]


def find_workflows(root: Path, words: Sequence[str] = ()) -> tuple[Workflow, ...]:
    """Every workflow of the project, with the steps that its run.py declares."""
    modules = Modules(root)
    return tuple(parsed.workflow for parsed in parse_workflows(modules, find_folders(root, words)))


def parse_workflows(modules: Modules, folders: Sequence[Path]) -> Iterator[ParsedWorkflow]:
    """Parses one workflow after the other, so that no more than one tree is kept."""
    for folder in folders:
        yield parse_workflow(modules, folder)


def parse_workflow(modules: Modules, folder: Path) -> ParsedWorkflow:
    """Reads the run.py of one folder; never raises for what it contains."""
    run_py = folder / "run.py"
    module = modules.of_source(read_source(run_py))
    classes = tuple(_workflow_classes(modules, module))
    started = _main_call_names(module)
    main_class = _main_class(classes, started)
    steps = tuple(_steps(modules, main_class)) if main_class else ()
    workflow = Workflow(
        id=folder.name,
        folder=folder,
        run_py=run_py,
        dry_run_py=folder / "dry_run.py",
        steps=tuple(dict.fromkeys(step.name or step.method for step in steps)),
        class_name=main_class.node.name if main_class and main_class.certain else None,
    )
    return ParsedWorkflow(workflow, module, main_class, steps, classes, started)


def is_runtime(dotted: object, name: str) -> bool:
    """Whether a resolved dotted name is `name` of raw_runtime, from whichever of its modules it is imported."""
    return isinstance(dotted, str) and dotted.startswith(f"{RUNTIME}.") and dotted.rpartition(".")[2] == name


def is_step(dotted: object) -> bool:
    """Whether a resolved dotted name is the step decorator, under its present or its older name."""
    return is_runtime(dotted, "step") or is_runtime(dotted, "raw_step")


def is_main_guard(statement: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`, either way round."""
    if not (isinstance(statement, ast.If) and isinstance(statement.test, ast.Compare)):
        return False
    test = statement.test
    if len(test.ops) != 1 or not isinstance(test.ops[0], (ast.Eq, ast.Is, ast.In)):
        return False
    sides = (test.left, test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(node, ast.Constant) and node.value == "__main__" for side in sides for node in ast.walk(side)
    )


def _may_be_workflow(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name == "__pycache__":
        return False
    try:
        if not entry.is_dir():
            return entry.is_symlink() and not Path(entry.path).is_file()
        return not (names := set(os.listdir(entry.path))) or not names <= LEFTOVERS  # noqa: PTH208
    except OSError:
        return True


def _workflow_classes(modules: Modules, module: Module) -> Iterator[WorkflowClass]:
    for node in module.outline.classes.values():
        lineage = modules.lineage(OwnClass(module, node))
        if any(is_runtime(base, "BaseWorkflow") for base in lineage.outside):
            yield WorkflowClass(node, lineage, certain=True)
        elif any(_is_opaque(base) for base in lineage.outside):
            yield WorkflowClass(node, lineage, certain=False)


KNOWN_OUTSIDERS = ("builtins", "typing", "typing_extensions", "abc", "enum", "dataclasses", "pydantic", "collections")


def _is_opaque(base: str) -> bool:
    """Whether a class outside the project might derive BaseWorkflow for all we can see."""
    return base.startswith("?") or base.partition(".")[0] not in KNOWN_OUTSIDERS


def _main_class(classes: Sequence[WorkflowClass], started: frozenset[str]) -> WorkflowClass | None:
    """The class that the main guard runs, else the last certain one that no other derives from."""
    ranked = [found for found in classes if found.certain] or list(classes)
    for found in ranked:
        if found.node.name in started:
            return found
    parents = {id(own.node) for found in ranked for own in found.lineage.own[1:]}
    leaves = [found for found in ranked if id(found.node) not in parents]
    return (leaves or ranked)[-1] if ranked else None


def _main_call_names(module: Module) -> frozenset[str]:
    """The names `X` of which the module calls `X.main()` or `X().main()` anywhere outside classes."""
    tree = module.source.tree
    if tree is None:
        return frozenset()
    kinds = (ast.If, ast.Expr, ast.FunctionDef, ast.AsyncFunctionDef, ast.Try, ast.With)
    parts = [statement for statement in tree.body if isinstance(statement, kinds)]
    return frozenset(name for part in parts for node in ast.walk(part) if (name := _main_call(node)))


def _main_call(node: ast.AST) -> str | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "main"):
        return None
    target = node.func.value
    if isinstance(target, ast.Call):
        target = target.func
    return target.id if isinstance(target, ast.Name) else None


def _steps(modules: Modules, main_class: WorkflowClass) -> Iterator[Step]:
    seen: set[str] = set()
    for own in reversed(main_class.lineage.own):
        overridden = _methods_below(main_class.lineage, own)
        for node in own.node.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name not in overridden | seen:
                yield from _steps_of_method(modules, own, node)


def _methods_below(lineage: Lineage, own: OwnClass) -> set[str]:
    nearer = lineage.own[: lineage.own.index(own)]
    return {part.name for one in nearer for part in one.node.body if isinstance(part, ast.FunctionDef)}


def _steps_of_method(modules: Modules, own: OwnClass, node: FunctionNode) -> Iterator[Step]:
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if is_step(modules.resolve(own.module, target)):
            yield Step(step_name(decorator), node.name, node, decorator, own.node)


def step_name(decorator: ast.expr) -> str | None:
    """The name that `@step("name")` or `@step(name="name")` gives."""
    if not isinstance(decorator, ast.Call):
        return None
    values = decorator.args[:1] or [word.value for word in decorator.keywords if word.arg == "name"]
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None
