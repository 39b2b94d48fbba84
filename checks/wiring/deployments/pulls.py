"""Images that a cluster pulls against the images that the project builds."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from checks.model import Diagnostic, Severity
from checks.wiring.deployments.images import Images, Recipe, short
from checks.wiring.deployments.rules import UNBUILT_IMAGE, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import Unit

_NEAR = 0.85


def judge(scene: Scene, images: Images) -> Iterator[Diagnostic]:
    """Findings about images under names that nobody builds; an image that is all foreign is none of ours."""
    named = images.explicit()
    if scene.deployment.kind == "compose" or not named:
        return
    for unit in scene.deployment.units:
        if unit.image is not None and not images.mentions(unit.image):
            yield from _judged(unit, unit.image, named, images.builds_any)


def _judged(unit: Unit, image: str, named: tuple[Recipe, ...], any_name: bool) -> Iterator[Diagnostic]:
    wanted = short(image)
    known = {short(recipe.name): recipe for recipe in named}
    near = difflib.get_close_matches(wanted, known, 1, _NEAR)
    if near:
        built = known[near[0]]
        message = f"image `{wanted}` is built nowhere: `{near[0]}` is ({built.place})"
        yield finding(UNBUILT_IMAGE, unit.place, message, f"write `{near[0]}`")
    elif unit.built is not None and not any_name:
        built = next(iter(known.values()))
        message = (
            f"nothing in the project says that an image `{wanted}` is built: what it builds is called "
            f"`{short(built.name)}` ({built.place})"
        )
        yield finding(UNBUILT_IMAGE, unit.place, message, severity=Severity.WARNING)
