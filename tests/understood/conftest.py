"""Small real projects, and real pytest sessions in them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from checks.understood import pytest as understood
from checks.understood.collected import Collected


@dataclass(frozen=True)
class Watched:
    """A command that ran in a project, and what was collected around it."""

    root: Path
    folder: Path
    exit_code: int | None
    output: str
    found: Collected

    def rules(self) -> list[str]:
        return [diagnostic.rule for diagnostic in self.found.diagnostics]

    def places(self, rule: str) -> list[tuple[str | None, int | None, str]]:
        return [(one.file, one.line, one.message) for one in self.found.diagnostics if one.rule == rule]


def plain_environment(**more: str) -> dict[str, str]:
    """This process's environment without what the pytest that runs these tests put there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON", "SKILLGATE"))}
    bin_folder = str(Path(sys.executable).parent)
    return {**kept, "PATH": f"{bin_folder}{os.pathsep}{kept.get('PATH', '')}", "COLUMNS": "100", **more}


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


Watch = Callable[..., Watched]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Runs a command line in a project made of `files`, watched the way the runner does it."""

    def run(files: Mapping[str, str], command: str = "pytest", **more: str) -> Watched:
        root = write_project(tmp_path / "project", files)
        folder = tmp_path / "evidence"
        folder.mkdir(exist_ok=True)
        before = plain_environment(**{"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **more})
        environment = {**before, **understood.environment(folder, before)}
        done = subprocess.run(
            ["/bin/sh", "-c", understood.keep_plugin_reachable(command)],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        exit_code = done.returncode if done.returncode >= 0 else None
        found = understood.collect(folder, exit_code, root)
        return Watched(root, folder, exit_code, done.stdout.decode("utf-8", "backslashreplace"), found)

    return run
