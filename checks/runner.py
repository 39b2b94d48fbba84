"""Which gates run, in what order, and what each came to."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from checks import gate_rules, judge, process, store
from checks.commands import hides_status
from checks.missing import missing_program
from checks.model import Diagnostic, Gate, GateResult, Rule, RunResult, Status
from checks.project import Python
from checks.understood.collected import Collected
from checks.understood.dispatch import Prepared, Surroundings, prepare
from checks.understood.records import FOLDER
from checks.understood.shims import write_shims


class Interrupted(Exception):
    """The person or the system asked the run to stop."""


class Listener(Protocol):
    """Who is told what happens while a run goes on."""

    def started(self, gate: Gate) -> None:
        """A gate begins."""

    def ended(self, result: GateResult) -> None:
        """A gate has its status."""

    def waiting(self, running: Sequence[str]) -> None:
        """Nothing happened for a moment."""


class RunRequest(NamedTuple):
    """What is to be run: absolute `root`, gates in the config's order, at most `jobs` at once.

    `most_s` caps every gate's limit. `environment` is what programs inherit.
    """

    root: Path
    gates: tuple[Gate, ...]
    config: str | None
    python: Python
    jobs: int
    environment: Mapping[str, str]
    fail_fast: bool = False
    most_s: float = math.inf
    log_cap: int = 64 * 1024 * 1024


class _Started(NamedTuple):
    """A gate that was started: with its limit as it is in this run, and the PATH that its programs had."""

    gate: Gate
    prepared: Prepared
    path: str


class _Run(NamedTuple):
    """One run: what is left, what was started, what has ended. The collections change, the rest does not."""

    request: RunRequest
    folder: store.RunFolder
    shims: Path
    listener: Listener
    waiting: list[Gate]
    started: dict[str, _Started]
    results: dict[str, GateResult]


_TICK_S = 0.2


def run_gates(request: RunRequest, listener: Listener) -> tuple[RunResult, store.RunFolder]:
    """Run every gate and return what they came to, in the order of the config.

    An `Interrupted` raised by a signal handler ends everything and yields the verdict `interrupted`.
    The caller writes the report with the folder's `finish`.
    """
    began, started = time.monotonic(), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    folder = store.open_run(request.root)
    folder.event("run", gates=[gate.name for gate in request.gates])
    gates = [gate._replace(timeout_s=min(gate.timeout_s, request.most_s)) for gate in request.gates]
    shims = write_shims(folder.path / "work" / ".bin")
    run = _Run(request, folder, shims, listener, _first_failures_first(gates, request.root), {}, {})
    interrupted = False
    with process.Supervisor() as supervisor:
        try:
            _run_all(run, supervisor)
        except Interrupted:
            interrupted = True
            for name, outcome in supervisor.cancel():
                _end(run, name, outcome)
    results = tuple(run.results.get(gate.name) or _not_run(gate, interrupted) for gate in gates)
    verdict = judge.verdict((result.status for result in results), interrupted=interrupted)
    folder.event("verdict", verdict=verdict.value)
    return (
        RunResult(
            verdict=verdict,
            project=str(request.root),
            config=request.config,
            python=str(request.python.path),
            python_source=request.python.source,
            started=started,
            duration_s=round(time.monotonic() - began, 3),
            gates=results,
            run_id=folder.run_id if folder.kept else None,
            complete=len(run.results) == len(gates) and not interrupted,
        ),
        folder,
    )


def _run_all(run: _Run, supervisor: process.Supervisor) -> None:
    while run.waiting or supervisor.running():
        while supervisor.running() < run.request.jobs and (gate := _next_ready(run)) is not None:
            run.waiting.remove(gate)
            _start(run, supervisor, gate)
        if _is_over(run):
            return
        if not supervisor.running():
            continue
        ended = supervisor.wait(_TICK_S)
        if ended is not None:
            _end(run, *ended)
        else:
            run.listener.waiting([name for name in run.started if name not in run.results])


def _is_over(run: _Run) -> bool:
    return run.request.fail_fast and any(
        result.status in {Status.FAILED, Status.TIMED_OUT} for result in run.results.values()
    )


def _next_ready(run: _Run) -> Gate | None:
    """The first waiting gate whose needs have all ended; one whose need did not pass ends here and now."""
    for gate in list(run.waiting):
        ended = [run.results.get(need) for need in gate.needs]
        unmet = [need.name for need in ended if need is not None and need.status is not Status.PASSED]
        if unmet:
            run.waiting.remove(gate)
            _record(run, _result(gate, Status.ERROR, f"not run: it needs `{unmet[0]}`, which did not pass"))
        elif all(need is not None for need in ended):
            return gate
    return None


def _start(run: _Run, supervisor: process.Supervisor, gate: Gate) -> None:
    request = run.request
    environment = _environment(run, gate)
    around = Surroundings(request.root, request.python, run.folder.work(gate.name), environment)
    prepared = prepare(gate, around)
    run.listener.started(gate)
    run.folder.event("started", gate=gate.name)
    if prepared.needs_python and request.python.problem is not None:
        _record(run, _result(gate, Status.ERROR, request.python.problem))
        return
    run.started[gate.name] = _Started(gate, prepared, environment["PATH"])
    if FOLDER in prepared.environment:
        around.folder.mkdir(parents=True)
    command = process.Command(
        argv=prepared.argv,
        cwd=request.root / gate.workdir,
        env={**environment, **prepared.environment},
        limit_s=gate.timeout_s,
        log=run.folder.log(gate.name),
        log_cap=request.log_cap,
    )
    supervisor.start(gate.name, command)


def _environment(run: _Run, gate: Gate) -> dict[str, str]:
    """What the gate's programs see: our two programs and the project's Python lead PATH."""
    request = run.request
    environment = {**request.environment, **gate.environment}
    bin_folder = request.python.path.parent
    inherited = environment.get("PATH", os.defpath)
    environment["PATH"] = os.pathsep.join([str(run.shims), str(bin_folder), inherited])
    environment["SKILLGATE_PYTHON"] = str(request.python.path)
    environment["SKILLGATE_GATE_ENV"] = ",".join(gate.environment)
    environment.update({f"SKILLGATE_FLOOR_{kind.upper()}": str(least) for kind, least in gate.floor.items()})
    if (bin_folder.parent / "pyvenv.cfg").is_file():
        environment["VIRTUAL_ENV"] = str(bin_folder.parent)
    environment.pop("PYTHONHOME", None)
    return environment


def _end(run: _Run, name: str, outcome: process.Outcome) -> None:
    gate, prepared, path = run.started[name]
    found = _collected(prepared, outcome)
    missing = missing_program(gate, outcome, run.request.root, path, run.folder.log(name))
    if missing is not None:
        found = Collected(found.evidence, found.diagnostics, blocked=missing)
        outcome = outcome._replace(not_started=missing)
    floor = dict(gate.floor) or dict.fromkeys(prepared.kinds, 1)
    judged = judge.judge(gate, outcome, found, floor)
    result = GateResult(
        name=name,
        status=judged.status,
        reason=judged.reason,
        command=gate.command,
        timeout_s=gate.timeout_s,
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        duration_s=round(outcome.duration_s, 3),
        evidence=found.evidence,
        floor=floor,
        diagnostics=(*found.diagnostics, *_about_command(gate, prepared, outcome)),
        tail=store.last_lines(run.folder.log(name)) if _is_unexplained(judged, found) else (),
        log=run.folder.shown_log(name),
    )
    _record(run, result)


def _is_unexplained(judged: judge.Judgement, found: Collected) -> bool:
    """Whether the end of the output may say more than the reason and the findings do."""
    return judged.status in {Status.FAILED, Status.TIMED_OUT} and not found.diagnostics


def _collected(prepared: Prepared, outcome: process.Outcome) -> Collected:
    """A gate may write what it likes into its evidence folder; what cannot be read is no evidence."""
    try:
        return prepared.collect(outcome.exit_code)
    except (ValueError, KeyError, TypeError, OSError) as error:
        return Collected({}, failure=f"its evidence could not be read: {error}")


def _about_command(gate: Gate, prepared: Prepared, outcome: process.Outcome) -> tuple[Diagnostic, ...]:
    found = []
    hidden = None if prepared.understood else hides_status(gate.command)
    if hidden is not None:
        found.append(_diagnostic(gate_rules.EATEN_STATUS, gate, hidden))
    if outcome.ended:
        found.append(_diagnostic(gate_rules.LEFT_BEHIND, gate, f"left behind and ended: {', '.join(outcome.ended)}"))
    return tuple(found)


def _diagnostic(rule: Rule, gate: Gate, message: str) -> Diagnostic:
    place = gate.place
    return Diagnostic(rule.id, rule.severity, message, place.file if place else None, place.line if place else None)


def _record(run: _Run, result: GateResult) -> None:
    run.results[result.name] = result
    run.folder.event("ended", gate=result.name, status=result.status.value, reason=result.reason)
    run.listener.ended(result)


def _result(gate: Gate, status: Status, reason: str) -> GateResult:
    return GateResult(gate.name, status, reason, gate.command, gate.timeout_s, floor=gate.floor)


def _not_run(gate: Gate, interrupted: bool) -> GateResult:
    if interrupted:
        return _result(gate, Status.ERROR, "not run: interrupted")
    return _result(gate, Status.SKIPPED, "not run: another gate failed (--fail-fast)")


def _first_failures_first(gates: Sequence[Gate], root: Path) -> list[Gate]:
    """What was red last time may be red again, what is new may be, and quick gates speak before slow ones."""
    report = store.latest_report(root) or {}
    last = {gate.get("name"): gate for gate in report.get("gates", []) if isinstance(gate, dict)}

    def rank(gate: Gate) -> tuple[bool, float]:
        before = last.get(gate.name, {})
        seconds = before.get("duration_s")
        return before.get("status") in {None, "passed"}, seconds if isinstance(seconds, float) else 0.0

    return sorted(gates, key=rank)
