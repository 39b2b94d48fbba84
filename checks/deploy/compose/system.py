"""The merged model of a system, as the rules over it see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.deploy.compose.places import Places


@dataclass(frozen=True, slots=True)
class System:
    """The model under judgement: services with absolute paths, and where things were written.

    `written` are the services as the files have them before the long form loses something: env files, and commands
    of which Compose keeps only what stands before a shell's operator.
    """

    services: Mapping[str, dict[str, Any]]
    model: Mapping[str, Any]
    places: Places
    root: Path
    written: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def inside(self, path: Path) -> bool:
        """Whether `path` belongs to the project: only there can it be known what a fresh copy holds."""
        return path.is_relative_to(self.root) or path.is_relative_to(self.root.resolve())
