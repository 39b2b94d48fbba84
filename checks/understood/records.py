"""What a built-in check leaves for the runner: one JSON file in the gate's evidence folder.

A file and not stdout, so that a check also counts where the gate's command pipes it, or where another program
(the Temporal CLI) starts it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from checks.model import CheckResult, Diagnostic
from checks.store import write_whole
from checks.understood.collected import Collected

FOLDER = "SKILLGATE_EVIDENCE"
"""The environment variable that names the evidence folder to whatever the gate starts."""


def write_record(folder: Path, result: CheckResult) -> None:
    """Leave a check's result for the runner."""
    data = {
        "check": result.check,
        "evidence": dict(result.evidence),
        "diagnostics": [found.as_json() for found in result.diagnostics],
        "blocked": result.blocked,
    }
    write_whole(folder / f"check-{result.check}-{os.getpid()}.json", json.dumps(data))


def collect_checks(folder: Path, exit_code: int | None) -> Collected:
    """Everything that checks left in the folder, summed; an exit status of 0 beside errors is a contradiction."""
    evidence: dict[str, int | str] = {}
    diagnostics: list[Diagnostic] = []
    blocked: list[str] = []
    records = sorted(folder.glob("check-*.json"))
    for record in records:
        data = json.loads(record.read_text(encoding="utf-8"))
        _add(evidence, data["evidence"])
        diagnostics += [Diagnostic.from_json(found) for found in data["diagnostics"]]
        blocked += [data["blocked"]] if data["blocked"] else []
    errors = sum(found.severity == "error" for found in diagnostics)
    failure = None
    if errors:
        failure = f"{errors} {'error' if errors == 1 else 'errors'}"
        failure += ", yet the command exited 0: a pipe or `|| true` ate the status" if exit_code == 0 else ""
    elif not records and exit_code == 0:
        failure = "the command exited 0, but no check reported what it looked at"
    return Collected(evidence, tuple(diagnostics), failure, "; ".join(dict.fromkeys(blocked)) or None)


def _add(total: dict[str, int | str], more: Mapping[str, int | str]) -> None:
    for kind, amount in more.items():
        before = total.get(kind)
        total[kind] = before + amount if isinstance(before, int) and isinstance(amount, int) else amount
