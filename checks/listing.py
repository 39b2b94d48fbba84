"""`skillgate list`: the gates that apply to a project, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from checks import catalog
from checks.config import ConfigError
from checks.model import CatalogEntry, Gate
from checks.run import UsageError, load_gates, project_root


def list_project(project: Path, config: Path | None, format: str, out: TextIO, trouble: TextIO) -> int:  # noqa: A002
    """Print the gates; 2 where the config is wrong or nothing applies."""
    try:
        root = project_root(project)
        rows = [_row(gate) for gate in load_gates(root, config).gates]
    except (UsageError, ConfigError) as error:
        print(f"skillgate: {error}", file=trouble)
        return 2
    out.write(json.dumps({"gates": rows}, indent=2) + "\n" if format == "json" else _as_text(rows))
    return 0


def _row(gate: Gate) -> dict[str, object]:
    entry: CatalogEntry | None = catalog.load_entry(gate.name)
    why = f"named in {gate.place}" if gate.requested else "its inputs are there"
    return {
        "name": gate.name,
        "title": entry.title if entry else "the project's own gate",
        "command": gate.command,
        "timeout_s": gate.timeout_s,
        "inputs": list(entry.inputs) if entry else [],
        "floor": dict(gate.floor),
        "needs": list(gate.needs),
        "why": why,
    }


def _as_text(rows: list[dict[str, object]]) -> str:
    width = max(len(str(row["name"])) for row in rows)
    lines = []
    for row in rows:
        inputs = row["inputs"]
        looked = f"; looks at {', '.join(inputs)}" if isinstance(inputs, list) and inputs else ""
        lines.append(f"{str(row['name']).ljust(width)}  {row['command']}  (limit {row['timeout_s']:g} s)")
        lines.append(f"{' ' * width}  {row['title']}; {row['why']}{looked}")
    return "\n".join(lines) + "\n"
