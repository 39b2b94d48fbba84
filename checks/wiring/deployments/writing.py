"""Files that a program writes where its container does not let it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from checks.deploy.dockerfile.sources import within
from checks.model import Diagnostic, Place
from checks.wiring.deployments.containers import Containers
from checks.wiring.deployments.rules import UNWRITABLE, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.touched import touching
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Unit

_ROOTS = ("/run", "/var/run", "/var/log", "/var/lib", "/var/cache", "/etc", "/usr", "/opt", "/srv")
"""Folders that belong to root unless somebody gave them away."""
_SEALED = "its root file system is read-only, and no volume lies there"


def judge(scenes: Sequence[Scene], uses: Uses, containers: Containers) -> Iterator[Diagnostic]:
    """One finding for each file, with the units of every deployment that cannot write it."""
    follow = touching(uses)
    found: dict[tuple[str, Place], dict[str, str]] = {}
    for unit in (each for scene in scenes for each in scene.deployment.units):
        for one in follow.touched(unit, tuple(uses.parts_of(unit))) if follow and unit.built else ():
            why = _refused(unit, one.path, containers) if one.writes else None
            if why is not None:
                found.setdefault((one.path, one.said), {}).setdefault(unit.name, why)
    for (path, said), units in found.items():
        name, why = next(iter(units.items()))
        others = ", ".join(f"`{each}`" for each in units if each != name)
        more = f"; {others} cannot either" if others else ""
        message = f"`{path}` is written, and `{name}` cannot do so: {why}{more}"
        yield finding(UNWRITABLE, said, message, "write below /tmp with a volume there, or mount one on that folder")


def _refused(unit: Unit, path: str, containers: Containers) -> str | None:
    """Why a unit cannot write a file; None where it can, or nobody can know."""
    path = posixpath.normpath(path)
    if any(target and within(path, target) is not None for target in unit.mounts) or path.startswith(
        ("/dev/", "/proc")
    ):
        return None
    if unit.sealed:
        return _SEALED
    made = containers.made(unit.built) if unit.built is not None else None
    user = made.image.user[0] if made is not None and made.image.user is not None else None
    if made is None or user is None or user.partition(":")[0] in ("root", "0") or "$" in user:
        return None
    folder = posixpath.dirname(path)
    if not any(within(folder, root) is not None for root in _ROOTS):
        return None
    steps = "\n".join(each.value for one in made.recipe.lineage(made.stage) for each in one.instructions)
    given = any(part in steps for part in _above(folder))
    return None if given else f"`{folder}` belongs to root, and the image runs as `{user}`"


def _above(folder: str) -> Iterator[str]:
    """A folder and those around it, without the outermost."""
    while folder.count("/") > 1:
        yield folder
        folder = posixpath.dirname(folder)
