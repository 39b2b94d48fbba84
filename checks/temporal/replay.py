"""Replays recorded histories against the code as it is now, under two hash seeds."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from checks.model import CheckContext, Diagnostic, Rule, Severity
from checks.process import Command, Outcome
from checks.temporal import histories
from checks.temporal.histories import History, Replays
from checks.temporal.importing import ImportPlan, plan_import
from checks.temporal.model import Project

_REPLAY = Rule(
    id="temporal.replay",
    severity=Severity.ERROR,
    title="a recorded history that the workflow does not do again",
    why="After a restart a worker repeats the code of every running workflow and holds it against its history. Where "
    "they part, the task fails and is retried for ever: processes that run for weeks stop when this code is deployed.",
    wrong="# the history says: invite, then record\nawait workflow.execute_activity(record, key, ...)\n"
    "await workflow.execute_activity(invite, key, ...)\n",
    right="if workflow.patched('record-first'):\n    await workflow.execute_activity(record, key, ...)\n"
    "    await workflow.execute_activity(invite, key, ...)\n"
    "else:\n    await workflow.execute_activity(invite, key, ...)\n"
    "    await workflow.execute_activity(record, key, ...)\n",
)
RULES = (_REPLAY, *histories.RULES)

PROBE = Path(__file__).with_name("replay_probe.py")
SEEDS = ("0", "1")
_LIMIT_S = 8.0
_WHOLE_LIMIT_S = 25.0
_PLAIN = "temporalio.converter.default"


# Asking the project's Python


def commands(context: CheckContext, project: Project, replays: Replays, folder: Path) -> Iterator[Command]:
    """One command a hash seed; none without histories."""
    if not replays.histories:
        return
    converter = _converter(project)
    replays.unknown_converter = converter is None
    request = folder / "replay.json"
    entries = [_entry(each, project, converter) for each in replays.histories]
    body = {
        "root": str(context.root),
        "limit_s": _LIMIT_S,
        "histories": sorted(entries, key=lambda each: each["folders"]),
    }
    request.write_text(json.dumps(body), encoding="utf-8")
    for seed in SEEDS:
        yield probe_command(context, request, _answer(folder, seed), {"PYTHONHASHSEED": seed}, _WHOLE_LIMIT_S)


def probe_command(
    context: CheckContext, request: Path, answer: Path, more: Mapping[str, str], limit_s: float
) -> Command:
    """How the probe is started."""
    environment = {**context.environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}
    argv = (str(context.python), str(PROBE), str(request), str(answer))
    return Command(argv=argv, cwd=context.root, env={**environment, **more}, limit_s=limit_s)


def _answer(folder: Path, seed: str) -> Path:
    return folder / f"replayed-{seed}.jsonl"


def read_answer(path: Path) -> list[dict[str, Any]]:
    """The events of a probe, as far as it came."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def _entry(history: History, project: Project, converter: str | None) -> dict[str, Any]:
    workflow = history.workflow
    plan: ImportPlan = plan_import(workflow.module, project.names.sources)
    serving = [each for each in project.workers if any(entry.ref == workflow.ref for entry in each.workflows.entries)]
    loosened = not workflow.sandboxed or any(each.customised for each in serving) or project.plugged_clients
    return {
        "file": history.file,
        "id": Path(history.file).stem,
        "module": plan.file,
        "name": plan.name,
        "folders": list(plan.folders),
        "synthetic": plan.synthetic,
        "class": workflow.definition.own.qualname,
        "loosened": loosened,
        "converter": converter,
    }


def _converter(project: Project) -> str | None:
    """The dotted name of the one data converter that clients are given, None if unknown."""
    found = {name for module in project.judged_modules() for call in module.calls for name in _given(call, project)}
    return (found or {_PLAIN}).pop() if len(found) <= 1 else None


def _given(call: Any, project: Project) -> Iterator[str | None]:
    ref = project.names.of(call.node.func, call.scope) or ""
    if ref not in ("temporalio.client.Client.connect", "temporalio.client.Client"):
        return
    for keyword in call.node.keywords:
        if keyword.arg == "data_converter":
            yield _importable(keyword.value, call, project)
        elif keyword.arg is None:
            yield None  # `**options`: it may be among them


def _importable(node: ast.expr, call: Any, project: Project) -> str | None:
    ref = project.names.of(node, call.scope)
    if ref is None or ref == "temporalio.converter.DataConverter.default":
        return None if ref is None else _PLAIN
    file, colon, name = ref.partition(":")
    if not colon:
        return ref
    module = project.names.sources.load(file)
    return f"{plan_import(module, project.names.sources).name}.{name}" if module and "." not in name else None


# Reading what it said


def judge(folder: Path, outcomes: Sequence[Outcome], replays: Replays) -> int:
    """Add what the replays came to; the number of histories that were replayed under both seeds."""
    answers = [read_answer(_answer(folder, seed)) for seed in SEEDS]
    by_file = [{each["file"]: each for each in answer if each["event"] == "replayed"} for answer in answers]
    replayed = 0
    for history in replays.histories if outcomes else ():
        results = [each.get(history.file) for each in by_file]
        if any(each is None or "not_loaded" in each or _took_too_long(each) for each in results):
            replays.blocked.append(_not_replayed(history, results, outcomes))
            continue
        reason = _converter_trouble(history, results) if replays.unknown_converter else None
        if reason is not None:
            replays.blocked.append(reason)
            continue
        replayed += 1
        replays.found.extend(_judge_one(history, [each for each in results if each is not None]))
    return replayed


def _converter_trouble(history: History, results: Iterable[Mapping[str, Any] | None]) -> str | None:
    """Why a failure may be no fault of the code: the payloads may be in a form that only the client's options tell."""
    failures = [each["failure"] for each in results if each is not None and "failure" in each]
    if all(each["type"] == "NondeterminismError" for each in failures):
        return None
    return (
        f"`{history.file}` could not be replayed with the SDK's own data converter, and which one the client is given "
        f"only a run would tell: {str(failures[0]['message'])[:200]}"
    )


def _took_too_long(result: Mapping[str, Any]) -> bool:
    """A busy machine and a loop without end look the same; neither is a replay that went another way."""
    return "failure" in result and result["failure"]["type"] == "TookTooLong"


def _not_replayed(history: History, results: Iterable[Mapping[str, Any] | None], outcomes: Sequence[Outcome]) -> str:
    reasons = [str(each["not_loaded"]) for each in results if each is not None and "not_loaded" in each]
    reasons += [each.not_started for each in outcomes if each.not_started is not None]
    reasons += [f"it {each['failure']['message']}" for each in results if each is not None and _took_too_long(each)]
    reasons += ["it took too long" for each in outcomes if each.timed_out]
    return f"`{history.file}` could not be replayed: {reasons[0] if reasons else 'its process ended'}"


def _judge_one(history: History, results: Sequence[Mapping[str, Any]]) -> Iterator[Diagnostic]:
    failed = [each["failure"] for each in results if "failure" in each]
    if not failed:
        return
    failure = failed[0]
    places = [tuple(each) for each in (failure.get("now") or failure.get("last") or {}).get("places") or []]
    node = history.workflow.definition.node
    file, line = places[0] if places else (history.workflow.module.file, node.lineno)
    sometimes = " (under one of two hash seeds only: an order that nothing fixes)" if len(failed) == 1 else ""
    message = f"`{history.file}` does not replay{sometimes}: {_reason(failure)}{_way(places)}"
    yield Diagnostic(_REPLAY.id, _REPLAY.severity, message, file, line, None, _hint(failure, len(failed) == 1))


def _way(places: Sequence[tuple[str, int]]) -> str:
    """The calls that lead to the line, from the workflow's run method on."""
    way = list(dict.fromkeys(f"{file}:{line}" for file, line in reversed(places)))
    return f" ({' -> '.join(way)})" if len(way) > 1 else ""


def _reason(failure: Mapping[str, Any]) -> str:
    if failure["type"] != "NondeterminismError":
        raised = failure.get("raised")
        return f"the code raises `{raised}`" if raised else f"{failure['type']}: {failure['message']}"[:600]
    now, event = failure.get("now"), failure.get("event")
    if event is None:
        return str(failure["message"])[:600]
    if now is None:
        return f"{event} was recorded, and the code does nothing there now"
    named = f" `{now['name']}`" if now["name"] else ""
    return f"{event} was recorded, and the code gives the command {now['command']}{named} now"


def _hint(failure: Mapping[str, Any], by_order: bool) -> str | None:
    if failure["type"] != "NondeterminismError":
        return None
    if by_order:
        return "go through sets in a fixed order, as in `sorted(...)`"
    return (
        "keep the old order for workflows that run, behind `workflow.patched(...)`; if none runs any more, record the "
        "history anew"
    )
