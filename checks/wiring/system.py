"""The whole system, as every family of rules sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from checks.model import CheckContext, Diagnostic
from checks.wiring.code.model import Code
from checks.wiring.model import Deployment


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """A project, read once. `files` are the project's own, relative; `unread` says what could not be read, and why."""

    context: CheckContext
    files: tuple[str, ...]
    code: Code
    deployments: tuple[Deployment, ...]
    unread: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        """The project's folder, absolute."""
        return self.context.root


@dataclass(frozen=True, slots=True)
class Findings:
    """What one family of rules came to; `looked_at` counts its items by kind (`variables: 12`)."""

    diagnostics: tuple[Diagnostic, ...] = ()
    looked_at: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    blocked: str | None = None


Family = Callable[[System], Findings]
