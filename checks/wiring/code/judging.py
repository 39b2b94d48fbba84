"""What the rules of this family share: the units that run the project's code, thought through as deployed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from checks.deploy.compose.files import EXAMPLES
from checks.deploy.compose.interpolation import parse_env_file
from checks.model import Diagnostic, Place, Rule, Severity
from checks.wiring.code.index import Index
from checks.wiring.code.model import known
from checks.wiring.code.walk import Walk
from checks.wiring.model import Deployment, Kind, Started, Unit
from checks.wiring.system import System

_TEXTS = re.compile(r"(?i)(?:^|/)(?:readme[^/]*|[^/]+\.(?:md|rst|adoc)|makefile|justfile)$")
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Example:
    """One line of an example of an env file; `comment` is what stands beside or above it."""

    name: str
    value: str
    place: Place
    comment: str


@dataclass(frozen=True, slots=True)
class Run:
    """One program of the project's own in one unit, with the walk through it in the unit's environment."""

    deployment: Deployment
    unit: Unit
    started: Started
    walk: Walk


class Scene:
    """A system with what its documents say of variables."""

    def __init__(self, system: System, index: Index) -> None:
        self.system = system
        self.index = index

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Every program of the project's own that a deployment starts."""
        return tuple(run for deployment in self.system.deployments for run in self._runs_of(deployment))

    def _runs_of(self, deployment: Deployment) -> Iterator[Run]:
        for unit in deployment.units:
            values = {name: variable.value for name, variable in unit.variables.items()}
            for started in unit.starts:
                walk = self.index.walk(started, known({**values, **started.assigned}), unit)
                if walk is not None:
                    yield Run(deployment, unit, started, walk)

    @cached_property
    def programs(self) -> tuple[Started, ...]:
        """Everything that somebody may start: what deployments start, console scripts, applications, main modules."""
        found = [run.started for run in self.runs]
        found += [Started(Kind.PROGRAM, script.name, (), ()) for script in self.index.scripts]
        found += [Started(Kind.APP, name, (), ()) for app in self.index.apps for name in app.names]
        for dotted, file in self.index.sources.dotted_names().items():
            if self.index.has_main(file):
                found.append(Started(Kind.MODULE, dotted.removesuffix(".__main__"), (), ()))
        return tuple({(one.kind, one.name): one for one in found}.values())

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The examples of env files, line by line."""
        return tuple(found for file in self.example_files for found in self._example(file))

    @cached_property
    def example_files(self) -> tuple[str, ...]:
        """The examples of env files, by name."""
        names = {*EXAMPLES, "env.example", "example.env", ".env.local.example", "sample.env"}
        return tuple(file for file in self.system.files if file.rpartition("/")[2] in names)

    def _example(self, file: str) -> Iterator[Example]:
        text = self.text(file)
        lines = text.splitlines()
        for name, value in parse_env_file(text)[0].items():
            pattern = re.compile(rf"\s*(?:export\s+)?{re.escape(name)}\s*=")
            number = next((at for at, line in enumerate(lines, 1) if pattern.match(line)), 1)
            yield Example(name, value, Place(file, number), _comment(lines, number))

    @cached_property
    def documented(self) -> str:
        """The texts that people read."""
        return "\n".join(self.text(file) for file in self.system.files if _TEXTS.search(file))

    def text(self, file: str) -> str:
        """The text of a file, as far as it is one."""
        try:
            return (self.system.root / file).read_bytes()[:_LIMIT].decode("utf-8", "replace")
        except OSError:
            return ""

    def is_documented(self, name: str) -> bool:
        """Whether a text for people, or an example, names a variable."""
        return any(one.name == name for one in self.examples) or bool(
            re.search(rf"(?<![A-Z0-9_]){re.escape(name)}(?![A-Z0-9_])", self.documented)
        )


def finding(
    rule: Rule, place: Place, message: str, hint: str | None = None, severity: Severity | None = None
) -> Diagnostic:
    """A diagnostic of `rule` at a place."""
    return Diagnostic(rule.id, severity or rule.severity, message, place.file, place.line, place.column, hint)


def shown(unit: Unit) -> str:
    """A unit as people call it: the Compose service, or the workload."""
    return unit.name if unit.name.count("/") else f"service {unit.name}"


def values_of(examples: Mapping[str, Example]) -> dict[str, str]:
    """An environment made from examples."""
    return {name: example.value for name, example in examples.items()}


def _comment(lines: list[str], number: int) -> str:
    """The comment on a line, with the block of comments above it."""
    found = [lines[number - 1].partition("#")[2]]
    above = number - 2
    while above >= 0 and lines[above].lstrip().startswith("#"):
        found.append(lines[above])
        above -= 1
    return " ".join(found)
