"""Calls of programs in what Compose, Kubernetes and Helm run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.wiring.calls.model import Call, Origin
from checks.wiring.model import Started, Unit
from checks.wiring.started import started
from checks.wiring.system import System


def calls_in_deployments(system: System) -> Iterator[Call]:
    """What every container starts, and what its health checks start."""
    known = _known_values(system)
    for deployment in system.deployments:
        for unit in deployment.units:
            variables = _variables(unit, known)
            for one in unit.starts:
                yield Call(one, unit.argv_place or unit.place, Origin.DEPLOYMENT, None, unit, variables)
            for probe in unit.probes:
                for one in _probe_calls(unit, probe.command, system):
                    yield Call(one, probe.place, Origin.DEPLOYMENT, None, unit, variables)


def _known_values(system: System) -> dict[str, str]:
    """A value for each variable that any deployment sets to something."""
    known: dict[str, str] = {}
    for deployment in system.deployments:
        for unit in deployment.units:
            for name, one in unit.variables.items():
                if one.value and not name.startswith("PYTHON"):
                    known.setdefault(name, one.value)
    return known


def _variables(unit: Unit, known: Mapping[str, str]) -> dict[str, str]:
    """The environment to try a program in: what a Secret has is taken from elsewhere, so that it gets to its arguments.

    Whether a variable is set, and filled, is for other rules.
    """
    values = {
        name: one.value or known.get(name, "1" if one.value is None else "") for name, one in unit.variables.items()
    }
    return {**known, **values} if unit.open else values


def _probe_calls(unit: Unit, command: tuple[str, ...], system: System) -> tuple[Started, ...]:
    return started(command, system.code.console_scripts) if command and unit.built is not None else ()
