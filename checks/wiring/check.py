"""The check `wiring`: whether everything that a part of the system asks for is offered by another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.model import CheckContext, CheckResult, Diagnostic, Evidence, Severity
from checks.wiring.calls.findings import find as calls
from checks.wiring.code.findings import find as code
from checks.wiring.database.findings import find as database
from checks.wiring.deployments.findings import find as deployments
from checks.wiring.reading import read_system
from checks.wiring.system import Family, Findings, System

WITHOUT_SERVER: tuple[Family, ...] = (deployments, code, calls)
EVERY: tuple[Family, ...] = (*WITHOUT_SERVER, database)


def check(context: CheckContext) -> CheckResult:
    """Reads the project once, lets every family of rules judge it, and joins what they say."""
    system = read_system(context)
    found = judge(system, EVERY)
    diagnostics = [*_unread(system), *(each for one in found for each in one.diagnostics)]
    told = tuple(dict.fromkeys(_once(diagnostics)))
    return CheckResult("wiring", _evidence(system, found), told, _blocked(system, found))


def _once(diagnostics: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """An import that a trial came to fail at is told with the call that failed, and not a second time."""
    tried = {(each.file, each.line) for each in diagnostics if each.rule == "wiring.broken-program"}
    for each in diagnostics:
        if each.rule != "wiring.broken-import" or (each.file, each.line) not in tried:
            yield each


def judge(system: System, families: Sequence[Family]) -> list[Findings]:
    """What each family of rules finds, in their order."""
    return [family(system) for family in families]


def _evidence(system: System, found: Sequence[Findings]) -> Evidence:
    units = sum(len(deployment.units) for deployment in system.deployments)
    wires = sum(amount for one in found for amount in one.looked_at.values())
    evidence: dict[str, int | str] = {"wires": wires, "deployments": len(system.deployments), "units": units}
    for one in found:
        for kind, amount in one.looked_at.items():
            evidence[kind] = int(evidence.get(kind, 0)) + amount
        evidence.update(one.notes)
    return evidence


def _unread(system: System) -> Iterator[Diagnostic]:
    """A deployment that could not be read is told; its own gate is red for it, and the others are still judged."""
    if system.deployments:
        for reason in system.unread:
            message = f"a deployment could not be read, so its wires were not judged: {reason}"
            yield Diagnostic("wiring.unread-deployment", Severity.WARNING, message)


def _blocked(system: System, found: Sequence[Findings]) -> str | None:
    """Why nothing, or one family, could judge."""
    reasons = [*(system.unread if not system.deployments else ()), *(one.blocked for one in found if one.blocked)]
    return "; ".join(dict.fromkeys(reasons)) or None
