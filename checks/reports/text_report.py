"""The report for a terminal or an assistant: the verdict first and last, details only where they are needed."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from checks.judge import shown_evidence
from checks.model import EXIT_CODES, GateResult, RunResult, Severity, Status, Verdict
from checks.reports.causes import Cause, group

_SHOWN_CAUSES = 20
_SHOWN_WARNINGS = 3
_SHOWN_PLACES = 3
_SHOWN_REASON = 400

_COLOURS = {
    Status.PASSED: "32",
    Status.SKIPPED: "2",
    Status.ERROR: "33",
    Status.FAILED: "31",
    Status.TIMED_OUT: "31",
}
_LABELS = {status: status.value.replace("_", " ") for status in Status}
_COUNTED = {
    Status.FAILED: "failed",
    Status.TIMED_OUT: "timed out",
    Status.ERROR: "could not judge",
    Status.PASSED: "passed",
    Status.SKIPPED: "not run",
}
_WORD_WIDTH = max(len(label) for label in _LABELS.values())

Paint = Callable[[str, str], str]


def render(result: RunResult, *, again: str, colour: bool, not_asked: int = 0, note: str | None = None) -> str:
    """The whole report. `again` is the command that re-runs the project, without options; `note` is for the person.

    `not_asked` is how many gates of the project were left out, because only some were asked for.
    """
    paint: Paint = (lambda text, code: f"\x1b[{code}m{text}\x1b[0m") if colour else (lambda text, _: text)
    verdict = _verdict_line(result, not_asked, paint)
    lines = [verdict, _header(result)]
    width = max((len(gate.name) for gate in result.gates), default=0)
    for gate in result.gates:
        lines.append(_gate_line(gate, width, paint))
        if gate.status is Status.PASSED:
            lines += _warnings(gate)
    for gates in _by_reason(result.gates):
        lines += ["", *_details(gates, again, paint)]
    if note is not None:
        lines.append(f"note: {note}")
    if any(gate.status is not Status.PASSED for gate in result.gates):
        lines.append("")
    return "\n".join([*lines, verdict]) + "\n"


def _verdict_line(result: RunResult, not_asked: int, paint: Paint) -> str:
    counts = Counter(gate.status for gate in result.gates)
    said = ", ".join(f"{counts[status]} {_COUNTED[status]}" for status in _COUNTED if counts[status])
    gates = f"{not_asked} other {'gate' if not_asked == 1 else 'gates'} of the project"
    asked = f"; {gates} not asked for" if not_asked else ""
    code = {Verdict.PASS: "32", Verdict.FAIL: "31"}.get(result.verdict, "33")
    word = paint(result.verdict.value, code)
    return f"skillgate: {word}: {said}{asked} ({result.duration_s:.1f} s, exit {EXIT_CODES[result.verdict]})"


def _header(result: RunResult) -> str:
    config = result.config or "none, the gates were found by looking"
    return f"project {result.project} | config {config} | python {result.python} ({result.python_source})"


def _gate_line(gate: GateResult, width: int, paint: Paint) -> str:
    label = paint(_LABELS[gate.status].ljust(_WORD_WIDTH), _COLOURS[gate.status])
    said = shown_evidence(gate.evidence) if gate.status is Status.PASSED else _short(gate.reason)
    return f"  {label}  {gate.name.ljust(width)}  {gate.duration_s:6.1f} s  {said}"


def _short(reason: str) -> str:
    first = reason.splitlines()[0] if reason else ""
    return first if len(first) <= 120 else first[:117] + "..."


def _warnings(gate: GateResult) -> Iterator[str]:
    causes = group(gate.diagnostics)
    for cause in causes[:_SHOWN_WARNINGS]:
        yield f"      {_cause_line(cause)}"
    if len(causes) > _SHOWN_WARNINGS:
        yield f"      and {len(causes) - _SHOWN_WARNINGS} more kinds of warning, in the JSON report"


def _by_reason(gates: Sequence[GateResult]) -> Iterator[list[GateResult]]:
    """Gates that are red for the very same reason are told together."""
    groups: dict[tuple[Status, str] | str, list[GateResult]] = {}
    for gate in gates:
        if gate.status is not Status.PASSED:
            shared = not gate.diagnostics and gate.log is None
            groups.setdefault((gate.status, gate.reason) if shared else gate.name, []).append(gate)
    yield from groups.values()


def _details(gates: list[GateResult], again: str, paint: Paint) -> Iterator[str]:
    gate = gates[0]
    names = ", ".join(each.name for each in gates)
    label = paint(_LABELS[gate.status], _COLOURS[gate.status])
    reason = gate.reason if len(gate.reason) <= _SHOWN_REASON else gate.reason[:_SHOWN_REASON] + " ..."
    yield f"{names}: {label}: {reason}"
    if len(gates) == 1:
        yield f"  command: {gate.command}"
    causes = group(gate.diagnostics)
    for cause in causes[:_SHOWN_CAUSES]:
        yield f"  {_cause_line(cause)}"
        if cause.first.hint:
            yield "\n".join(f"    {line}" for line in f"hint: {cause.first.hint}".splitlines())
    if len(causes) > _SHOWN_CAUSES:
        yield f"  and {len(causes) - _SHOWN_CAUSES} more causes, in the JSON report"
    yield from (f"  | {line}" for line in gate.tail)
    if gate.log:
        yield f"  log: {gate.log}"
    if gate.status is not Status.SKIPPED:
        yield f"  again: {again} {' '.join(f'--gate {shlex.quote(each.name)}' for each in gates)}"


def _cause_line(cause: Cause) -> str:
    first = cause.first
    where = f"{cause.places[0]}: " if cause.places[0] else ""
    severity = "error" if first.severity is Severity.ERROR else "warning"
    line = f"{where}{severity}: {first.message} [{first.rule}]"
    others = [place for place in dict.fromkeys(cause.places[1:]) if place]
    if len(cause.places) == 1:
        return line
    shown = ", ".join(others[:_SHOWN_PLACES])
    more = ", ..." if len(others) > _SHOWN_PLACES else ""
    return f"{line} ({len(cause.places)} times{'; also ' + shown + more if shown else ''})"
