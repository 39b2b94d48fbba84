"""Files of the project that a unit needs: they lie in its image, and no volume hides them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.sources import within
from checks.model import Diagnostic, Place, Severity
from checks.wiring.deployments.containers import Containers
from checks.wiring.deployments.rules import HIDDEN, MISSING_FILE, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.uses import Uses
from checks.wiring.deployments.workflows import Wanted, Workflows
from checks.wiring.model import Cover, Unit, Variable

_FILLS = frozenset({"cp", "tar", "git", "rsync", "curl", "wget", "unzip", "pip", "mv", "ln", "aws", "gsutil", "rclone"})
_CODE = re.compile(r"\.(?:py|j2|jinja2?|html|sql|ini|toml|txt|md)\Z")


def judge(scene: Scene, uses: Uses, containers: Containers, workflows: Workflows) -> Iterator[Diagnostic]:
    """Findings about every unit whose image the project builds."""
    for unit in scene.deployment.units:
        if unit.built is None:
            continue
        hidden = list(_hidden(unit, containers, workflows))
        yield from hidden
        if not hidden:
            yield from _named(scene, unit, uses, containers)
    yield from _nowhere(scene, containers, workflows)


def _hidden(unit: Unit, containers: Containers, workflows: Workflows) -> Iterator[Diagnostic]:
    """What a volume takes away that the image has; a command that fills the volume first may put it there again."""
    if any(started.name in _FILLS for started in unit.starts):
        return
    for cover in unit.covers:
        problem = next(containers.hidden(unit, cover), None)
        if problem is not None:
            yield _covered(cover, problem.message.replace("is not in the image", "is not in the container"))
            continue
        container = containers.of(unit) if ".raw" in cover.path or cover.path == (unit.workdir or "/") else None
        contents = container.contents if container is not None else None
        every = workflows.of(unit) if contents is not None else ()
        wanted = [each for each in every if contents and _is_below(each.script, cover, contents, workflows)]
        if wanted:
            yield _covered(cover, f"`{wanted[0].script}`, which {wanted[0].place} starts, is not seen there")


def _is_below(script: str, cover: Cover, contents: Contents, workflows: Workflows) -> bool:
    bare = contents.place_of(workflows.system.root / script)
    return bare is not None and within(bare, cover.path) is not None


def _covered(cover: Cover, why: str) -> Diagnostic:
    begins = "begins empty and" if "Map" not in cover.what and "Secret" not in cover.what else "is mounted alone and"
    message = f"{cover.what} on `{cover.path}` {begins} hides what the image has there: {why}"
    severity = None if cover.sure else Severity.WARNING
    return finding(HIDDEN, cover.place, message, "mount it on a folder of its own, below or beside", severity)


def _named(scene: Scene, unit: Unit, uses: Uses, containers: Containers) -> Iterator[Diagnostic]:
    """Folders with code that a variable of the deployment names, and that the image lacks.

    What the image's own variables name is a finding of the Dockerfile's check.
    """
    for variable in unit.variables.values():
        if unit.built is not None and variable.place.file == unit.built.dockerfile:
            continue
        own = _own(scene, unit, variable.value or "")
        contents = containers.contents(unit) if own is not None else None
        if contents is None or own is None or not contents.lacks(variable.value or ""):
            continue
        if _is_used(unit, variable, uses):
            message = (
                f"`{variable.name}` is `{variable.value}`, which the image of {unit.built and unit.built.dockerfile} "
                f"has not: nothing copies `{own}` there"
            )
            yield finding(MISSING_FILE, variable.place, message, f"copy `{own}` into the image")


def _own(scene: Scene, unit: Unit, path: str) -> str | None:
    """The folder or file of the project's code that a path of the container stands for."""
    workdir = unit.workdir or "/"
    rest = within(posixpath.normpath(path), workdir) if path.startswith("/") and workdir != "/" else None
    if not rest:
        return None
    files = [file for file in scene.system.files if file == rest or file.startswith(f"{rest}/")]
    return rest if any(_CODE.search(file) for file in files) else None


def _is_used(unit: Unit, variable: Variable, uses: Uses) -> bool:
    return any(
        read.name == variable.name and uses.uses(started, unit, read)
        for started in unit.starts
        for read in uses.reads(started, unit)
    )


def _nowhere(scene: Scene, containers: Containers, workflows: Workflows) -> Iterator[Diagnostic]:
    """A workflow that units of a deployment start, and that none of them has: a name may be reached in vain, once."""
    asked: dict[str, list[tuple[Unit, Wanted, bool]]] = {}
    for unit in scene.deployment.units:
        every = tuple(workflows.of(unit)) if unit.built is not None else ()
        contents = containers.contents(unit) if every else None
        for wanted in every if contents is not None else ():
            lacking = contents is not None and _lacks(wanted.script, unit, contents, workflows)
            asked.setdefault(wanted.script, []).append((unit, wanted, lacking))
    for script, all_of_them in asked.items():
        if all(lacking for _, _, lacking in all_of_them):
            unit, wanted, _ = all_of_them[0]
            dockerfile = unit.built.dockerfile if unit.built else ""
            message = (
                f"`{script}`, which {wanted.place} starts, is not in the image of {dockerfile} that {unit.name} runs"
            )
            line = unit.built.lines.get("command") if unit.built else None
            yield finding(MISSING_FILE, Place(dockerfile, line or 1), message, "copy `.raw` into the image")


def _lacks(script: str, unit: Unit, contents: Contents, workflows: Workflows) -> bool:
    """Whether a script is nowhere in a container: not under any path, and nothing is there that is not known."""
    if contents.place_of(workflows.system.root / script) is not None:
        return False
    if any(within(cover.path, "/") and ".raw" in cover.path for cover in unit.covers):
        return False  # hidden, which is told by itself
    return not contents.unknown(f"{unit.workdir or '/'}/{script}")
