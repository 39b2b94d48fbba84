"""`skillgate doctor`: before a run, whether each gate's program is there and works, and what else serves."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from checks.config import ConfigError
from checks.model import Gate
from checks.project import Python, PythonNotFound, find_python
from checks.ready import ready
from checks.run import UsageError, load_gates, project_root
from checks.understood.dispatch import Surroundings, prepare

EXIT_READY, EXIT_USAGE, EXIT_NOT_READY = 0, 2, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one gate can judge here: `says` tells a person what serves, or the command that installs it."""

    gate: str
    ready: bool
    says: str


def examine(
    project: Path,
    config: Path | None,
    python: str | None,
    format: str,  # noqa: A002  # the option's name
    environment: Mapping[str, str],
    out: TextIO,
    trouble: TextIO,
) -> int:
    """Examine every gate of a project and print what was found."""
    try:
        root = project_root(project)
        gates = load_gates(root, config).gates
        chosen = find_python(root, python, environment)
    except (UsageError, ConfigError, PythonNotFound) as error:
        print(f"skillgate: {error}", file=trouble)
        return EXIT_USAGE
    surroundings = _surroundings(root, chosen, environment)
    findings = [_examine_gate(gate, surroundings) for gate in gates]
    out.write(_as_json(findings) if format == "json" else _as_text(findings, chosen))
    return EXIT_READY if all(finding.ready for finding in findings) else EXIT_NOT_READY


def _surroundings(root: Path, python: Python, environment: Mapping[str, str]) -> Surroundings:
    path = os.pathsep.join([str(python.path.parent), environment.get("PATH", os.defpath)])
    return Surroundings(root, python, root, {**environment, "PATH": path})


def _examine_gate(gate: Gate, around: Surroundings) -> Finding:
    prepared = prepare(gate, around)
    if prepared.needs_python and around.python.problem is not None:
        return Finding(gate.name, False, around.python.problem)
    able, says = ready(gate, prepared.kinds, around)
    return Finding(gate.name, able, says)


def _as_json(findings: list[Finding]) -> str:
    return (
        json.dumps(
            {"ready": all(each.ready for each in findings), "gates": [asdict(each) for each in findings]}, indent=2
        )
        + "\n"
    )


def _as_text(findings: list[Finding], python: Python) -> str:
    width = max(len(finding.gate) for finding in findings)
    lines = [f"python: {python.describe()}"]
    lines += [f"{'ready  ' if each.ready else 'MISSING'}  {each.gate.ljust(width)}  {each.says}" for each in findings]
    unready = sum(not each.ready for each in findings)
    lines.append(f"{unready} of {len(findings)} gates cannot judge here" if unready else "every gate can judge here")
    return "\n".join(lines) + "\n"
