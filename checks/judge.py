"""From what a gate did to its status, and from all gates to the verdict: the one place where that is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from checks.model import Diagnostic, Evidence, Gate, Severity, Status, Verdict
from checks.process import Outcome
from checks.understood.collected import Collected

SHORT = 60
"""Letters of an evidence that a line for a gate has room for."""


class Judgement(NamedTuple):
    """A gate's status and the reason in words."""

    status: Status
    reason: str


def judge(gate: Gate, outcome: Outcome, found: Collected, floor: Mapping[str, int]) -> Judgement:
    """The first of these that is true decides; passing is what remains when nothing else was."""
    return (
        _could_not_run(gate, outcome)
        or _found_defects(found)
        or _could_not_judge(found)
        or _failed_quietly(outcome)
        or _below_floor(found.evidence, floor)
        or Judgement(Status.PASSED, shown_evidence(found.evidence))
    )


def _could_not_run(gate: Gate, outcome: Outcome) -> Judgement | None:
    if outcome.not_started is not None:
        return Judgement(Status.ERROR, outcome.not_started)
    if outcome.interrupted:
        return Judgement(Status.ERROR, "interrupted before it ended")
    if outcome.capped:
        return Judgement(Status.FAILED, "its output passed the log's cap and it was ended; head and tail are kept")
    if outcome.timed_out:
        return Judgement(Status.TIMED_OUT, f"timed out ({gate.timeout_s:g} s)")
    return None


def _found_defects(found: Collected) -> Judgement | None:
    if found.failure is not None and not (found.blocked and not _errors(found.diagnostics)):
        return Judgement(Status.FAILED, found.failure)
    errors = _errors(found.diagnostics)
    if errors:
        return Judgement(Status.FAILED, f"{errors} {'error' if errors == 1 else 'errors'}")
    return None


def _could_not_judge(found: Collected) -> Judgement | None:
    if found.blocked is not None:
        return Judgement(Status.ERROR, found.blocked)
    return None


def _failed_quietly(outcome: Outcome) -> Judgement | None:
    if outcome.signal is not None:
        return Judgement(Status.FAILED, f"ended by signal {outcome.signal}")
    if outcome.exit_code != 0:
        return Judgement(Status.FAILED, f"exited {outcome.exit_code}")
    return None


def _below_floor(evidence: Evidence, floor: Mapping[str, int]) -> Judgement | None:
    for kind, least in floor.items():
        amount = evidence.get(kind, 0)
        if not isinstance(amount, int) or amount < least:
            if amount == 0:
                return Judgement(Status.FAILED, f"nothing was checked: {kind} 0, at least {least} needed")
            return Judgement(Status.FAILED, f"too little was checked: {kind} {amount}, at least {least} needed")
    return None


def _errors(diagnostics: Iterable[Diagnostic]) -> int:
    return sum(found.severity is Severity.ERROR for found in diagnostics)


def shown_evidence(evidence: Evidence) -> str:
    """`tests 41, passed 41`: counts first, then who judged, where that is said in a few words."""
    counts = [f"{kind} {amount}" for kind, amount in evidence.items() if isinstance(amount, int)]
    words = [f"{kind} {text}" for kind, text in evidence.items() if isinstance(text, str) and len(text) <= SHORT]
    return ", ".join(counts + words)


def verdict(statuses: Iterable[Status], *, interrupted: bool = False) -> Verdict:
    """One word for a run. Without a single passed gate there is nothing to call a pass."""
    seen = set(statuses)
    if interrupted:
        return Verdict.INTERRUPTED
    if seen & {Status.FAILED, Status.TIMED_OUT}:
        return Verdict.FAIL
    if Status.ERROR in seen or Status.PASSED not in seen:
        return Verdict.UNVERIFIED
    return Verdict.PASS
