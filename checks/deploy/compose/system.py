"""The merged model of a system, as the rules over it see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from checks.deploy.compose.places import Places

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class System:
    """The model under judgement: services with absolute paths, and where things were written.

    `written` are the services as the files have them before the long form loses something: env files, and commands
    of which Compose keeps only what stands before a shell's operator. `memory` is what `remembered` found out.
    """

    services: Mapping[str, dict[str, Any]]
    model: Mapping[str, Any]
    places: Places
    root: Path
    written: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    memory: dict[tuple[Any, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    def inside(self, path: Path) -> bool:
        """Whether `path` belongs to the project: only there can it be known what a fresh copy holds."""
        return path.is_relative_to(self.root) or path.is_relative_to(self.root.resolve())


def remembered(function: Callable[Concatenate[System, _P], _T]) -> Callable[Concatenate[System, _P], _T]:
    """Asks once for each system and each arguments: many rules want to know the same of a Dockerfile."""

    @wraps(function)
    def asked(system: System, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (function, args)
        if key not in system.memory:
            system.memory[key] = function(system, *args, **kwargs)
        found: _T = system.memory[key]
        return found

    return asked
