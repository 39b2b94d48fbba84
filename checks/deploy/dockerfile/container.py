"""The container in which a command runs, and what can be wrong with a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.packages import Packages
from checks.model import Severity


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a command: the last part of its rule, what, and how to mend it."""

    rule: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Container:
    """Where a command runs. `installed` is true where the project itself is installed as a package.

    `changed` are the files whose mode a RUN changes, by their names. `installing` is what installs packages, in every
    stage.
    """

    contents: Contents
    workdir: str | None
    variables: Mapping[str, str | None]
    packages: Packages
    installed: bool
    modes: str = ""
    chmod: frozenset[str] = field(default_factory=frozenset)
    local: tuple[str, ...] = ()
    installing: str = ""
    packed: tuple[tuple[Contents, str], ...] | None = None
    """What lay where when the project was installed; None where that is not known."""

    def brings(self, top: str) -> bool:
        """Whether a module of the project may have come with its installation: one that was copied before it."""
        if not self.installed or self.packed is None:
            return self.installed
        ends = ("", ".py")
        ways = [
            (contents, f"{folder.rstrip('/')}/{base}{top}{end}")
            for contents, folder in self.packed
            for base in ("", "src/")
            for end in ends
        ]
        return any(not contents.lacks(way) for contents, way in ways)
