"""Findings that the runner itself makes about a gate's command."""

from __future__ import annotations

from checks.model import Rule, Severity

EATEN_STATUS = Rule(
    id="gate.eaten-status",
    severity=Severity.WARNING,
    title="the command line hides the exit status of the program that judges",
    why="A shell reports the status of the last program of a pipe, and `|| true` reports success: "
    "the gate can then not fail.",
    wrong='lint: {command: "ruff check . | tail -5"}',
    right='lint: {command: "ruff check ."}  # skillgate keeps the whole log, and shows what matters of it',
)
LEFT_BEHIND = Rule(
    id="gate.left-behind",
    severity=Severity.WARNING,
    title="the gate left processes behind, which were ended",
    why="A server or daemon that outlives its gate holds ports and files, and makes the next run differ from this one.",
    wrong='smoke: {command: "uvicorn api.main:app & sleep 1; curl localhost:8000/health"}',
    right='smoke: {command: "pytest tests/smoke"}  # a fixture starts the server and stops it',
)
RULES = (EATEN_STATUS, LEFT_BEHIND)
