"""A shell as an assistant has it: `skillgate` on PATH, the environment of the tests as the active one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from skill.installing import commit, copy_tree, install_the_installer, once
from support.program import clean_environment

Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """`skillgate`, `python` and what else the tests' environment has, before everything else on PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    skillgate = programs / "skillgate"
    skillgate.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -m checks "$@"\n', encoding="utf-8")
    skillgate.chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return clean_environment(PATH=path, VIRTUAL_ENV=sys.prefix, TMPDIR=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")


@pytest.fixture
def start(environment: dict[str, str]) -> Shell:
    """Starts a program in a folder and gives back what became of it, with stdout and stderr together."""

    def run(*words: str | Path, cwd: Path, limit: float = 120, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in words],
            cwd=cwd,
            env={**environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of npm's agent-skills-cli."""
    return once(tmp_path_factory, "installer", install_the_installer) / "node_modules" / ".bin" / "skills"


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository as it stands; tests leave it as it is."""

    def build(folder: Path) -> None:
        commit(copy_tree(folder / "system-architecture"))

    return once(tmp_path_factory, "checkout", build) / "system-architecture"


@pytest.fixture
def skills(installer: Path, start: Shell, tmp_path: Path) -> Shell:
    """Runs the installer with a home of its own: it keeps a list of what it installed there."""
    home = tmp_path / "home"
    home.mkdir()

    def run(*words: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
        quiet = {"HOME": str(home), "DISABLE_TELEMETRY": "1", "CI": "1", "NO_COLOR": "1"}
        return start(installer, *words, cwd=cwd, **{**quiet, **more})

    return run
