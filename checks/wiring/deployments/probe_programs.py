"""Programs that health checks call: the image has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from checks.commands import programs
from checks.deploy.dockerfile.model import Built
from checks.deploy.dockerfile.reading import read_text
from checks.model import Diagnostic
from checks.wiring.deployments.images import repository
from checks.wiring.deployments.rules import PROBE_PROGRAM, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.model import Probe, Role, Unit

# What these images certainly lack, where nothing installs it.
_SLIM = frozenset({"curl", "wget", "nc", "netcat", "pg_isready", "grpc_health_probe", "http", "ps", "pgrep"})
_ALPINE = _SLIM - {"wget", "nc", "ps", "pgrep"}
_SHELLS = frozenset({"sh", "bash", "ash"})


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about health checks that cannot even be asked."""
    for unit in scene.deployment.units:
        if unit.built is not None and unit.role is not Role.INIT and unit.workdir is not None:
            lacking = _lacking(unit.built.base)
            text = _text(unit.built, scene.system.root)
            for probe in unit.probes:
                yield from _judged(unit, probe, lacking, text)


def _judged(unit: Unit, probe: Probe, lacking: frozenset[str], text: str) -> Iterator[Diagnostic]:
    for program in called(probe.command):
        if program in lacking and not re.search(rf"\b{re.escape(program)}\b", _without_checks(text)):
            base = unit.built.base if unit.built else ""
            message = f"the {probe.purpose} calls `{program}`, which the image has not: `{base}` is without it"
            hint = f"install `{program}` in the Dockerfile, or ask with Python's `urllib.request`"
            yield finding(PROBE_PROGRAM, probe.place, message, hint)


def called(command: tuple[str, ...]) -> tuple[str, ...]:
    """The programs that a probe's command calls."""
    if len(command) == 3 and command[0].rpartition("/")[2] in _SHELLS and "c" in command[1]:
        return programs(command[2])
    return (command[0].rpartition("/")[2],) if command else ()


def _lacking(base: str) -> frozenset[str]:
    """What a base image lacks; nothing where it is not known well."""
    name, tag = repository(base), base.partition("@")[0].rpartition(":")[2]
    if name not in ("python", "node", "debian", "ubuntu", "alpine"):
        return frozenset()
    if "alpine" in tag or name == "alpine":
        return _ALPINE
    return _SLIM if "slim" in tag or name in ("debian", "ubuntu") else frozenset()


def _text(built: Built, root: Path) -> str:
    return read_text(root / built.dockerfile) or ""


def _without_checks(text: str) -> str:
    """The Dockerfile without its HEALTHCHECK and comments: to ask with a program does not install it."""
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = (line for line in joined.splitlines() if not re.match(r"\s*(HEALTHCHECK|CMD|ENTRYPOINT|#)", line))
    return "\n".join(lines)
