"""The program as a user starts it, and the small configs that tests give it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Ran:
    """What a started program said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Skillgate = Callable[..., Ran]


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without what a surrounding gate, test run or activated environment would add to it."""
    ours = (
        "SKILLGATE_",
        "PYTEST_",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "PYTHONPATH",
        "COVERAGE_",
        "NO_COLOR",
        "FORCE_COLOR",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **more}


def gates(**commands: str | dict[str, Any]) -> str:
    """A skillgate.yaml with these gates: a command, or a whole definition (JSON is YAML)."""
    optional = {
        name.replace("_", "-"): {"command": value} if isinstance(value, str) else value
        for name, value in commands.items()
    }
    return json.dumps({"gates": {"optional": optional}}, indent=2)
