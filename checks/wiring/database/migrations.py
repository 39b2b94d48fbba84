"""Alembic in a project: where it is set up, and what became of its migrations on a real database."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.model import Place
from checks.process import Outcome
from checks.wiring.database.surroundings import Surroundings, Target
from checks.wiring.database.tables import parse
from checks.wiring.database.uses import Uses

STAGES = {"upgrade": "alembic upgrade head", "downgrade": "alembic downgrade base", "again": "alembic upgrade head"}


@dataclass(frozen=True, slots=True)
class Setup:
    """One `alembic.ini`: where it is used from, and the folder of its scripts (relative), as far as it is known."""

    ini: str
    folder: str
    scripts: str | None
    prepends: bool
    line: int | None = None

    @property
    def place(self) -> Place:
        """Where it is set up."""
        return Place(self.ini, self.line)


@dataclass(frozen=True, slots=True)
class Failure:
    """What stopped a stage: the error's own words, and every frame of the project on the way to it."""

    stage: str
    type: str
    message: str
    code: str | None
    missing: str | None
    statement: str
    frames: tuple[Place, ...]
    frame_files: tuple[str, ...] = ()


@dataclass(slots=True)
class Migrated:
    """What the probe said about one setup."""

    setup: Setup
    revisions: dict[str, str] = field(default_factory=dict)
    heads: tuple[str, ...] = ()
    done: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    failure: Failure | None = None
    differences: list[dict[str, Any]] = field(default_factory=list)
    enums: list[dict[str, Any]] = field(default_factory=list)
    """The enum types of the models: table, column, name of the type, values."""
    compared: bool = False
    trouble: str | None = None
    widened: bool = False
    """Whether it needed folders on the path that `alembic` does not look in."""


def find_setups(uses: Uses) -> tuple[Setup, ...]:
    """Every `alembic.ini` that is one."""
    named = [file for file in uses.files if file.endswith(".ini") and "[alembic]" in uses.text(file)]
    return tuple(_setup(uses, file) for file in named)


def _setup(uses: Uses, file: str) -> Setup:
    setup, text = _read_setup(uses, file), uses.text(file)
    found = re.search(r"^\[alembic\]", text, re.MULTILINE)
    return replace(setup, line=text.count("\n", 0, found.start()) + 1 if found else None)


def _read_setup(uses: Uses, file: str) -> Setup:
    here = file.rpartition("/")[0]
    settings = configparser.RawConfigParser(strict=False)
    try:
        settings.read_string(uses.text(file))
        location = settings.get("alembic", "script_location", fallback="")
        prepends = bool(settings.get("alembic", "prepend_sys_path", fallback="").strip())
    except configparser.Error:
        return Setup(file, here, None, True)
    if "%(here)s" in location:
        return Setup(file, here, _joined(here, location.replace("%(here)s", ".")), prepends)
    if ":" in location:
        return Setup(file, here, location.replace(":", "/"), prepends)
    for folder in dict.fromkeys((here, "")):
        scripts = _joined(folder, location)
        if any(each.startswith(f"{scripts}/") for each in uses.files):
            return Setup(file, folder, scripts, prepends)
    return Setup(file, here, None, prepends)


def _joined(folder: str, path: str) -> str:
    return Path(folder, path).as_posix().removeprefix("./")


def migrate(
    uses: Uses,
    setup: Setup,
    around: Surroundings,
    target: Target,
    models: list[dict[str, Any]],
    stages: tuple[str, ...] = ("upgrade", "downgrade", "again"),
) -> Migrated:
    """Up, down, up again; once more with a wider path where only that is missing."""
    ini = around.project / setup.ini
    request = {
        "ini": str(ini),
        "cwd": str(around.project / setup.folder),
        "target": "heads" if uses.says(r"upgrade[\"',\s]+heads\b") else "head",
        "stages": stages,
        "models": models,
        "sqlite": str(target.sqlite),
        "server": target.as_json(),
    }
    migrated = _read(setup, around, *around.ask(request))
    missing = migrated.failure.missing if migrated.failure else None
    if missing and "." not in missing and not migrated.done and _is_own(uses, missing):
        folders = dict.fromkeys((around.project / setup.folder, around.project, around.project / "src"))
        again = _read(setup, around, *around.ask(request, path=tuple(folders)))
        again.widened = True
        return again
    return migrated


def _is_own(uses: Uses, module: str) -> bool:
    top = module.partition(".")[0]
    return any(re.search(rf"(?:^|/){re.escape(top)}(?:\.py$|/)", file) for file in uses.system.files)


def _read(setup: Setup, around: Surroundings, events: list[dict[str, Any]], outcome: Outcome) -> Migrated:
    migrated, stage, ended = Migrated(setup), "start", False
    for event in events:
        match event["event"]:
            case "revisions":
                shown = {name: around.shown(path) for name, path in event["paths"].items()}
                migrated.revisions = {name: path for name, path in shown.items() if path}
                migrated.heads = tuple(event["heads"])
            case "begin":
                stage = event["stage"]
            case "done":
                migrated.done[event["stage"]] = event
            case "models":
                migrated.differences, migrated.compared = event["differences"], True
                migrated.enums = event.get("enums", [])
            case "failed":
                migrated.failure = _failure(event, stage, around)
            case "end":
                ended = True
    if not ended:
        migrated.trouble = _trouble(outcome, stage)
    return migrated


def _failure(event: Mapping[str, Any], stage: str, around: Surroundings) -> Failure:
    frames = [(around.shown(file), line) for file, line in event["frames"]]
    if event.get("syntax") and event["syntax"][0]:
        frames.append((around.shown(event["syntax"][0]), event["syntax"][1] or 1))
    return Failure(
        stage=stage,
        type=event["type"],
        message=" ".join(str(event["message"]).split())[:600],
        code=event.get("code"),
        missing=event.get("missing"),
        statement=event.get("statement") or "",
        frames=tuple(Place(file, line) for file, line in frames if file),
        frame_files=tuple(file for file, _ in event["frames"]),
    )


def _trouble(outcome: Outcome, stage: str) -> str:
    if outcome.not_started:
        return outcome.not_started
    if outcome.timed_out:
        return f"`{STAGES.get(stage, stage)}` did not end in time"
    lines = outcome.output.decode("utf-8", "backslashreplace").strip().splitlines()
    return f"`{STAGES.get(stage, stage)}` ended with status {outcome.exit_code}" + (f": {lines[-1]}" if lines else "")


def downgrades(uses: Uses, files: Iterator[str]) -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    """The `downgrade` of each migration; whether it is deliberately refused (`raise`)."""
    for file in files:
        tree = parse(uses.text(file))
        for node in tree.body if tree else ():
            if isinstance(node, ast.FunctionDef) and node.name == "downgrade":
                yield file, node, any(isinstance(each, ast.Raise) for each in ast.walk(node))


def does_nothing(function: ast.FunctionDef) -> bool:
    """Whether a function's body is empty."""
    return all(
        isinstance(each, ast.Pass) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in function.body
    )


def upgrade_of(uses: Uses, file: str) -> ast.FunctionDef | None:
    """The `upgrade` of a migration."""
    tree = parse(uses.text(file))
    functions = [node for node in (tree.body if tree else ()) if isinstance(node, ast.FunctionDef)]
    return next((node for node in functions if node.name == "upgrade"), None)
