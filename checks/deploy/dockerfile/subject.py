"""One Dockerfile under judgement, as every family of rules sees it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from checks.deploy.dockerfile.builds import Build
from checks.deploy.dockerfile.image import Image, image_of
from checks.deploy.dockerfile.instructions import Instruction
from checks.deploy.dockerfile.sources import Sources
from checks.deploy.dockerfile.stages import Recipe, Stage, read_recipe
from checks.model import Diagnostic, Severity


@dataclass(eq=False)
class Subject:
    """A Dockerfile with its builds. `file` is what people see."""

    path: Path
    root: Path
    text: str
    builds: list[Build]
    images: dict[tuple[int, int], Image] = field(default_factory=dict)

    @cached_property
    def file(self) -> str:
        """The Dockerfile relative to the project."""
        return Path(os.path.relpath(self.path, self.root)).as_posix()

    @cached_property
    def recipes(self) -> list[Recipe]:
        """The stages as each build sees them."""
        return [read_recipe(self.text, build.arguments) for build in self.builds]

    @property
    def recipe(self) -> Recipe:
        """The stages of the first build; syntax is the same in all."""
        return self.recipes[0]

    @cached_property
    def contexts(self) -> list[Sources]:
        """The build contexts, as each build sees them."""
        return [Sources.of(build.context, self.path, self.root) for build in self.builds]

    @cached_property
    def told(self) -> bool:
        """Whether the context is known: somebody names it, or only one is possible."""
        return any(build.said for build in self.builds) or (len(self.builds) == 1 and not self.outside)

    @property
    def outside(self) -> bool:
        """Whether what it is built from is somewhere around the project, so that nobody can look."""
        return self.builds[0].outside

    def image(self, build: int, stage: Stage) -> Image:
        """The image of a stage as one build makes it."""
        key = (build, stage.index)
        if key not in self.images:
            self.images[key] = image_of(self.recipes[build], stage, self.contexts[build])
        return self.images[key]

    def error(self, rule: str, where: Instruction | int, message: str, hint: str | None = None) -> Diagnostic:
        """A finding that fails the gate; `rule` without `dockerfile.`."""
        return self.found(rule, where, message, hint, Severity.ERROR)

    def warning(self, rule: str, where: Instruction | int, message: str, hint: str | None = None) -> Diagnostic:
        """A finding that is shown and does not fail the gate."""
        return self.found(rule, where, message, hint, Severity.WARNING)

    def found(
        self, rule: str, where: Instruction | int, message: str, hint: str | None, severity: Severity
    ) -> Diagnostic:
        """A finding at an instruction or a line."""
        line = where if isinstance(where, int) else where.line
        return Diagnostic(f"dockerfile.{rule}", severity, message, self.file, line, hint=hint)
