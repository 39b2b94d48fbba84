"""`skillgate check` and `skillgate raw run`, without their command lines."""

from __future__ import annotations

import gc
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from checks import registry
from checks.judge import SHORT
from checks.model import CheckContext, CheckResult
from checks.project import PythonNotFound, find_python
from checks.reports.causes import place
from checks.run import UsageError, cores, project_root
from checks.understood.records import FOLDER, write_record

EXIT_CLEAN, EXIT_ERRORS, EXIT_USAGE, EXIT_NOT_JUDGED = 0, 1, 2, 3


def run_check(
    name: str,
    path: Path,
    arguments: tuple[str, ...],
    python: str | None,
    jobs: int | None,
    format: str,  # noqa: A002  # the option's name
    environment: Mapping[str, str],
    out: TextIO,
    trouble: TextIO,
    record: str | None = None,
    address: str = "127.0.0.1:7233",
    namespace: str = "default",
) -> int:
    """Run one check, print what it found, and leave it for a runner that asked for it."""
    if name not in registry.CHECKS:
        return _usage(f"no check is called `{name}`; the checks are: {', '.join(registry.CHECKS)}", trouble)
    try:
        context = _context(path, arguments, python, jobs, environment)
    except (UsageError, PythonNotFound) as error:
        return _usage(str(error), trouble)
    if record is not None:
        return _record(name, context, (record, address, namespace), out, trouble)
    gc.enable()  # syntax trees of a whole project are garbage in time
    result = registry.load_check(name)(context)
    folder = environment.get(FOLDER)
    if folder:
        write_record(Path(folder), result)
    out.write(_as_json(result) if format == "json" else _as_text(result))
    out.flush()
    return exit_status(result)


def _record(name: str, context: CheckContext, wanted: tuple[str, str, str], out: TextIO, trouble: TextIO) -> int:
    """Save a history; nothing is judged."""
    if name != "temporal":
        return _usage(f"`--record` belongs to `check temporal`, not to `check {name}`", trouble)
    from checks.temporal.record import NotRecorded, record

    try:
        path = record(context, *wanted)
    except NotRecorded as error:
        print(f"skillgate: {error}", file=trouble)
        return EXIT_NOT_JUDGED
    out.write(f"recorded {path.relative_to(context.root).as_posix()}\n")
    return EXIT_CLEAN


def exit_status(result: CheckResult) -> int:
    """0 nothing of error severity, 1 some, 3 could not judge."""
    if result.has_errors():
        return EXIT_ERRORS
    return EXIT_NOT_JUDGED if result.blocked is not None else EXIT_CLEAN


def _context(
    path: Path, arguments: tuple[str, ...], python: str | None, jobs: int | None, environment: Mapping[str, str]
) -> CheckContext:
    root = project_root(path)
    inherited = {name: value for name, value in environment.items() if name != FOLDER}
    chosen = find_python(root, python or environment.get("SKILLGATE_PYTHON"), environment)
    return CheckContext(root, chosen.path, jobs or cores(), arguments, inherited)


def _as_json(result: CheckResult) -> str:
    data: dict[str, object] = {
        "check": result.check,
        "evidence": dict(result.evidence),
        "diagnostics": [found.as_json() for found in result.diagnostics],
    }
    if result.blocked is not None:
        data["blocked"] = result.blocked
    return json.dumps(data, indent=2) + "\n"


def _as_text(result: CheckResult) -> str:
    lines = []
    for found in result.diagnostics:
        where = place(found)
        lines.append(f"{where + ': ' if where else ''}{found.severity.value}: {found.message} [{found.rule}]")
        if found.hint:
            lines.append(textwrap.indent(f"hint: {found.hint}", "  "))
    if result.blocked is not None:
        lines.append(f"could not judge: {result.blocked}")
    words = {kind: text for kind, text in result.evidence.items() if isinstance(text, str)}
    apart = words if any(len(text) > SHORT for text in words.values()) else {}
    lines += [f"{kind}: {text}" for kind, text in apart.items()]
    evidence = ", ".join(f"{kind} {amount}" for kind, amount in result.evidence.items() if kind not in apart)
    return "\n".join([*lines, f"{result.check}: looked at {evidence or 'nothing'}"]) + "\n"


def run_raw(
    workflow: str,
    arguments: tuple[str, ...],
    dry: bool,
    project: Path,
    python: str | None,
    environment: Mapping[str, str],
    trouble: TextIO,
) -> int:
    """Run a RAW workflow; its exit status is ours."""
    from checks.raw.run_workflow import WorkflowError, run_workflow

    try:
        root = project_root(project)
        chosen = find_python(root, python or environment.get("SKILLGATE_PYTHON"), environment)
    except (UsageError, PythonNotFound) as error:
        return _usage(str(error), trouble)
    try:
        return run_workflow(root, workflow, dry, arguments, chosen.path, environment)
    except WorkflowError as error:
        return _usage(str(error), trouble)


def _usage(message: str, trouble: TextIO) -> int:
    print(f"skillgate: {message}", file=trouble)
    return EXIT_USAGE
