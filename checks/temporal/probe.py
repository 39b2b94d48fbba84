"""Runs in the PROJECT's Python: imports its workflow modules and prepares each definition in the SDK's sandbox.

`python probe.py REQUEST ANSWER`: both are files, because the project's code may print whatever it likes. The answer
is one JSON object a line, written as things happen: what is there still counts when the process dies.
Standard library and temporalio only.
"""

# Paths stay plain strings here: they go back and forth between two programs.
# ruff: noqa: PTH100, PTH118, PTH119, PTH120, PTH123

from __future__ import annotations

import asyncio
import enum
import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import re
import signal
import sys
import time
import traceback
import types
import typing
from collections.abc import Callable
from typing import Any

JsonObject = dict[str, Any]


class TookTooLong(BaseException):
    """Raised in the midst of an import that passed its limit; no `except Exception` of the project holds it up."""


class Answer:
    """The file that says what happened, a line at a time."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 -- open until the process ends

    def say(self, event: str, **details: object) -> None:
        """Add one line, at once on disk: the next import may end this process."""
        self._file.write(json.dumps({"event": event, **details}, default=str) + "\n")
        self._file.flush()


def main(request_path: str, answer_path: str) -> None:
    """Do what the request says, in the order of the answer's events."""
    with open(request_path, encoding="utf-8") as file:
        request = json.load(file)
    answer = Answer(answer_path)
    # Our own folder leads sys.path; a project's `import model` must not find ours.
    sys.path[:] = [
        entry for entry in sys.path if os.path.abspath(entry or ".") != os.path.dirname(os.path.abspath(__file__))
    ]
    compile_files(request, answer)
    if describe_sdk(request, answer):
        load_modules(request, answer)
    answer.say("end")


def compile_files(request: JsonObject, answer: Answer) -> None:
    """Files that skillgate's own Python cannot parse may be newer than it."""
    for file in request["unreadable"]:
        try:
            with open(os.path.join(request["root"], file), "rb") as source:
                compile(source.read(), file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
            continue
        answer.say("compiles", file=file, python=".".join(map(str, sys.version_info[:2])))


def describe_sdk(request: JsonObject, answer: Answer) -> bool:
    """Say which SDK this Python has, and which names its modules offer."""
    try:
        import temporalio.service
        import temporalio.worker
        import temporalio.workflow
    except ImportError as error:
        answer.say("no-sdk", message=f"{type(error).__name__}: {error}")
        return False
    offered = {name: public_names(name) for name in request["api"]}
    modules = {name: names for name, names in offered.items() if names is not None}
    signatures = {f"{name}.{each}": taken for name in modules for each, taken in taken_by_name(name).items()}
    answer.say("sdk", version=temporalio.service.__version__, modules=modules, signatures=signatures)
    return True


def taken_by_name(name: str) -> dict[str, JsonObject]:
    """What the functions and classes of a module take by name, and the class methods such as `Client.connect`."""
    found: dict[str, JsonObject] = {}
    for member, value in vars(sys.modules[name]).items():
        if not callable(value) or member.startswith("_") or not value.__module__.startswith("temporalio."):
            continue
        found[member] = signature_of(value)
        if isinstance(value, type):
            methods = {key: each for key, each in vars(value).items() if not key.startswith("_")}
            found.update({f"{member}.{key}": signature_of(each) for key, each in methods.items() if callable(each)})
            bound = {key for key, each in methods.items() if isinstance(each, (classmethod, staticmethod))}
            found.update({f"{member}.{key}": signature_of(getattr(value, key)) for key in bound})
    return {member: taken for member, taken in found.items() if taken}


def signature_of(value: Any) -> JsonObject:
    """The parameters that have names, and which of them are durations; nothing where any keyword will do."""
    if typing.is_typeddict(value):
        annotations = dict(value.__annotations__)
    elif (
        isinstance(value, type)
        and issubclass(value, (BaseException, tuple, enum.Enum))
        and "__init__" not in vars(value)
    ):
        return {}
    else:
        try:
            parameters = inspect.signature(value).parameters.values()
        except (TypeError, ValueError):
            return {}
        if any(each.kind is each.VAR_KEYWORD for each in parameters):
            return {}
        named = [each for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
        annotations = {each.name: each.annotation for each in named}
    durations = [name for name, annotation in annotations.items() if is_duration(annotation)]
    return {"names": list(annotations), "durations": durations}


def is_duration(annotation: Any) -> bool:
    """Whether it says `timedelta` and nothing else but None; annotations may be text or not."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__forward_arg__", str(annotation))
    words = set(re.findall(r"[A-Za-z_]+", text))
    return "timedelta" in words and words <= {
        "timedelta",
        "datetime",
        "None",
        "Optional",
        "typing",
        "class",
        "NoneType",
    }


def public_names(name: str) -> list[str] | None:
    """What a module of the SDK offers; None where it is no module or cannot be imported."""
    try:
        module = importlib.import_module(name)
    except Exception:
        return None
    # A module that answers for names it does not list cannot be judged by its list.
    return None if hasattr(module, "__getattr__") else sorted(dir(module))


def load_modules(request: JsonObject, answer: Answer) -> None:
    """Load all requested modules; those that share their folders come one after the other."""
    remember_code()
    standard_path = list(sys.path)
    folders: list[str] | None = None
    for entry in request["modules"]:
        if entry["folders"] != folders:
            folders = entry["folders"]
            forget_project(request["root"])
            sys.path[:] = [
                os.path.normpath(os.path.join(request["root"], folder)) for folder in folders
            ] + standard_path
            importlib.invalidate_caches()
        answer.say("start", file=entry["file"])
        load_module(entry, request, answer)


def remember_code() -> None:
    """The sandbox imports a module anew for each workflow: keep the compiled code, and leave no cache files behind."""
    original = importlib.machinery.SourceFileLoader.get_code
    known: dict[str, types.CodeType | None] = {}

    def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> types.CodeType | None:
        path = self.get_filename(fullname)
        if path not in known:
            known[path] = original(self, fullname)
        return known[path]

    sys.dont_write_bytecode = True
    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[assignment, method-assign]


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


def load_module(entry: JsonObject, request: JsonObject, answer: Answer) -> None:
    """Import one module, then prepare its workflows."""
    file = entry["file"]
    failure = attempt(lambda: import_entry(entry, request), request)
    if failure is not None:
        answer.say("import-failed", file=file, failure=failure)
        return
    answer.say("imported", file=file)
    module = sys.modules[entry["name"]]
    for workflow in entry["workflows"]:
        load_workflow(module, file, workflow, request, answer)


def import_entry(entry: JsonObject, request: JsonObject) -> None:
    """Import it as a worker would."""
    if entry["synthetic"]:
        path = os.path.join(request["root"], entry["file"])
        sys.meta_path.insert(0, NamedFile(entry["name"], path))
    importlib.import_module(entry["name"])


class NamedFile:
    """Finds one file whose own name is no Python name; the sandbox must be able to import it again."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        """What `sys.meta_path` asks of its entries."""
        del path, target
        return importlib.util.spec_from_file_location(fullname, self.path) if fullname == self.name else None


def load_workflow(
    module: types.ModuleType, file: str, workflow: JsonObject, request: JsonObject, answer: Answer
) -> None:
    """Prepare one definition: strict, then with installed packages passed through where a worker may do so."""
    import temporalio.workflow

    found: Any = module
    for part in workflow["class"].split("."):
        found = getattr(found, part, None)
    definition = temporalio.workflow._Definition.from_class(found) if isinstance(found, type) else None
    if definition is None:
        answer.say("undefined", file=file, workflow=workflow["class"])
        return
    if not workflow["sandboxed"]:
        answer.say("prepared", file=file, workflow=workflow["class"], sandboxed=False)
        return
    failure = attempt(lambda: prepare(definition, None), request)
    if failure is None:
        answer.say("prepared", file=file, workflow=workflow["class"], sandboxed=True)
        return
    retried = attempt(lambda: prepare(definition, request["root"]), request) if workflow["retry"] else failure
    answer.say("refused", file=file, workflow=workflow["class"], failure=failure, passes_retry=retried is None)


def prepare(definition: Any, pass_all_but: str | None) -> None:
    """What a worker does at its start. The sandbox needs a running loop, and runs no method of the workflow."""
    from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

    runner = SandboxedWorkflowRunner()
    if pass_all_but is not None:
        installed = {
            name.partition(".")[0]
            for name, module in list(sys.modules.items())
            if name != "__main__" and not is_own(getattr(module, "__file__", None) or "", pass_all_but)
        }
        runner = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*installed))

    async def within_loop() -> None:
        runner.prepare_workflow(definition)

    asyncio.run(within_loop())


def attempt(action: Callable[[], None], request: JsonObject) -> JsonObject | None:
    """Do it, within the limit; None if it went well, else what a person needs to know of the exception."""

    def on_alarm(number: int, frame: object) -> None:
        del number, frame
        raise TookTooLong()

    busy = time.process_time()
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, request["limit_s"])
    try:
        action()
    except BaseException as error:  # also SystemExit: a module may end the program that imports it
        signal.setitimer(signal.ITIMER_REAL, 0)
        return describe(error, time.process_time() - busy)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def describe(error: BaseException, busy_s: float) -> JsonObject:
    """What the other side needs of an exception to tell whose fault it is."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return {
        "type": type(error).__name__,
        "message": str(error),
        "frames": frames_of(error),
        "missing": missing,
        "missing_top_exists": missing is not None and exists(missing.partition(".")[0]),
        "variable": missing_variable(error),
        "busy_s": busy_s,
    }


def frames_of(error: BaseException) -> list[JsonObject]:
    """The files on the way to the exception, without the machinery that imports and restricts."""
    import temporalio

    sdk = os.path.dirname(os.path.abspath(temporalio.__file__)) + os.sep
    inner = error.__cause__ if isinstance(error.__cause__, ImportError) else error
    frames = [
        {"file": frame.filename, "line": frame.lineno, "text": frame.line or ""}
        for frame in traceback.extract_tb(inner.__traceback__)
        if not frame.filename.startswith(("<", sdk)) and os.path.abspath(frame.filename) != os.path.abspath(__file__)
    ]
    if isinstance(inner, SyntaxError) and inner.filename:
        frames.append({"file": inner.filename, "line": inner.lineno, "text": (inner.text or "").strip()})
    return frames


def missing_variable(error: BaseException) -> str | None:
    """The environment variable whose absence raised, if that is what happened."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    if not isinstance(error, KeyError) or not error.args or not last:
        return None
    # `os` is frozen into Python from 3.11 on.
    return str(error.args[0]) if os.path.basename(last[0].filename) in ("os.py", "<frozen os>") else None


def exists(name: str) -> bool:
    """Whether an import of that name would find something."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
    sys.stdout.flush()
    sys.stderr.flush()
    # What the project's imports left running (threads, servers) must not keep this process alive.
    os._exit(0)
