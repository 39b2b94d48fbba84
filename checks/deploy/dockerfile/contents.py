"""Asking an image for a file: there, not there, or nobody can know."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checks.deploy.dockerfile.image import Image
from checks.deploy.dockerfile.model import Built, Copied
from checks.deploy.dockerfile.sources import Sources, within


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a container. `covered` are the folders in which anything may lie (RUN, mounts, other images)."""

    copied: tuple[Copied, ...]
    covered: frozenset[str]
    sources: Sources
    mounted: tuple[Copied, ...] = ()

    @classmethod
    def of(cls, image: Image, sources: Sources, covered: Iterable[str] = ()) -> Contents:
        """What lies in an image, some folders of which a deployment covers."""
        return cls(tuple(image.copied), frozenset({*image.loose, *covered}), sources)

    def source(self, path: str) -> Path | None:
        """The project's file or folder that lies at `path` of the container."""
        mount = self._mount(path)
        if mount is not None:
            full = self._full(mount.source, within(path, mount.target) or "")
            return full if full.exists() else None
        for copied in reversed(self.copied):
            rest = within(path, copied.target)
            if rest is None:
                continue
            full = self._full(copied.source, rest)
            inside = os.path.relpath(full, self.sources.context)
            if full.exists() and self.sources.let_in(Path(inside).as_posix()):
                return full
        return None

    def unknown(self, path: str) -> bool:
        """Whether something may lie at `path` that no COPY names; what is mounted there hides it."""
        mount = self._mount(path)
        covered = [folder for folder in self.covered if within(path, folder) is not None]
        return any(mount is None or within(folder, mount.target) for folder in covered)

    def _mount(self, path: str) -> Copied | None:
        """The mount that `path` lies in, the innermost one."""
        over = [mount for mount in self.mounted if within(path, mount.target) is not None]
        return max(over, key=lambda mount: len(mount.target), default=None)

    def lacks(self, path: str) -> bool:
        """Whether `path` is certainly not there."""
        return self.source(path) is None and not self.unknown(path)

    def place_of(self, file: Path) -> str | None:
        """Where a file of the project lies in the container."""
        for copied in reversed((*self.copied, *self.mounted)):
            rest = within(str(file), os.path.normpath(self.sources.root / copied.source))
            place = f"{copied.target.rstrip('/')}/{rest}" if rest else copied.target
            if rest is not None and self.source(place) == file:
                return place
        return None

    def _full(self, source: str, rest: str) -> Path:
        return Path(os.path.normpath(self.sources.root / source / rest))


def contents_of(built: Built, sources: Sources) -> Contents:
    """The same for an image that is only known by its summary."""
    return Contents(built.copied, frozenset() if built.whole else frozenset({"/"}), sources)
