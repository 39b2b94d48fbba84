"""Reads the Python code of a project into `Code`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from checks.wiring.code.index import Index
from checks.wiring.code.model import Code


def read_code(root: Path, files: Sequence[str]) -> Code:
    """What the project's Python files offer and ask for; each part is read when it is first asked for."""
    index = Index(root, files)
    scripts = {script.name: script.target for script in reversed(index.scripts)}
    return Code(root, scripts, index.sources.dotted_names(), index)
