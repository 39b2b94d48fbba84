"""Python runs this file at its start in a dry run and in the Python programs that a dry run starts."""

# Runs before everything else: no pathlib, which costs time in every program.
# ruff: noqa: PTH100, PTH113, PTH118, PTH120, PTH123

import os
import sys


def _start_watch() -> None:
    # Imported rather than read, for the sake of its compiled form; its name stays out of everybody's modules.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        import dry_probe  # type: ignore[import-not-found]
    finally:
        del sys.path[0]
    del sys.modules["dry_probe"]
    dry_probe.watch()


def _run_hidden_sitecustomize() -> None:
    # Ours comes first on the path, and the environment may have one of its own.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    for entry in sys.path:
        path = os.path.join(entry, "sitecustomize.py")
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as source:
                code = compile(source.read(), path, "exec")
            start = exec
            start(code, {"__name__": "sitecustomize", "__file__": path})
            return


if os.environ.get("SKILLGATE_DRY_RECORD"):
    _start_watch()
_run_hidden_sitecustomize()
