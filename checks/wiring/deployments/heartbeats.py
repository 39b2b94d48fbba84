"""Files by which a program says that it lives, and the health checks that look at them."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator

from checks.model import Diagnostic, Place
from checks.wiring.deployments.commands import starts
from checks.wiring.deployments.rules import PROBE_FILE, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.touched import Touched, Touching, touching
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Probe, Role, Unit

_SIGN = re.compile(r"heart|beat|alive|live|health|ready", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w:/.])(/(?:tmp|run|var|dev/shm|app|srv|data|home|opt)/[\w./-]*[\w-])")
_NEAR = 0.6


def judge(scene: Scene, uses: Uses) -> Iterator[Diagnostic]:
    """Findings about the checks of every unit that runs the project's code."""
    follow = touching(uses)
    for unit in scene.deployment.units:
        if follow is None or unit.built is None or not unit.probes or unit.role is Role.INIT:
            continue
        written = [one for one in follow.touched(unit, tuple(uses.parts_of(unit))) if one.writes]
        for probe in unit.probes:
            yield from _probed(scene, unit, probe, written, follow, uses)


def _probed(
    scene: Scene, unit: Unit, probe: Probe, written: list[Touched], follow: Touching, uses: Uses
) -> Iterator[Diagnostic]:
    """A check that looks at one file, while the program writes another that is meant for it."""
    looked = list(_looked(scene, unit, probe, follow, uses))
    paths = {path for path, _ in looked}
    signs = [one for one in written if _SIGN.search(posixpath.basename(one.path))]
    if len(paths) != 1 or not signs or paths & {one.path for one in written}:
        return
    path, said = looked[0]
    near = difflib.get_close_matches(path, [one.path for one in signs], 1, _NEAR)
    if near and not _is_mentioned(scene, posixpath.basename(path), said):
        other = next(one for one in signs if one.path == near[0])
        message = (
            f"a health check looks at `{path}` ({said}), and the program writes `{other.path}` "
            f"({other.said}): the check fails for ever"
        )
        where = said if said.file.endswith(".py") else probe.place
        yield finding(PROBE_FILE, where, message, "let both take the path from one place")


def _looked(scene: Scene, unit: Unit, probe: Probe, follow: Touching, uses: Uses) -> Iterator[tuple[str, Place]]:
    """The files that a check looks at, by its words or by the program of the project that it starts."""
    for word in probe.command:
        for path in _PATH.findall(word):
            if _SIGN.search(posixpath.basename(path)):
                yield path, probe.place
    for started in starts(probe.command, unit.workdir, unit.built, scene.code):
        reach = uses.reach(started, unit)
        options = {word.partition("=")[0] for word in started.arguments if word.startswith("--")}
        if reach is None or {"--path", "--file", "--heartbeat-file"} & options:
            continue
        for one in follow.touched(unit, reach.parts):
            if not one.writes and _SIGN.search(posixpath.basename(one.path)):
                yield one.path, one.said


def _is_mentioned(scene: Scene, name: str, said: Place) -> bool:
    """Whether anything else in the code names the file that is looked at: then somebody may write it."""
    index = scene.code.index
    for module in index.sources.own_modules() if index is not None else ():
        try:
            lines = (scene.system.root / module.file).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
        for number, line in enumerate(lines, 1):
            if word.search(line) and (module.file, number) != (said.file, said.line):
                return True
    return False
