"""Runs in the PROJECT's Python: replays recorded histories against its workflows, or records one from a server.

`python replay_probe.py REQUEST ANSWER`: both are files, because the project's code may print whatever it likes. The
answer is one JSON object a line. Standard library and temporalio only.
"""

# Paths stay plain strings here: they go back and forth between two programs.
# ruff: noqa: PTH100, PTH118, PTH120, PTH123

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import re
import sys
from typing import Any

JsonObject = dict[str, Any]

# The commands that leave an event of their own in the history, by the event's type.
EVENTS = {
    "schedule_activity": "ACTIVITY_TASK_SCHEDULED",
    "start_timer": "TIMER_STARTED",
    "start_child_workflow_execution": "START_CHILD_WORKFLOW_EXECUTION_INITIATED",
    "signal_external_workflow_execution": "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED",
    "request_cancel_external_workflow_execution": "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED",
    "schedule_local_activity": "MARKER_RECORDED",
    "schedule_nexus_operation": "NEXUS_OPERATION_SCHEDULED",
    "complete_workflow_execution": "WORKFLOW_EXECUTION_COMPLETED",
    "fail_workflow_execution": "WORKFLOW_EXECUTION_FAILED",
    "continue_as_new_workflow_execution": "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
}
TYPE_FIELDS = {
    "schedule_activity": "activity_type",
    "schedule_local_activity": "activity_type",
    "start_child_workflow_execution": "workflow_type",
    "signal_external_workflow_execution": "signal_name",
}


def main(request_path: str, answer_path: str) -> None:
    """Do what the request says."""
    with open(request_path, encoding="utf-8") as file:
        request = json.load(file)
    sys.dont_write_bytecode = True
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    with open(answer_path, "a", encoding="utf-8") as answer:
        for event in record(request) if "record" in request else replay_all(request):
            answer.write(json.dumps(event, default=str) + "\n")
            answer.flush()
        answer.write('{"event": "end"}\n')


# Recording


def record(request: JsonObject) -> list[JsonObject]:
    """The history of one workflow, as the server tells it."""
    from temporalio.client import Client

    wanted = request["record"]

    async def fetch() -> JsonObject:
        client = await asyncio.wait_for(
            Client.connect(wanted["address"], namespace=wanted["namespace"]), request["limit_s"]
        )
        handle = client.get_workflow_handle(wanted["workflow_id"])
        history = await asyncio.wait_for(handle.fetch_history(), request["limit_s"])
        return {"event": "recorded", "type": type_of(history.to_json_dict()), "text": history.to_json()}

    try:
        return [asyncio.run(fetch())]
    except Exception as error:
        return [{"event": "not-recorded", "message": f"{type(error).__name__}: {error}".rstrip(": ")}]


def type_of(history: JsonObject) -> str:
    """The type of the workflow whose history it is."""
    first = history["events"][0]["workflowExecutionStartedEventAttributes"]
    return str(first["workflowType"]["name"])


# Replaying


def replay_all(request: JsonObject) -> Any:
    """One event for each history, in order."""
    try:
        import temporalio.worker  # noqa: F401 -- whether it is there
    except ImportError as error:
        yield {"event": "no-sdk", "message": str(error)}
        return
    standard_path = list(sys.path)
    calls = watch_commands(request["root"])
    folders: list[str] | None = None
    for entry in request["histories"]:
        if entry["folders"] != folders:
            folders = entry["folders"]
            forget_project(request["root"])
            sys.path[:] = [os.path.normpath(os.path.join(request["root"], each)) for each in folders] + standard_path
            importlib.invalidate_caches()
        calls.clear()
        yield {"event": "replayed", "file": entry["file"], **outcome(entry, request, calls)}


def forget_project(root: str) -> None:
    """Unload the project's own modules: two of its folders may each hold an `activities.py`."""
    for name, module in list(sys.modules.items()):
        places = [getattr(module, "__file__", None), *list(getattr(module, "__path__", None) or [])]
        if name != "__main__" and any(place and is_own(place, root) for place in places):
            del sys.modules[name]


def is_own(path: str, root: str) -> bool:
    """Whether a file is the project's, not one installed into an environment within it."""
    inside = path.startswith(root.rstrip(os.sep) + os.sep)
    return inside and "site-packages" not in path and "dist-packages" not in path


def outcome(entry: JsonObject, request: JsonObject, calls: list[JsonObject]) -> JsonObject:
    """What one replay came to: `failure` only where it failed."""
    try:
        workflow = load(entry, request)
        converter = load_converter(entry)
    except BaseException as error:  # also SystemExit: a module may end the program that imports it
        return {"not_loaded": f"{type(error).__name__}: {error}"}
    with open(os.path.join(request["root"], entry["file"]), encoding="utf-8") as file:
        text = file.read()
    try:
        asyncio.run(asyncio.wait_for(replay(workflow, text, entry, converter), request["limit_s"]))
    except asyncio.TimeoutError:  # noqa: UP041 -- two things in Python 3.10
        return {"failure": {"type": "TookTooLong", "message": f"did not end within {request['limit_s']:g} s"}}
    except Exception as error:
        return {"failure": failure(error, json.loads(text), calls, request["root"])}
    return {}


def load(entry: JsonObject, request: JsonObject) -> Any:
    """The workflow's class."""
    if entry["synthetic"]:
        spec = importlib.util.spec_from_file_location(entry["name"], os.path.join(request["root"], entry["module"]))
        assert spec is not None and spec.loader is not None  # noqa: S101 -- a file with `.py` has both
        found: Any = importlib.util.module_from_spec(spec)
        sys.modules[entry["name"]] = found
        spec.loader.exec_module(found)
    else:
        found = importlib.import_module(entry["name"])
    for part in entry["class"].split("."):
        found = getattr(found, part)
    return found


def load_converter(entry: JsonObject) -> Any:
    """The data converter that the project's client uses; None for the SDK's own."""
    if entry["converter"] is None:
        return None
    if entry["converter"] == "temporalio.converter.default":
        return None
    module, _, name = entry["converter"].rpartition(".")
    return getattr(importlib.import_module(module), name)


async def replay(workflow: Any, text: str, entry: JsonObject, converter: Any) -> None:
    """Raises where the workflow does not do again what the history says."""
    from temporalio.client import WorkflowHistory
    from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

    options: JsonObject = {"workflow_runner": UnsandboxedWorkflowRunner()} if entry["loosened"] else {}
    if converter is not None:
        options["data_converter"] = converter
    await Replayer(workflows=[workflow], **options).replay_workflow(WorkflowHistory.from_json(entry["id"], text))


def watch_commands(root: str) -> list[JsonObject]:
    """Note each command that a workflow gives, with the line of the project that gives it."""
    from temporalio.worker import _workflow_instance

    calls: list[JsonObject] = []
    instance = getattr(_workflow_instance, "_WorkflowInstanceImpl", None)
    original = getattr(instance, "_add_command", None)
    if instance is None or original is None:  # another SDK: then the line stays unknown
        return calls

    def add_command(self: Any) -> Any:
        command = original(self)
        calls.append({"command": command, "places": places(root)})
        return command

    instance._add_command = add_command
    return calls


def places(root: str) -> list[tuple[str, int]]:
    """The project's lines on the stack, the innermost first."""
    found = []
    frame = sys._getframe(2)
    while frame is not None:
        path = os.path.normpath(frame.f_code.co_filename)
        if is_own(path, root):
            found.append((os.path.relpath(path, root).replace(os.sep, "/"), frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return found


def failure(error: Exception, history: JsonObject, calls: list[JsonObject], root: str) -> JsonObject:
    """What a person needs to know: the event that does not fit, and what the code does in its place."""
    told = {"type": type(error).__name__, "message": str(error)}
    if told["type"] == "NondeterminismError":
        return {**told, **mismatch(str(error), history, calls)}
    # What the code raised comes back as the text of a message in Rust's notation.
    raised = re.search(r'Failure \{ message: "((?:[^"\\\\]|\\\\.)*)"', told["message"])
    lines = re.findall(r'File \\?"([^"\\\\]+)\\?", line (\d+)', told["message"])
    own = [(os.path.relpath(path, root).replace(os.sep, "/"), int(line)) for path, line in lines if is_own(path, root)]
    return {**told, "raised": raised[1] if raised else None, "last": {"places": own[::-1]}}


def mismatch(message: str, history: JsonObject, calls: list[JsonObject]) -> JsonObject:
    """The first place where the recorded events and the commands of this replay part."""
    given = [told for call in calls if (told := describe(call)) is not None]
    recorded = [event for event in history["events"] if event_type(event) in EVENTS.values()]
    for index, event in enumerate(recorded):
        now = given[index] if index < len(given) else None
        if now is None or now["kind"] != event_type(event) or name_of(event) not in (None, now["name"]):
            return {"event": shown(event), "now": now, "last": given[-1] if given else None}
    named = re.search(r"HistoryEvent\(id: (\d+), (\w+)\)", message)
    extra = given[len(recorded)] if len(given) > len(recorded) else None
    event_shown = f"event {named[1]} ({named[2]})" if named else None
    return {"event": event_shown, "now": extra, "last": given[-1] if given else None}


def describe(call: JsonObject) -> JsonObject | None:
    """A command in words; None for those that leave no event of their own."""
    variant = call["command"].WhichOneof("variant")
    if variant not in EVENTS:
        return None
    body = getattr(call["command"], variant)
    name = getattr(body, TYPE_FIELDS[variant]) if variant in TYPE_FIELDS else None
    return {"kind": EVENTS[variant], "name": name, "command": variant, "places": call["places"]}


def event_type(event: JsonObject) -> str:
    """`EVENT_TYPE_TIMER_STARTED` and `TimerStarted` are the same."""
    text = str(event.get("eventType", ""))
    if text.isupper():
        return text.removeprefix("EVENT_TYPE_")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).upper()


def name_of(event: JsonObject) -> str | None:
    """The activity, child workflow or signal that an event names."""
    for key, value in event.items():
        if key.endswith("EventAttributes") and isinstance(value, dict):
            named = value.get("activityType") or (
                value.get("workflowType") if "Child" in key or "child" in key else None
            )
            return named["name"] if named else value.get("signalName") if key.startswith("signalExternal") else None
    return None


def shown(event: JsonObject) -> str:
    """An event for a person: its number, its type, what it names."""
    name = name_of(event)
    return f"event {event['eventId']} ({event_type(event)}" + (f" `{name}`)" if name else ")")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
    sys.stdout.flush()
    sys.stderr.flush()
    # A process that held a client may abort at interpreter exit.
    os._exit(0)
