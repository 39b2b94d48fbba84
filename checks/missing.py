"""A program that is not there is told to the person, never blamed on the project's code."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from checks import commands
from checks.hints import install_command, run_command
from checks.model import Gate
from checks.process import Outcome

_NOT_FOUND = re.compile(rb"(?:^|[\s:`'\"])([^\s:`'\"]+): (?:command )?not found\s*$", re.MULTILINE)
_EXIT_NOT_EXECUTABLE, _EXIT_NOT_FOUND = 126, 127
_LOOKED_AT_BYTES = 64 * 1024


def missing_program(gate: Gate, outcome: Outcome, root: Path, path: str, log: Path) -> str | None:
    """Why the gate could not judge because a program was missing, and the command that brings it; None otherwise.

    Inside a shell command line the shell itself names the program in the log; an exit status of 0 behind it
    (`missing | tail`) does not make it found.
    """
    if outcome.not_started is not None:
        name = commands.argv(gate.command)[0]
        found = shutil.which(name, path=path)
        return outcome.not_started if found else f"{outcome.not_started}; {_remedy(name, root)}"
    if not commands.needs_shell(gate.command):
        return None
    named = _named_by_shell(gate.command, path, log)
    if named is not None:
        return f"`{named}` is not installed or not on PATH; {_remedy(named, root)}"
    if outcome.exit_code == _EXIT_NOT_FOUND:
        return "the shell found no program of that name (exit 127); the log names it"
    if outcome.exit_code == _EXIT_NOT_EXECUTABLE:
        return "the shell found the program but may not execute it (exit 126); `chmod +x` it"
    return None


def _named_by_shell(command: str, path: str, log: Path) -> str | None:
    absent = {name for name in commands.programs(command) if "/" not in name and not shutil.which(name, path=path)}
    if not absent:
        return None
    said = {match.decode("utf-8", "replace") for match in _NOT_FOUND.findall(_ends(log))}
    return min(absent & said, default=None)


def _ends(log: Path) -> bytes:
    try:
        with log.open("rb") as stream:
            head = stream.read(_LOOKED_AT_BYTES)
            stream.seek(max(len(head), log.stat().st_size - _LOOKED_AT_BYTES))
            return head + stream.read(_LOOKED_AT_BYTES)
    except OSError:
        return b""


def _remedy(name: str, root: Path) -> str:
    if name in {"pytest", "py.test", "python"}:
        return f"`{run_command(root, '--sync')}` (pytest must be among the project's dependencies)"
    return install_command(name)
