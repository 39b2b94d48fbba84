"""What the workflows of a project take, read from their parameter models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.model import Place
from checks.raw.modules import Modules, OwnClass
from checks.raw.workflows import ParsedWorkflow, find_folders, is_runtime, parse_workflow

_MODELS = frozenset(("pydantic.BaseModel", "pydantic.main.BaseModel"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of a parameter model; `flag` is the option that RAW makes of it."""

    name: str
    required: bool
    is_switch: bool
    place: Place

    @property
    def flag(self) -> str:
        """The option."""
        return f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Offered:
    """A workflow and what it takes; `parameters` is None where its text does not show all of them."""

    id: str
    place: Place
    has_run: bool
    has_dry_run: bool
    parameters: tuple[Parameter, ...] | None
    mocks: tuple[Path, ...] = ()


def read_offered(root: Path) -> dict[str, Offered]:
    """Every workflow of the project by its id."""
    modules = Modules(root)
    try:
        folders = find_folders(root)
    except OSError:
        return {}
    return {folder.name: _offered(root, modules, parse_workflow(modules, folder)) for folder in folders}


def _offered(root: Path, modules: Modules, parsed: ParsedWorkflow) -> Offered:
    workflow = parsed.workflow
    model = _model(modules, parsed)
    place = Place(workflow.run_py.relative_to(root).as_posix(), 1)
    mocks = workflow.folder / "mocks"
    try:
        examples = tuple(sorted(path for path in mocks.iterdir() if path.is_file()))
    except OSError:
        examples = ()
    fields = _fields(root, modules, model) if model is not None else None
    return Offered(workflow.id, place, workflow.run_py.is_file(), workflow.dry_run_py.is_file(), fields, examples)


def _model(modules: Modules, parsed: ParsedWorkflow) -> OwnClass | None:
    """The class between the brackets of `BaseWorkflow[...]`."""
    found = parsed.main_class
    for own in found.lineage.own if found is not None and found.certain else ():
        for base in own.node.bases:
            if isinstance(base, ast.Subscript) and is_runtime(modules.resolve(own.module, base), "BaseWorkflow"):
                model = modules.resolve(own.module, base.slice)
                return model if isinstance(model, OwnClass) else None
    return None


def _fields(root: Path, modules: Modules, model: OwnClass) -> tuple[Parameter, ...] | None:
    lineage = modules.lineage(model)
    if not set(lineage.outside) <= _MODELS:
        return None
    found: dict[str, Parameter] = {}
    for own in reversed(lineage.own):
        for statement in own.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                name = statement.target.id
                if (
                    name != "model_config"
                    and not name.startswith("_")
                    and "ClassVar" not in ast.dump(statement.annotation)
                ):
                    path = own.module.source.path
                    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
                    found[name] = _parameter(name, statement, Place(file, statement.lineno))
    return tuple(found.values())


def _parameter(name: str, statement: ast.AnnAssign, place: Place) -> Parameter:
    is_switch = isinstance(statement.annotation, ast.Name) and statement.annotation.id == "bool"
    return Parameter(name, not _has_default(statement.value), is_switch, place)


def _has_default(value: ast.expr | None) -> bool:
    if value is None or _is_ellipsis(value):
        return False
    if not (isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "Field"):
        return True
    given = [*value.args[:1], *(word.value for word in value.keywords if word.arg in ("default", "default_factory"))]
    return any(not _is_ellipsis(each) for each in given)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def unknown_options(arguments: tuple[str, ...], options: tuple[str, ...]) -> Iterator[str]:
    """The options among the arguments that a parser with these options does not know."""
    for word in arguments:
        name = word.partition("=")[0]
        if name == "--":
            return
        if name.startswith("--") and "$" not in name and not any(option.startswith(name) for option in options):
            yield name
