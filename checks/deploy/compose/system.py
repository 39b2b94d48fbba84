"""The merged model of a system, as the rules over it see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.deploy.compose.places import Places


@dataclass(frozen=True, slots=True)
class System:
    """The model under judgement: services with absolute paths, and where things were written."""

    services: Mapping[str, dict[str, Any]]
    model: Mapping[str, Any]
    places: Places
    root: Path

    def inside(self, path: Path) -> bool:
        """Whether `path` belongs to the project: only there can it be known what a fresh copy holds."""
        return path.is_relative_to(self.root) or path.is_relative_to(self.root.resolve())
