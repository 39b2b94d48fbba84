"""What pyproject.toml installs under a name of its own: console scripts, with the line that names them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.model import Place


@dataclass(frozen=True, slots=True)
class Script:
    """One console script: `target` is `module:function`; `folder` holds the pyproject.toml."""

    name: str
    target: str
    folder: str
    place: Place


def read_scripts(root: Path, files: Sequence[str]) -> tuple[Script, ...]:
    """The console scripts of every pyproject.toml; a file that is no TOML has none."""
    found = (file for file in files if file.rpartition("/")[2] == "pyproject.toml")
    return tuple(script for file in found for script in _scripts(root, file))


def _scripts(root: Path, file: str) -> Iterator[Script]:
    try:
        text = (root / file).read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError):
        return
    for name, target in _declared(data).items():
        line = re.search(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*=", text, re.MULTILINE)
        number = text.count("\n", 0, line.end()) + 1 if line else None
        yield Script(name, target, file.rpartition("/")[0], Place(file, number))


def _declared(data: dict[str, Any]) -> dict[str, str]:
    tables = (_at(data, "project", "scripts"), _at(data, "tool", "poetry", "scripts"))
    entries = (entry for table in tables for entry in table.items())
    return {name: target.partition("[")[0].strip() for name, target in entries if isinstance(target, str)}


def _at(data: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
