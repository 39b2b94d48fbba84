"""What the real Temporal CLI makes of `temporal workflow validate`: it runs our executable, whatever its words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CLI = Path(sys.executable).parent / "temporal"
STAND_IN = """#!{python}
import json, os, sys
print(json.dumps([sys.argv[1:], os.getcwd(), os.environ.get("SAID"), sys.stdin.read()]))
raise SystemExit(3)
"""


def run_cli(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}/usr/bin", "HOME": str(folder), "SAID": "yes"}
    return subprocess.run([CLI, *words], env=environment, cwd=folder, input="in", capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    program = tmp_path / "temporal-workflow-validate"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("project",),
        ("project", "--format", "json"),
        ("--format", "json", "project"),
        ("--address", "localhost:1", "project"),
        ("--help",),
        ("--", "project"),
    ],
)
def test_words_status_folder_and_environment_reach_the_extension(folder: Path, words: tuple[str, ...]) -> None:
    import json

    done = run_cli(folder, "workflow", "validate", *words)
    assert done.returncode == 3
    assert json.loads(done.stdout) == [list(words), str(folder), "yes", "in"]


def test_the_clis_own_options_before_the_command_are_handed_on(folder: Path) -> None:
    import json

    done = run_cli(folder, "--address", "localhost:1", "workflow", "validate", "project")
    assert json.loads(done.stdout)[0] == ["--address", "localhost:1", "project"]


def test_without_the_extension_there_is_no_such_command(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "workflow", "validate")
    assert done.returncode == 1
    assert "unknown command" in done.stderr + done.stdout
