"""Drives the probe in the project's Python, and says what became of each module and workflow."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path
from typing import Any

from checks.model import CheckContext
from checks.process import Command, Outcome, run_all
from checks.temporal.importing import ImportPlan
from checks.temporal.model import Sdk, Signature

_PROBE = Path(__file__).with_name("probe.py")
MODULE_LIMIT_S = 8.0
"""A worker whose module takes longer to import hangs, or waits for a server."""
_WHOLE_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """One workflow to prepare: its class within the module; `retry` where a worker may loosen the sandbox."""

    class_name: str
    sandboxed: bool
    retry: bool


@dataclass(frozen=True, slots=True)
class Request:
    """One module to import and the workflows to prepare from it."""

    plan: ImportPlan
    workflows: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One step on the way to an exception; `file` is relative where it is the project's own."""

    file: str
    line: int
    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a module or workflow (None: the module as a whole) could not be loaded."""

    file: str
    workflow: str | None
    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    missing: str | None = None
    missing_top_exists: bool = False
    variable: str | None = None
    busy_s: float = 0.0
    passes_retry: bool = False


@dataclass(slots=True)
class Loading:
    """All that the probe said. `sdk` is None where the project's Python has none, `trouble` why it said nothing."""

    sdk: Sdk | None = None
    no_sdk: str | None = None
    prepared: int = 0
    sandboxed: int = 0
    failures: list[Failure] = field(default_factory=list)
    compiles: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    beside: list[Outcome] = field(default_factory=list)


def load(
    context: CheckContext,
    requests: Sequence[Request],
    api: Iterable[str],
    unreadable: Iterable[str],
    beside: Sequence[Command] = (),
) -> Loading:
    """Import and prepare everything requested, once more without a module that took the process down with it.

    The commands of `beside` run at the same time; their outcomes come along.
    """
    loading = Loading()
    whole = {"api": sorted(api), "unreadable": sorted(unreadable)}
    parts = _split(sorted(requests, key=lambda request: (request.plan.folders, request.plan.file)), context.jobs)
    with tempfile.TemporaryDirectory(prefix="skillgate-temporal-") as folder:
        # Only the first part describes the SDK: it is the same for all.
        probes = [
            _Probe(context, part, whole if index == 0 else _NOTHING, Path(folder) / str(index))
            for index, part in enumerate(parts)
        ]
        outcomes = run_all([*beside, *(probe.command() for probe in probes)], context.jobs)
        loading.beside = outcomes[: len(beside)]
        for probe, outcome in zip(probes, outcomes[len(beside) :], strict=True):
            _follow(probe, outcome, loading)
    return loading


_NOTHING: Mapping[str, object] = {"api": [], "unreadable": []}
_MODULES_A_PART = 40
"""Fewer are loaded sooner by one process: a second one has to import the SDK as well."""


def _split(requests: Sequence[Request], jobs: int) -> list[Sequence[Request]]:
    """Parts of about one size, for as many processes."""
    count = max(1, min(jobs, len(requests) // _MODULES_A_PART))
    size = max(1, -(-len(requests) // count))
    return [requests[start : start + size] for start in range(0, len(requests), size)] or [requests]


def _follow(probe: _Probe, outcome: Outcome, loading: Loading) -> None:
    """Read what a probe said; start it again behind a module that ended it."""
    while True:
        events = probe.answer()
        culprit = _read_events(events, probe.context.root, loading)
        if culprit is None or outcome.interrupted:
            if not any(event["event"] == "end" for event in events):
                loading.trouble = _trouble(outcome)
            return
        loading.failures.append(_ended(culprit, outcome))
        probe.skip(culprit)
        (outcome,) = run_all([probe.command()], 1)


@dataclass(slots=True)
class _Probe:
    """One process that loads modules: what it is asked, and the files that go back and forth."""

    context: CheckContext
    requests: Sequence[Request]
    whole: Mapping[str, object]
    folder: Path

    def command(self) -> Command:
        """How it is started; the question is written down before."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "answer.jsonl").unlink(missing_ok=True)
        body = {
            "root": str(self.context.root),
            "limit_s": MODULE_LIMIT_S,
            "modules": [_as_json(each) for each in self.requests],
            **self.whole,
        }
        (self.folder / "request.json").write_text(json.dumps(body), encoding="utf-8")
        more = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}
        names = ("request.json", "answer.jsonl")
        argv = (str(self.context.python), str(_PROBE), *(str(self.folder / name) for name in names))
        return Command(argv, self.context.root, {**self.context.environment, **more}, _WHOLE_LIMIT_S)

    def answer(self) -> list[dict[str, Any]]:
        """What it said, as far as it came."""
        file = self.folder / "answer.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def skip(self, file: str) -> None:
        """Go on behind a module."""
        files = [request.plan.file for request in self.requests]
        self.requests = self.requests[files.index(file) + 1 :]


def _as_json(request: Request) -> dict[str, object]:
    return {
        "file": request.plan.file,
        "name": request.plan.name,
        "folders": list(request.plan.folders),
        "synthetic": request.plan.synthetic,
        "workflows": [
            {"class": each.class_name, "sandboxed": each.sandboxed, "retry": each.retry} for each in request.workflows
        ],
    }


def _read_events(events: Iterable[Mapping[str, Any]], root: Path, loading: Loading) -> str | None:
    """Take in what was said; the module that was being loaded when the process ended, if any."""
    current: str | None = None
    for event in events:
        if event["event"] in ("start", "end"):
            current = event.get("file")
        elif event["event"] in ("import-failed", "refused", "undefined"):
            loading.failures.append(_failure(event, root))
        elif event["event"] == "prepared":
            loading.prepared += 1
            loading.sandboxed += event["sandboxed"]
        else:
            _read_about_python(event, loading)
    return current


def _read_about_python(event: Mapping[str, Any], loading: Loading) -> None:
    match event["event"]:
        case "compiles":
            loading.compiles[event["file"]] = event["python"]
        case "no-sdk":
            loading.no_sdk = event["message"]
        case "sdk":
            modules = {module: frozenset(names) for module, names in event["modules"].items()}
            loading.sdk = loading.sdk or Sdk(event["version"], modules, dict(_signatures(event.get("signatures", {}))))


def _signatures(taken: Mapping[str, Any]) -> Iterator[tuple[str, Signature]]:
    for name, each in taken.items():
        yield name, Signature(tuple(each["names"]), frozenset(each["durations"]))


def _failure(event: Mapping[str, Any], root: Path) -> Failure:
    details = event.get("failure") or {"type": "Undefined", "message": ""}
    return Failure(
        file=event["file"],
        workflow=event.get("workflow"),
        type=details["type"],
        message=details["message"],
        frames=_frames(details.get("frames", ()), root),
        missing=details.get("missing"),
        missing_top_exists=details.get("missing_top_exists", False),
        variable=details.get("variable"),
        busy_s=details.get("busy_s", 0.0),
        passes_retry=event.get("passes_retry", False),
    )


def _frames(frames: Iterable[Mapping[str, Any]], root: Path) -> tuple[Frame, ...]:
    """The way to the exception, from the project's first step on."""
    return tuple(dropwhile(lambda frame: not frame.own, (_frame(frame, f"{root}{os.sep}") for frame in frames)))


def _frame(frame: Mapping[str, Any], prefix: str) -> Frame:
    path = os.path.normpath(frame["file"])
    own = path.startswith(prefix) and "site-packages" not in path
    shown = path.removeprefix(prefix).replace(os.sep, "/") if own else path
    return Frame(shown, frame["line"] or 1, frame["text"], own)


def _ended(file: str, outcome: Outcome) -> Failure:
    how = "passed the limit" if outcome.timed_out else f"ended the process with status {outcome.exit_code}"
    if outcome.signal is not None and not outcome.timed_out:
        how = f"ended the process by signal {outcome.signal}"
    return Failure(file, None, "Ended", how)


def _trouble(outcome: Outcome) -> str:
    if outcome.not_started:
        return outcome.not_started
    tail = outcome.output[-600:].decode("utf-8", "backslashreplace").strip().splitlines()
    return f"it ended with status {outcome.exit_code}" + (f": {tail[-1]}" if tail else "")
