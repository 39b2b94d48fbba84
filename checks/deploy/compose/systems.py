"""The project's Compose systems as merged models, for those who hold them against code."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from checks.deploy.compose.embedded import Judged, judge
from checks.deploy.compose.env_files import with_env_files
from checks.deploy.compose.files import FileSet, Request, find_sets, read_variables
from checks.deploy.compose.program import gate_variables
from checks.deploy.compose.system import System
from checks.model import CheckContext, Severity

EVERY_PROFILE = ("*",)


def read_systems(context: CheckContext) -> tuple[System, ...]:
    """The model of each set of Compose files that stands by itself, every profile on, env files put in.

    Sets that are broken are left out: the check `compose` says what is wrong with them.
    """
    with tempfile.TemporaryDirectory(prefix="skillgate-home-") as home:
        return tuple(_systems(context, Path(home)))


def settle(files: FileSet, environment: Mapping[str, str]) -> FileSet:
    """The set with what interpolation sees: its env files, and over them the few variables of `environment`."""
    name = files.name or files.directory.resolve().name.lower()
    shell = {"PWD": str(files.directory), **environment}
    return replace(files, variables={"COMPOSE_PROJECT_NAME": name, **read_variables(files.env_files), **shell})


def _systems(context: CheckContext, home: Path) -> Iterator[System]:
    environment = gate_variables(context.environment)
    for files in find_sets(context.root, Request()):
        judged = _judged(files, context.root, home, environment)
        if files.variant is not None:
            alone = _judged(files.alone(), context.root, home, environment)
            judged = alone or judged
        if judged is not None and judged.model is not None:
            services = {name: item or {} for name, item in judged.model["services"].items()}
            yield System(with_env_files(services), judged.model, judged.places, context.root, services)


def _judged(files: FileSet, root: Path, home: Path, environment: Mapping[str, str]) -> Judged | None:
    """The set where nothing is wrong with it but an env file that somebody makes later."""
    judged = judge(settle(files, environment), root, home, EVERY_PROFILE)
    errors = [found for found in judged.diagnostics if found.severity is Severity.ERROR]
    usable = all(found.rule in ("compose.missing-env-file", "compose.required-variable") for found in errors)
    return judged if usable and judged.model is not None else None
