"""Programs that a gate may call by name while it runs: ours, in a folder of their own that leads PATH.

A folder with only these two names: nothing else of our own environment may stand in for the project's programs.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

OWN_PROGRAM = (sys.executable, "-I", "-m", "checks")
"""How this very skillgate is started again; -I keeps a project's `checks` folder or PYTHONPATH from standing in."""

_EXTENSION = "from checks.start import temporal_workflow_validate; temporal_workflow_validate()"
_SCRIPTS = {
    "skillgate": OWN_PROGRAM,
    "temporal-workflow-validate": (*OWN_PROGRAM[:2], "-c", _EXTENSION),
}


def write_shims(folder: Path) -> Path:
    """Write the scripts and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in _SCRIPTS.items():
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return folder
