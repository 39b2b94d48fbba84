"""The check `wiring`: whether everything that a part of the system asks for is offered by another."""

from __future__ import annotations

from checks.model import CheckContext, CheckResult, Evidence
from checks.wiring.calls.findings import find as calls
from checks.wiring.code.findings import find as code
from checks.wiring.database.findings import find as database
from checks.wiring.deployments.findings import find as deployments
from checks.wiring.reading import read_system
from checks.wiring.system import Family, Findings, System

FAMILIES: tuple[Family, ...] = (deployments, code, calls, database)


def check(context: CheckContext) -> CheckResult:
    """Reads the project once, lets every family of rules judge it, and joins what they say."""
    system = read_system(context)
    found = [family(system) for family in FAMILIES]
    diagnostics = tuple(dict.fromkeys(each for one in found for each in one.diagnostics))
    return CheckResult("wiring", _evidence(system, found), diagnostics, _blocked(system, found))


def _evidence(system: System, found: list[Findings]) -> Evidence:
    units = sum(len(deployment.units) for deployment in system.deployments)
    evidence: dict[str, int | str] = {"wires": 0, "deployments": len(system.deployments), "units": units}
    for one in found:
        for kind, amount in one.looked_at.items():
            evidence[kind] = int(evidence.get(kind, 0)) + amount
        evidence.update(one.notes)
    evidence["wires"] = sum(amount for one in found for amount in one.looked_at.values())
    return evidence


def _blocked(system: System, found: list[Findings]) -> str | None:
    """Why a part could not be judged; findings elsewhere still stand."""
    reasons = [*system.unread, *(one.blocked for one in found if one.blocked)]
    return "; ".join(dict.fromkeys(reasons)) or None
