"""Saves the history of one workflow from a server, for the replays of every later run."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from checks.hints import run_command
from checks.model import CheckContext
from checks.process import run
from checks.temporal.replay import probe_command, read_answer

_LIMIT_S = 10.0


class NotRecorded(RuntimeError):
    """Why there is no history, in words for a person."""


def record(context: CheckContext, workflow_id: str, address: str, namespace: str = "default") -> Path:
    """Write `tests/histories/<WorkflowType>/<workflow id>.json`; raises NotRecorded."""
    wanted = {"workflow_id": workflow_id, "address": address, "namespace": namespace}
    with tempfile.TemporaryDirectory(prefix="skillgate-temporal-") as folder:
        request, answer = Path(folder, "request.json"), Path(folder, "answer.jsonl")
        body = {"root": str(context.root), "limit_s": _LIMIT_S, "record": wanted}
        request.write_text(json.dumps(body), encoding="utf-8")
        outcome = run(probe_command(context, request, answer, {}, 3 * _LIMIT_S))
        events = {event["event"]: event for event in read_answer(answer)}
    if "recorded" in events:
        return _write(context.root, events["recorded"]["type"], workflow_id, events["recorded"]["text"])
    output = outcome.output.decode("utf-8", "backslashreplace").strip().splitlines()
    reason = events.get("not-recorded", {}).get("message") or outcome.not_started or "".join(output[-1:]) or "no answer"
    if "No module named 'temporalio'" in reason:
        reason = f"{context.python} has no `temporalio`: {run_command(context.root, '--sync')}"
    raise NotRecorded(f"the history of `{workflow_id}` could not be had from `{address}`: {reason}")


def _write(root: Path, workflow_type: str, workflow_id: str, text: str) -> Path:
    path = root / "tests" / "histories" / _file_name(workflow_type) / f"{_file_name(workflow_id)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_one_event_a_line(text), encoding="utf-8")
    return path


def _file_name(text: str) -> str:
    """A workflow id may hold any character; a file name may not."""
    return re.sub(r"[^\w.-]", "_", text).lstrip(".") or "_"


def _one_event_a_line(text: str) -> str:
    """Small, and still readable as a difference between two versions."""
    events = json.loads(text)["events"]
    return '{"events":[\n' + ",\n".join(json.dumps(each, separators=(",", ":")) for each in events) + "\n]}\n"
