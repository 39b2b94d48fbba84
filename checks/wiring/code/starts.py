"""What is started: the application that a server is told to run, the function behind a console script."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Diagnostic, Place, Severity
from checks.raw.workflows import is_main_guard
from checks.temporal.scopes import Call, Definition, Module
from checks.temporal.sources import folder_of
from checks.wiring.code.index import Index
from checks.wiring.code.judging import Scene, finding
from checks.wiring.code.packaging import Script
from checks.wiring.code.programs import Program
from checks.wiring.code.rules import DOES_NOTHING, MISSING_APP
from checks.wiring.model import Kind, Started, Unit

_ENTRIES = {"main", "run", "start", "serve", "worker", "run_worker", "start_worker", "cli"}
_SERVERS = ("uvicorn.run", "uvicorn.Config")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a program cannot be started; `kind`: `module`, `attribute`, `factory`, or `nothing` where it ends at once."""

    kind: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about console scripts, servers that the code starts, and what deployments start."""
    for script in scene.index.scripts:
        yield from _script(scene.index, script)
    for module in scene.index.sources.own_modules():
        for call in module.calls:
            yield from _served(scene.index, call)
    for run in scene.runs:
        unit = run.unit
        for fault in faults(scene.index, run.started, unit):
            told = fault.kind == "attribute" and (run.deployment.kind == "compose" or _is_of_image(unit))
            if not told:  # the checks of Dockerfiles and Compose files say so
                rule = DOES_NOTHING if fault.kind == "nothing" else MISSING_APP
                yield finding(rule, unit.argv_place or unit.place, fault.message, fault.hint, fault.severity)


def _is_of_image(unit: Unit) -> bool:
    place = unit.argv_place
    return place is not None and unit.built is not None and place.file == unit.built.dockerfile


def faults(index: Index, started: Started, unit: Unit | None = None) -> Iterator[Fault]:
    """What stops a program of the project's before it begins; nothing where it is not the project's, or not certain."""
    program = index.programs.find(started, unit)
    if program is None:
        if unit is None and started.kind in (Kind.APP, Kind.MODULE):
            yield from _no_module(index, started.name.partition(":")[0])
        return
    module = index.sources.load(program.file)
    if module is None:
        return
    if started.kind is Kind.APP:
        yield from _application(
            index, program, module, "--factory" in (*started.arguments, *started.argv), started.name
        )
    elif started.kind in (Kind.MODULE, Kind.FILE):
        yield from _nothing(index, module, started.name)


def _no_module(index: Index, name: str) -> Iterator[Fault]:
    """A module of one of the project's packages, where the package has none of that name."""
    known = index.sources.dotted_names()
    top = name.partition(".")[0]
    if "/" in name or name in known or not any(each == top or each.startswith(f"{top}.") for each in known):
        return
    near = difflib.get_close_matches(name, known, 1, 0.6)
    yield Fault("module", f"there is no module `{name}`", f"the nearest is `{near[0]}`" if near else None)


def _application(index: Index, program: Program, module: Module, factory: bool, name: str) -> Iterator[Fault]:
    attribute = program.attribute
    if attribute is None or not _is_plain(attribute):
        return
    if not defines(index, module, attribute):
        near = difflib.get_close_matches(attribute, module.scope.bindings, 1, 0.6)
        app = next((each for each in _apps_of(index, module)), None)
        known = near[0] if near else app
        hint = f"write `{name.partition(':')[0]}:{known}`" if known else None
        yield Fault("attribute", f"`{module.file}` has no `{attribute}`, which `{name}` names", hint)
        return
    definition = index.attribute(program)
    if definition is not None and not isinstance(definition.node, ast.ClassDef):
        yield from _factory(index, definition, factory, name)
    elif factory and definition is None and _is_made(module, attribute):
        message = f"`--factory` calls `{name}`, which is an application already: the server ends with a TypeError"
        yield Fault("factory", message, "leave out `--factory`")


def _factory(index: Index, definition: Definition, factory: bool, name: str) -> Iterator[Fault]:
    if isinstance(definition.node, ast.ClassDef) or index.routes.returned(definition) is None:
        return
    wanted = _required(definition)
    where = f"{definition.own.module.file}:{definition.node.lineno}"
    if wanted:
        words = ", ".join(f"`{each}`" for each in wanted)
        yield Fault("factory", f"`{name}` is a function that needs {words} ({where}), and a server gives it nothing")
    elif not factory:
        message = f"`{name}` is a function that makes the application ({where}), and nothing says so"
        yield Fault("factory", message, "write `--factory` before it", Severity.WARNING)


def _required(definition: Definition) -> list[str]:
    assert not isinstance(definition.node, ast.ClassDef)  # noqa: S101 -- for the type checker: the caller looked
    words = definition.node.args
    names = [each.arg for each in (*words.posonlyargs, *words.args)]
    late = [each.arg for each, default in zip(words.kwonlyargs, words.kw_defaults, strict=True) if default is None]
    return names[: len(names) - len(words.defaults)] + late


def _is_plain(attribute: str) -> bool:
    return attribute.isidentifier()


def defines(index: Index, module: Module, name: str) -> bool:
    """Whether a module may well have an attribute of that name."""
    if name in module.scope.bindings or module.stars or "__getattr__" in module.scope.bindings:
        return True
    dynamic = any(
        isinstance(call.node.func, ast.Name) and call.node.func.id in ("globals", "setattr", "exec")
        for call in module.calls
    )
    package = module.file.endswith("__init__.py")
    return dynamic or (package and index.sources.find(f".{name}", folder_of(module.file)) is not None)


def _apps_of(index: Index, module: Module) -> Iterator[str]:
    for app in index.apps:
        if app.place.file == module.file:
            yield from (each.partition(":")[2] for each in app.names)


def _is_made(module: Module, attribute: str) -> bool:
    """Whether a name is the result of a call, once and for all."""
    bindings = module.scope.bindings.get(attribute, [])
    return len(bindings) == 1 and isinstance(bindings[0].node, ast.Call)


# Console scripts


def _script(index: Index, script: Script) -> Iterator[Diagnostic]:
    module_name, colon, function = script.target.partition(":")
    program = index.programs.script(script)
    if program is None:
        for fault in _no_module(index, module_name):
            message = f"console script `{script.name}`: {fault.message}"
            yield finding(MISSING_APP, script.place, message, fault.hint)
        return
    module = index.sources.load(program.file)
    if not colon:
        message = f"console script `{script.name}` is `{script.target}`, which names no function"
        yield finding(MISSING_APP, script.place, message, f"write `{script.target}:main`")
    elif module is not None and _is_plain(function) and not defines(index, module, function):
        near = difflib.get_close_matches(function, module.scope.bindings, 1, 0.6)
        message = f"console script `{script.name}`: `{module.file}` has no `{function}`"
        hint = f"write `{module_name}:{near[0]}`" if near else f"define `{function}` there"
        yield finding(MISSING_APP, script.place, message, hint)


# Servers that the code starts


def _served(index: Index, call: Call) -> Iterator[Diagnostic]:
    given = call.node.args[0] if call.node.args else None
    text = given.value if isinstance(given, ast.Constant) else None
    if not isinstance(text, str) or ":" not in text or index.names.of(call.node.func, call.scope) not in _SERVERS:
        return
    factory = any(
        each.arg == "factory" and isinstance(each.value, ast.Constant) and each.value.value is True
        for each in call.node.keywords
    )
    if any(each.arg in (None, "app_dir") for each in call.node.keywords):
        return
    name, _, attribute = text.partition(":")
    file = index.sources.find(name, folder_of(call.scope.module.file)) or next(iter(index.sources.anywhere(name)), None)
    module = index.sources.load(file) if file else None
    found = _no_module(index, name) if file is None else iter(())
    if file is not None and module is not None:
        found = _application(index, Program(file, attribute), module, factory, text)
    for fault in found:
        place = Place(call.scope.module.file, call.node.lineno)
        yield finding(MISSING_APP, place, fault.message.replace("`--factory`", "`factory=True`"), None, fault.severity)


# Modules that only define


def _nothing(index: Index, module: Module, name: str) -> Iterator[Fault]:
    if any(is_main_guard(each) for each in module.tree.body):
        return
    if all(_is_quiet(index, module, each) for each in module.tree.body):
        entries = [
            each.node.name for each in module.definitions if each.node.name in _ENTRIES and each.outer is module.scope
        ]
        if entries:
            message = f"`{name}` defines `{entries[0]}` and never calls it: what is started ends at once, with success"
            hint = f'end {module.file} with `if __name__ == "__main__":` and a call of `{entries[0]}`'
            yield Fault("nothing", message, hint)
        else:
            message = f"`{name}` ({module.file}) only defines things: what is started ends at once, with success"
            yield Fault("nothing", message, None, Severity.WARNING)


def _is_quiet(index: Index, module: Module, node: ast.stmt) -> bool:
    """Whether a statement at the top of a module does nothing that lasts."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
        return not any(":" in (index.names.of(each.func, module.scope) or ":") for each in calls)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return (index.names.of(node.value.func, module.scope) or "").startswith(("logging.", "dotenv.", "warnings."))
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
