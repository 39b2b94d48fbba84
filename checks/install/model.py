"""What a project declares to need, as it was written, and what a resolver made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from checks.model import Diagnostic, Place
from checks.raw.requirements import Requirement, parse_requirement


class Origin(StrEnum):
    """Where a distribution comes from."""

    REGISTRY = "registry"
    GIT = "git"
    URL = "url"
    PATH = "path"
    ELSEWHERE = "elsewhere"
    """A workspace, a private source, a text with variables in it: not judged."""


class Purpose(StrEnum):
    """Who needs a set: the system itself, one of its extras, its developers, or a script by itself."""

    RUN = "run"
    EXTRA = "extra"
    DEVELOP = "develop"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Asked:
    """One requirement: `text` as a resolver takes it, and where it was written. `target` is the address or path."""

    text: str
    place: Place
    name: str | None = None
    origin: Origin = Origin.REGISTRY
    target: str | None = None

    @property
    def requirement(self) -> Requirement | None:
        """Its name and extras; None where it has none."""
        parsed = parse_requirement(self.text)
        return parsed or (Requirement(self.name) if self.name else None)


@dataclass(frozen=True)
class Declared:
    """What is installed together. `title` is for people (`pyproject.toml [dev]`); `folder` is where it was said.

    `python` is the specifier of the Python versions that it is for. `options` and `constraints` are words for the
    resolver, `constraints` as paths relative to the project.
    """

    title: str
    file: str
    folder: str
    purpose: Purpose
    asked: tuple[Asked, ...] = ()
    python: str | None = None
    python_place: Place | None = None
    options: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Those that have a name."""
        return tuple(found for asked in self.asked if (found := asked.requirement) is not None)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a set comes to: each distribution with those that ask for it; `complete` where that is all of it.

    `unreached` is why the registry could not be asked. `unverified` names what nobody could look up here.
    """

    closure: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = False
    findings: tuple[Diagnostic, ...] = ()
    unreached: str | None = None
    unverified: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """The sets of a project, and what is wrong with the way they are written."""

    sets: tuple[Declared, ...]
    findings: tuple[Diagnostic, ...] = ()
