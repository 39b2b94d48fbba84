"""Runs a workflow's script as `python SCRIPT ARGUMENTS` would, and keeps the run's manifest.

Started by `run_workflow.py` in the project's Python: `launcher.py SCRIPT WORKFLOW_ID RUN_FOLDER LIMIT_S ARGUMENTS...`.
An empty RUN_FOLDER keeps no manifest, an empty LIMIT_S sets no limit. Only the standard library, Python 3.10.
"""

import sys

# The script's folder takes the place of this file's before anything of either could be imported.
_HERE = __file__.rpartition("/")[0]
if sys.path and sys.path[0] == _HERE:
    del sys.path[0]

import json  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402
from datetime import datetime, timezone  # noqa: E402
from types import ModuleType, TracebackType  # noqa: E402

# Python 3.10 has no datetime.UTC; a script is run by exec, as runpy does.
# ruff: noqa: PTH105, PTH118, PTH119, PTH120, PTH123, UP017
TIMED_OUT = 124
CANCELLED = 130


def main() -> None:
    """Runs the script and exits with its status."""
    script, workflow_id, run_folder, limit, *arguments = sys.argv[1:]
    sys.argv = [script, *arguments]
    sys.path.insert(0, os.path.dirname(script))
    began, began_at = time.monotonic(), datetime.now(timezone.utc).isoformat()
    manifest: dict[str, object] = {
        "workflow_id": workflow_id,
        "run_id": os.path.basename(run_folder),
        "started_at": began_at,
        "args": arguments,
        "status": "running",
    }
    if run_folder:
        write_manifest(run_folder, manifest)
    if limit:
        end_after(float(limit), os.path.basename(script))
    status = run(script)
    if run_folder:
        code = exit_code(status)
        manifest.update(status="success" if code == 0 else "failed", exit_code=code)
        manifest["duration_seconds"] = time.monotonic() - began
        write_manifest(run_folder, manifest)
    sys.exit(status)


def run(script: str) -> "str | int | None":
    """What the script exits with."""
    module = ModuleType("__main__")
    module.__file__ = script
    module.__dict__["__builtins__"] = __builtins__
    # The launcher's own module stays referenced by the frames below: its names must outlive it here.
    sys.modules["__main__"] = module
    try:
        with open(script, "rb") as source:
            code = compile(source.read(), script, "exec", dont_inherit=True)
        start = exec
        start(code, module.__dict__)
    except SystemExit as ended:
        return ended.code
    except BaseException as error:
        show(error, script)
        return CANCELLED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def show(error: BaseException, script: str) -> None:
    """Prints an exception as Python itself would have, without this file in it."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def exit_code(status: "str | int | None") -> int:
    """The number that `sys.exit(status)` comes to."""
    if status is None:
        return 0
    return status & 0xFF if isinstance(status, int) else 1


def write_manifest(folder: str, entries: "dict[str, object]") -> None:
    """Writes `manifest.json` whole; what the runtime has written there is kept beside."""
    path = os.path.join(folder, "manifest.json")
    try:
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    except (OSError, ValueError):
        known = {}
    merged = {**known, **entries} if isinstance(known, dict) else entries
    try:
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            json.dump(merged, file, indent=2)
        os.replace(f"{path}.new", path)
    except OSError as error:
        print(f"skillgate: cannot write `{path}`: {error.strerror}", file=sys.stderr)


def end_after(limit: float, name: str) -> None:
    """Ends the process when it takes too long, also where the main thread is busy."""
    import threading

    def end() -> None:
        print(f"skillgate: {name} timed out ({limit:g} s)", file=sys.stderr, flush=True)
        os._exit(TIMED_OUT)

    timer = threading.Timer(limit, end)
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    _LAUNCHER = sys.modules["__main__"]
    main()
