"""The report for machines: the shape of `report.schema.json`."""

from __future__ import annotations

from typing import Any

from checks.model import GateResult, RunResult

SCHEMA_VERSION = 1


def as_data(result: RunResult) -> dict[str, Any]:
    """The whole run as plain data, in the order that a reader wants it."""
    return {
        "schema": SCHEMA_VERSION,
        "verdict": result.verdict.value,
        "exit_code": result.exit_code,
        "project": result.project,
        "config": result.config,
        "python": result.python,
        "python_source": result.python_source,
        "started": result.started,
        "duration_s": result.duration_s,
        "complete": result.complete,
        "gates": [_gate(gate) for gate in result.gates],
    }


def _gate(gate: GateResult) -> dict[str, Any]:
    return {
        "name": gate.name,
        "status": gate.status.value,
        "reason": gate.reason,
        "command": gate.command,
        "exit_code": gate.exit_code,
        "signal": gate.signal,
        "duration_s": gate.duration_s,
        "timeout_s": gate.timeout_s,
        "evidence": dict(gate.evidence),
        "floor": dict(gate.floor),
        "diagnostics": [found.as_json() for found in gate.diagnostics],
        "log": gate.log,
    }


def config_error(project: str, message: str, problems: list[dict[str, object]]) -> dict[str, Any]:
    """The report of a run that never began."""
    return {
        "schema": SCHEMA_VERSION,
        "verdict": "config_error",
        "exit_code": 2,
        "project": project,
        "config": None,
        "python": None,
        "python_source": None,
        "started": None,
        "duration_s": 0.0,
        "complete": False,
        "gates": [],
        "error": message,
        "problems": problems,
    }
