"""Runs one RAW workflow with the runtime that serves the project: `skillgate raw run`, `skillgate raw path`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from checks.raw.runtime import ask_python, embedded_path, join_path
from checks.raw.workflows import WORKFLOWS, find_folders

__all__ = ["Launch", "WorkflowError", "embedded_path", "find_one", "prepare", "run_workflow"]
DRY_LIMIT_S = 60
"""RAW's own limit for a dry run."""


class WorkflowError(Exception):
    """Why no workflow could be started, in words for a person."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A program that is ready to take this one's place."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]


def run_workflow(
    root: Path, wanted: str, dry: bool, arguments: Sequence[str], python: Path, environment: Mapping[str, str]
) -> NoReturn:
    """Runs the workflow in this program's place, so that its input, output, signals and status are its own.

    Raises WorkflowError where there is nothing to run.
    """
    launch = prepare(root, wanted, dry, arguments, python, environment)
    try:
        sys.stdout.flush()
        os.chdir(launch.cwd)
        os.execve(launch.argv[0], launch.argv, dict(launch.env))
    except OSError as error:
        raise WorkflowError(f"`{launch.argv[0]}` cannot be started: {error.strerror}") from None


def prepare(
    root: Path, wanted: str, dry: bool, arguments: Sequence[str], python: Path, environment: Mapping[str, str]
) -> Launch:
    """Finds the workflow and makes the folder of its run; raises WorkflowError where that cannot be."""
    root = root.absolute()
    folder = find_one(root, wanted)
    script = folder / ("dry_run.py" if dry else "run.py")
    if not script.is_file():
        raise WorkflowError(f"workflow `{folder.name}` has no {script.name}")
    env = _environment(root, python, environment)
    run_folder = None if dry else _new_run(folder)
    launcher = str(Path(__file__).parent / "launcher.py")
    limit = str(DRY_LIMIT_S) if dry else ""
    argv = (str(python), launcher, str(script), folder.name, str(run_folder or ""), limit, *arguments)
    return Launch(argv, run_folder or folder, env)


def find_one(root: Path, wanted: str) -> Path:
    """The folder of the workflow whose id is `wanted`, or the only one whose id contains it."""
    folders = {folder.name: folder for folder in find_folders(root)}
    if wanted in folders:
        return folders[wanted]
    matching = [name for name in folders if wanted in name]
    if len(matching) == 1:
        return folders[matching[0]]
    if matching:
        raise WorkflowError(f"`{wanted}` is a part of more than one workflow's id: {_listed(matching)}")
    raise WorkflowError(f"no workflow `{wanted}`{_instead(wanted, list(folders), root)}")


def _instead(wanted: str, names: Sequence[str], root: Path) -> str:
    if not names:
        return f": there is none below `{root / WORKFLOWS}`"
    from difflib import get_close_matches

    parts = {part: name for name in names for part in (*name.split("-"), _short(name), name)}
    close = get_close_matches(wanted, parts, n=1)
    return f"; did you mean `{parts[close[0]]}`?" if close else f"; there are {_listed(names)}"


def _short(name: str) -> str:
    """The name without the date and the hash that RAW puts around it."""
    parts = name.split("-")
    return "-".join(parts[1:-1]) if len(parts) > 2 and parts[0].isdigit() else name


def _listed(names: Sequence[str]) -> str:
    more = len(names) - 10
    return ", ".join(f"`{name}`" for name in names[:10]) + (f" and {more} more" if more > 0 else "")


def _environment(root: Path, python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    runtime = ask_python(python, root, environment)
    if runtime.problem:
        raise WorkflowError(runtime.problem)
    embedded = str(embedded_path()) if runtime.embedded else ""
    return {**environment, "PYTHONPATH": join_path(str(root), environment.get("PYTHONPATH", ""), embedded)}


def _new_run(folder: Path) -> Path:
    """A new folder `runs/<timestamp>`, with what RAW puts into it before the workflow starts."""
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    try:
        for name in (stamp, *(f"{stamp}-{number}" for number in range(2, 1000))):
            run = folder / "runs" / name
            try:
                run.mkdir(parents=True)
            except FileExistsError:
                continue
            (run / "results").mkdir()
            (run / "output.log").touch()
            return run
    except OSError as error:
        raise WorkflowError(f"cannot make a folder below `{folder / 'runs'}`: {error.strerror}") from None
    raise WorkflowError(f"`{folder / 'runs'}` holds too many runs of this second")
