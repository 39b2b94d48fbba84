"""What the code asks for and nobody offers, judged."""

from __future__ import annotations

from checks.model import Diagnostic
from checks.wiring.code import examples, installed, own_imports, queues, route_clashes, starts, templates, variables
from checks.wiring.code.judging import Scene
from checks.wiring.system import Findings, System


def find(system: System) -> Findings:
    """Every finding of this family."""
    if system.code.index is None:
        return Findings()
    scene = Scene(system, system.code.index)
    found: list[Diagnostic] = [
        *variables.judge(scene),
        *examples.judge(scene),
        *starts.judge(scene),
        *route_clashes.judge(scene),
        *own_imports.judge(scene),
        *installed.judge(scene),
        *queues.judge(scene),
        *templates.judge(scene),
    ]
    reads = {found.name for run in scene.runs for found in run.walk.reads.values()}
    routes = sum(len(app.routes) for app in scene.index.apps)
    left = ", ".join(sorted(scene.index.left))
    notes = {"not_followed_to_the_end": left} if left else {}
    return Findings(tuple(dict.fromkeys(found)), {"variables": len(reads), "routes": routes}, notes)
