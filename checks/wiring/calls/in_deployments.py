"""Calls of programs in what Compose, Kubernetes and Helm run."""

from __future__ import annotations

from collections.abc import Iterator

from checks.wiring.calls.model import Call, Origin
from checks.wiring.model import Started, Unit
from checks.wiring.started import started
from checks.wiring.system import System


def calls_in_deployments(system: System) -> Iterator[Call]:
    """What every container starts, and what its health checks start."""
    for deployment in system.deployments:
        for unit in deployment.units:
            variables = {name: one.value if one.value is not None else "1" for name, one in unit.variables.items()}
            for one in unit.starts:
                yield Call(one, unit.argv_place or unit.place, Origin.DEPLOYMENT, None, unit, variables)
            for probe in unit.probes:
                for one in _probe_calls(unit, probe.command, system):
                    yield Call(one, probe.place, Origin.DEPLOYMENT, None, unit, variables)


def _probe_calls(unit: Unit, command: tuple[str, ...], system: System) -> tuple[Started, ...]:
    return started(command, system.code.console_scripts) if command and unit.built is not None else ()
