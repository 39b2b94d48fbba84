"""How the runner understands pytest: a plug-in writes down what the session did; nobody reads its output."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from checks.hints import program
from checks.model import Gate
from checks.understood.collected import Collected
from checks.understood.part import Part, Surroundings
from checks.understood.pytest_command import (
    PLUGIN,
    PLUGIN_FOLDER,
    keep_plugin_reachable,
    mentions_pytest,
    own_environment_tool,
    starts_by_name,
)
from checks.understood.pytest_findings import findings
from checks.understood.pytest_reasons import unseen, why_failed
from checks.understood.pytest_sessions import Session, read_sessions, total
from checks.understood.records import FOLDER

__all__ = ["collect", "environment", "keep_plugin_reachable", "mentions_pytest", "missing_pytest", "pytest_part"]

_LOOK_FOR_PYTEST = "import importlib.util, sys; sys.exit(0 if importlib.util.find_spec('pytest') else 9)"
_NOT_THERE = 9
_LOOK_FOR_LIMIT_S = 20.0


def pytest_part(gate: Gate, around: Surroundings) -> Part:
    """What is added to a command that starts pytest somewhere."""

    def collected(exit_code: int | None) -> Collected:
        found = collect(around.folder, exit_code, around.root)
        if exit_code and not found.evidence and found.blocked is None:
            blocked = missing_pytest(gate.command, around.python.path, around.environment)
            return Collected({}, found.diagnostics, found.failure, blocked)
        return found

    extra = environment(around.folder, around.environment)
    return Part("tests", "tests", collected, extra, True, rewrite=keep_plugin_reachable)


def environment(folder: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """What to add to a command's environment so that its pytest leaves its evidence in `folder`.

    The plug-in comes behind everything the user has there; once loaded it takes itself out of both variables again.
    """
    added = {FOLDER: str(folder.absolute())}
    for variable, separator, value in (("PYTHONPATH", os.pathsep, str(PLUGIN_FOLDER)), ("PYTEST_PLUGINS", ",", PLUGIN)):
        before = inherited.get(variable)
        added[variable] = f"{before}{separator}{value}" if before else value
    return added


def collect(folder: Path, exit_code: int | None, root: Path) -> Collected:
    """What the pytest sessions of a command really did, held against its exit status (None: a signal ended it).

    Evidence is empty where no session was seen at all.
    """
    recorded = read_sessions(folder)
    sessions = tuple(session for session in recorded if not session.only_asked)
    if not sessions:
        return Collected({}, failure=unseen(exit_code, asked=bool(recorded)))
    reason = why_failed(sessions, exit_code)
    return Collected(_evidence(sessions), findings(sessions, reason, root), reason.text if reason else None)


def missing_pytest(command: str, python: Path, environment: Mapping[str, str]) -> str | None:
    """Why no session could begin: pytest is not there; None where that is not the reason.

    Asked only where no session was seen. With `uv run` and its like the tool chooses the Python, and says so itself.
    """
    if own_environment_tool(command):
        return None
    name = starts_by_name(command)
    there = shutil.which(name, path=environment.get("PATH")) is not None if name else _importable(python, environment)
    if there:
        return None
    return (
        f"pytest is not installed for `{python}`, the project's Python: with pytest among the project's dependencies "
        f"`{program()} run --sync` brings it, otherwise `{python} -m pip install pytest`"
    )


def _importable(python: Path, environment: Mapping[str, str]) -> bool:
    from checks import process

    argv = (str(python), "-c", _LOOK_FOR_PYTEST)
    outcome = process.run(process.Command(argv, python.parent, environment, _LOOK_FOR_LIMIT_S))
    return outcome.exit_code != _NOT_THERE


def _evidence(sessions: Sequence[Session]) -> dict[str, int | str]:
    counts = {kind: total(sessions, kind) for kind in ("passed", "failed", "skipped")}
    rarer = {
        "errors": total(sessions, "error"),
        "xfailed": total(sessions, "xfailed"),
        "xpassed": total(sessions, "xpassed"),
        "deselected": sum(session.deselected for session in sessions),
        "reruns": sum(session.reruns for session in sessions),
        "uncollected": sum(session.uncollected for session in sessions),
    }
    evidence: dict[str, int | str] = {"tests": sum(session.tests for session in sessions), **counts}
    evidence.update({kind: count for kind, count in rarer.items() if count})
    evidence["pytest"] = ", ".join(dict.fromkeys(session.pytest for session in sessions))
    return evidence
