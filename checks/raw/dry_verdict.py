"""Turns what became of a dry run into diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.model import Diagnostic, Severity
from checks.process import Outcome
from checks.raw.dry_environment import is_credential
from checks.raw.dry_record import Attempt, DryRecord, Position, Raised
from checks.raw.dry_rules import RULES
from checks.raw.findings import severities_of
from checks.raw.workflows import ParsedWorkflow, Step

TAIL_LINES = 15
TAIL_BYTES = 4000
MOST_STEPS_NAMED = 8
SEVERITIES = severities_of(RULES)


@dataclass(frozen=True, slots=True, eq=False)
class DryRun:
    """One dry run: of which workflow, how it ended, what was noted; `home` is the home folder that it saw."""

    root: Path
    parsed: ParsedWorkflow
    outcome: Outcome
    record: DryRecord
    home: Path
    limit_s: float

    @property
    def file(self) -> str:
        """dry_run.py as a report names it."""
        return self.parsed.workflow.dry_run_py.relative_to(self.root).as_posix()

    @property
    def name(self) -> str:
        """The workflow's dry run in a sentence."""
        return f"{self.parsed.workflow.id}/dry_run.py"

    def place(self, place: Position | None) -> Position:
        """A place relative to the project; where it is unknown, dry_run.py as a whole."""
        if place is None:
            return self.file, None
        path = Path(place[0])
        path = path if path.is_absolute() else self.parsed.workflow.folder / path
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix(), place[1]
        except ValueError:
            return self.file, None

    def shown(self, target: str) -> str:
        """A path as a person knows it."""
        for folder, prefix in ((self.root.resolve(), ""), (self.home.resolve(), "~/")):
            if Path(target).is_relative_to(folder):
                return prefix + Path(target).relative_to(folder).as_posix()
        return target


def steps_run(run: DryRun) -> list[Step]:
    """The steps whose own code really ran."""
    return [step for step in run.parsed.steps if _was_entered(step, run.record)]


def judge(run: DryRun, *, lenient: bool = False) -> Iterator[Diagnostic]:
    """Everything to say of one dry run; `lenient` where the config asks for no steps."""
    yield from _attempts(run)
    ended = list(_ending(run))
    yield from ended
    if not ended and not run.record.refused:
        yield from _exercised(run, lenient)


def _was_entered(step: Step, record: DryRecord) -> bool:
    # A decorated function begins, for the interpreter, at its first decorator.
    first = min(decorator.lineno for decorator in step.node.decorator_list)
    return any(name == step.method and first <= line <= step.node.lineno for name, line in record.ran)


def _found(run: DryRun, rule: str, message: str, place: Position | None = None, hint: str | None = None) -> Diagnostic:
    file, line = run.place(place)
    return Diagnostic(rule, SEVERITIES[rule], message, file, line, hint=hint)


def _attempts(run: DryRun) -> Iterator[Diagnostic]:
    for attempt in run.record.network:
        message = f"contacts `{attempt.target}`: a dry run must touch no network, not even loopback"
        yield _found(run, "dry.network", message, attempt.place, "replace this call with a mock in dry_run.py")
    for attempt in run.record.writes:
        message = f"writes `{run.shown(attempt.target)}`, outside the workflow's folder and tmp"
        yield _found(run, "dry.write-outside", message, attempt.place, "write through `self.save`, or below tmp")
    for attempt in run.record.databases:
        message = f"opens the database `{run.shown(attempt.target)}`; whether it writes to it could not be seen"
        yield _found(run, "dry.database-outside", message, attempt.place)
    for attempt in run.record.programs:
        yield _program(run, attempt)
    for fault in run.record.faults:
        yield _found(run, "dry.watch-broke", f"the watch over this dry run broke: `{fault}`")


def _program(run: DryRun, attempt: Attempt) -> Diagnostic:
    message = f"starts `{attempt.target}`, whose network use and writes could not be watched"
    return _found(run, "dry.unwatched-program", message, attempt.place)


def _ending(run: DryRun) -> Iterator[Diagnostic]:
    outcome, record = run.outcome, run.record
    if outcome.timed_out:
        yield _found(run, "dry.timed-out", f"timed out ({run.limit_s:g} s)", hint=_tail(outcome))
    elif outcome.interrupted:
        yield _found(run, "dry.not-finished", "was interrupted")
    elif outcome.capped:
        yield _found(run, "dry.failed", "wrote more output than a log may hold")
    elif outcome.signal is not None:
        yield _found(run, "dry.failed", f"was ended by signal {outcome.signal}", hint=_tail(outcome))
    elif not record.finished:
        message = f"left with `os._exit` or `os.exec` (status {outcome.exit_code}): whether it succeeded is unknown"
        yield _found(run, "dry.not-finished", message, hint="end with `sys.exit(status)`")
    elif outcome.exit_code != 0:
        yield from _failure(run)


def _failure(run: DryRun) -> Iterator[Diagnostic]:
    raised, record = run.record.raised, run.record
    if record.refused and (raised is None or raised.refused):
        return  # the refusal is the finding, and this is only what it led to
    if raised is None:
        message = f"exited with status {run.outcome.exit_code}"
        yield _found(run, "dry.failed", message, hint=_tail(run.outcome))
        return
    text = f"{raised.type}: {raised.message}" if raised.message else raised.type
    yield _found(run, "dry.failed", text, raised.place, _hint(raised))


def _hint(raised: Raised) -> str | None:
    if raised.key and is_credential(raised.key):
        return f"`{raised.key}` is withheld: a dry run must touch no credentials; give run.py's client a mock instead"
    if raised.type == "EOFError":
        return (
            "a dry run has no one to ask: give the approval a mock, e.g. `set_approval_handler(AutoApprovalHandler())`"
        )
    return None


def _exercised(run: DryRun, lenient: bool) -> Iterator[Diagnostic]:
    defined, ran = run.parsed.steps, steps_run(run)
    hint = "import run.py in dry_run.py and call its steps with mocks (`floor: {steps: 0}` accepts a dry run without)"
    if not run.record.imported:
        message = f"never runs run.py: 0 of {len(defined)} steps ran"
        yield _eased(_found(run, "dry.never-runs-workflow", message, hint=hint), lenient)
    elif not defined and not any(name == "run" for name, _ in run.record.ran):
        yield _eased(_found(run, "dry.no-step-ran", "imports run.py, but never calls `run`", hint=hint), lenient)
    elif defined and not ran:
        message = f"imports run.py, but 0 of {len(defined)} steps ran: {_names(defined)}"
        yield _eased(_found(run, "dry.no-step-ran", message, hint=hint), lenient)
    elif len(ran) < len(defined):
        rest = [step for step in defined if step not in ran]
        yield _found(run, "dry.steps-not-run", f"{len(ran)} of {len(defined)} steps ran; not {_names(rest)}")


def _eased(found: Diagnostic, lenient: bool) -> Diagnostic:
    if not lenient:
        return found
    return Diagnostic(found.rule, Severity.WARNING, found.message, found.file, found.line)


def _names(steps: Iterable[Step]) -> str:
    names = [f"`{step.name or step.method}`" for step in steps]
    more = len(names) - MOST_STEPS_NAMED
    return ", ".join(names[:MOST_STEPS_NAMED]) + (f" and {more} more" if more > 0 else "")


def _tail(outcome: Outcome) -> str | None:
    text = outcome.output[-TAIL_BYTES:].decode("utf-8", "backslashreplace").strip()
    return "its last output:\n" + "\n".join(text.splitlines()[-TAIL_LINES:]) if text else None
