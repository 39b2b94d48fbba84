"""What every test may use: the program as a user starts it, and projects made on the spot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.program import Ran, Skillgate, clean_environment


@pytest.fixture
def skillgate() -> Skillgate:
    """Run `skillgate WORDS...` to its end; `cwd`, `env` (additions) and `limit` in seconds may be given."""

    def run(*words: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, limit: float = 120) -> Ran:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "checks", *map(str, words)],
            cwd=cwd,
            env=clean_environment(**(env or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def project(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write a project from a mapping of paths to texts and return its folder."""

    def write(files: dict[str, str], name: str = "project") -> Path:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return root

    return write
