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
from checks.process import Command, Outcome, run
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


def load(context: CheckContext, requests: Sequence[Request], api: Iterable[str], unreadable: Iterable[str]) -> Loading:
    """Import and prepare everything requested, once more without a module that took the process down with it."""
    loading = Loading()
    waiting = sorted(requests, key=lambda request: (request.plan.folders, request.plan.file))
    fixed = {"api": sorted(api), "unreadable": sorted(unreadable)}
    with tempfile.TemporaryDirectory(prefix="skillgate-temporal-") as folder:
        while True:
            events, outcome = _run_probe(context, waiting, fixed, Path(folder))
            culprit = _read_events(events, context.root, loading)
            if culprit is None or outcome.interrupted:
                if not any(event["event"] == "end" for event in events):
                    loading.trouble = _trouble(outcome)
                return loading
            loading.failures.append(_ended(culprit, outcome))
            waiting = _after(waiting, culprit)


def _after(waiting: Sequence[Request], culprit: str) -> list[Request]:
    files = [request.plan.file for request in waiting]
    return list(waiting[files.index(culprit) + 1 :])


def _run_probe(
    context: CheckContext, requests: Sequence[Request], fixed: Mapping[str, object], folder: Path
) -> tuple[list[dict[str, Any]], Outcome]:
    request_file, answer_file = folder / "request.json", folder / "answer.jsonl"
    answer_file.unlink(missing_ok=True)
    body = {
        "root": str(context.root),
        "limit_s": MODULE_LIMIT_S,
        "modules": [_as_json(each) for each in requests],
        **fixed,
    }
    request_file.write_text(json.dumps(body), encoding="utf-8")
    environment = {**context.environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}
    argv = (str(context.python), str(_PROBE), str(request_file), str(answer_file))
    outcome = run(Command(argv=argv, cwd=context.root, env=environment, limit_s=_WHOLE_LIMIT_S))
    lines = answer_file.read_text(encoding="utf-8").splitlines() if answer_file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")], outcome


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
            loading.sdk = Sdk(event["version"], modules, dict(_signatures(event.get("signatures", {}))))


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
