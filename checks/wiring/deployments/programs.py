"""Programs that manifests start: the module is there, and has what the server is told to run."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator

from checks.model import Diagnostic, Place
from checks.wiring.code.index import Index
from checks.wiring.deployments.containers import Containers
from checks.wiring.deployments.reach import names_in
from checks.wiring.deployments.rules import MISSING_PROGRAM, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import Kind, Started, Unit


def judge(scene: Scene, declared: str, containers: Containers) -> Iterator[Diagnostic]:
    """Findings about what the manifests of a cluster start; Compose and Dockerfiles have checks of their own.

    Those cannot look into packages that are installed; what the project installs of itself is known here.
    """
    for unit in scene.deployment.units:
        place = unit.argv_place
        in_image = place is not None and unit.built is not None and place.file == unit.built.dockerfile
        if place is not None and not in_image and scene.deployment.kind != "compose":
            yield from _judged(scene, unit, place, declared, containers)
        elif place is not None and unit.built is not None and not unit.built.whole:
            yield from _attributes(scene, unit, place)


def _judged(scene: Scene, unit: Unit, place: Place, declared: str, containers: Containers) -> Iterator[Diagnostic]:
    """Where the image is known, all that stops its programs; else what the project certainly does not have."""
    found = list(containers.faults(unit)) if unit.built is not None else []
    for problem in found:
        yield finding(MISSING_PROGRAM, place, problem.message, problem.hint, problem.severity)
    if found:
        return
    yield from _attributes(scene, unit, place)
    for started in unit.starts:
        if started.kind is Kind.PROGRAM and unit.built is not None:
            yield from _script(scene, started, place)
        elif started.kind in (Kind.MODULE, Kind.APP) and "/" not in started.name:
            yield from _module(scene, started, place)
            yield from _elsewhere(scene, unit, started, place, declared) if unit.built is not None else ()


def _attributes(scene: Scene, unit: Unit, place: Place) -> Iterator[Diagnostic]:
    """An application that its module does not define."""
    for started in unit.starts:
        program = scene.code.index.programs.find(started, unit) if scene.code.index else None
        if started.kind is not Kind.APP or program is None or program.attribute is None:
            continue
        names = _names(scene.code.index, program.file)
        if names and program.attribute not in names:
            near = difflib.get_close_matches(program.attribute, names, 1, 0.6)
            factory = "create_app" in names and "--factory" not in started.arguments
            module = started.name.partition(":")[0]
            hint = (
                f"write `--factory {module}:create_app`" if factory else f"write `{module}:{near[0]}`" if near else None
            )
            message = f"`{program.file}` defines no `{program.attribute}`, which `{started.name}` names"
            yield finding(MISSING_PROGRAM, place, message, hint)


def _names(index: Index | None, file: str) -> frozenset[str]:
    """The names that a module has; none where more may come to it than is written."""
    module = index.sources.load(file) if index is not None else None
    if module is None or module.stars or {"__getattr__", "globals", "setattr"} & names_in(module.tree):
        return frozenset()
    return frozenset(module.scope.bindings)


def _elsewhere(scene: Scene, unit: Unit, started: Started, place: Place, declared: str) -> Iterator[Diagnostic]:
    """A module that lies below a folder from which nothing is imported, or is called nearly so."""
    name = started.name.partition(":")[0]
    own = {one: file for one, file in scene.code.modules.items() if "test" not in one}
    program = scene.code.index.programs.find(started, unit) if scene.code.index else None
    if (program is not None and program.exact) or any(one == name or one.startswith(f"{name}.") for one in own):
        return
    top = name.partition(".")[0]
    if "PYTHONPATH" in unit.variables or re.search(rf"\b{top}\b", declared) or top in sys.stdlib_module_names:
        return
    meant = next((one for one, file in own.items() if program is not None and file == program.file), None)
    near = difflib.get_close_matches(name, own, 1, 0.9)
    if meant is not None or near:
        hint = f"did you mean `{meant or near[0]}` ({own[meant or near[0]]})?"
        yield finding(MISSING_PROGRAM, place, f"there is no module `{name}`", hint)


def _module(scene: Scene, started: Started, place: Place) -> Iterator[Diagnostic]:
    """A module of a package that is the project's own, where the package has no such module."""
    name = started.name.partition(":")[0]
    own = scene.code.modules
    top = name.partition(".")[0]
    if any(module == name or module.startswith(f"{name}.") for module in own):
        return
    if any(module == top or module.startswith(f"{top}.") for module in own):
        near = difflib.get_close_matches(name, [module for module in own if "test" not in module], 1, 0.6)
        hint = f"did you mean `{near[0]}`?" if near else None
        yield finding(MISSING_PROGRAM, place, f"there is no module `{name}`", hint)


def _script(scene: Scene, started: Started, place: Place) -> Iterator[Diagnostic]:
    """A name that is nearly that of a script which the project installs."""
    scripts = scene.code.console_scripts
    near = difflib.get_close_matches(started.name, scripts, 1, 0.85)
    if started.name not in scripts and near:
        message = f"no program is called `{started.name}`"
        yield finding(MISSING_PROGRAM, place, message, f"the project installs `{near[0]}`")
