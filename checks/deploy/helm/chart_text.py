"""All templates of a chart, its dependencies' helpers, and its values files, read once."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from checks.deploy.helm.charts import Chart
from checks.deploy.helm.elements import element_uses
from checks.deploy.helm.expressions import Include, Names, Read, Use, mentions, read_template
from checks.deploy.helm.yaml_source import Source, read_source

SIZE_LIMIT = 1024 * 1024
_TEXT = frozenset(
    {".yaml", ".yml", ".tpl", ".txt", ".json", ".toml", ".conf", ".ini", ".sh", ".sql", ".py", ".env", ""}
)


@dataclass(frozen=True)
class ChartText:
    """What is written in a chart."""

    chart: Chart

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """The chart's own templates as they are written, under their names in the project."""
        return tuple(_texts(self.chart.root, self.chart.inside("templates")))

    @cached_property
    def own(self) -> tuple[Read, ...]:
        """The chart's own templates."""
        return tuple(read_template(name, text) for name, text in self.texts)

    @cached_property
    def elements(self) -> tuple[Use, ...]:
        """What the chart's own templates ask of the parts of a value."""
        return tuple(use for name, text in self.texts for use in element_uses(name, text))

    @cached_property
    def helpers(self) -> tuple[Read, ...]:
        """The templates of what lies in charts/: they share one space of names."""
        folder = self.chart.path / "charts"
        found = [read_template(name, text) for name, text in _texts(self.chart.root, self.chart.inside("charts"))]
        for packed in sorted(folder.glob("*.tgz")):
            found += [read_template(name, text) for name, text in _packed(packed)]
        return tuple(found)

    @cached_property
    def defaults(self) -> Source:
        """values.yaml; empty where there is none."""
        name = self.chart.default_values
        return read_source(self.chart.root, name) if name else Source(self.chart.inside("values.yaml"), {})

    @cached_property
    def values(self) -> tuple[Source, ...]:
        """The other values files that belong to the chart."""
        return tuple(read_source(self.chart.root, name) for name in self.chart.values_files)

    @property
    def uses(self) -> tuple[Use, ...]:
        """Every mention of a value in the chart's own templates."""
        return tuple(use for read in self.own for use in read.uses)

    @property
    def includes(self) -> tuple[Include, ...]:
        """Every include in the chart's own templates."""
        return tuple(include for read in self.own for include in read.includes)

    @cached_property
    def defines(self) -> frozenset[str]:
        """Every name that `include` finds."""
        return frozenset(name for read in (*self.own, *self.helpers) for name in read.defines)

    @cached_property
    def mentioned(self) -> frozenset[Names]:
        """Every way through the values that anything in the chart names, texts for `tpl` and helpers included."""
        found = {use.path for read in (*self.own, *self.helpers) for use in read.uses}
        others = [self.chart.inside(name) for name in ("files", "config", "configs", "dashboards", "scripts")]
        for folder in others:
            found.update(path for _, text in _texts(self.chart.root, folder) for path in mentions(text))
        for name in filter(None, (self.chart.default_values, *self.chart.values_files)):
            text = (self.chart.root / name).read_bytes()[:SIZE_LIMIT].decode("utf-8", "replace")
            bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
            found.update(mentions(bare))
        return frozenset(found)


def _texts(root: Path, folder: str) -> Iterator[tuple[str, str]]:
    for path in sorted((root / folder).rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix in _TEXT and path.stat().st_size < SIZE_LIMIT:
            yield path.relative_to(root).as_posix(), path.read_bytes().decode("utf-8", "replace")


def _packed(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with tarfile.open(path) as archive:
            yield from _members(archive)
    except (OSError, tarfile.TarError):
        return


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    """The templates in a packed chart, and in the charts packed into it."""
    for member in archive:
        name = PurePosixPath(member.name)
        file = archive.extractfile(member) if member.isfile() and member.size < SIZE_LIMIT else None
        if file is not None and name.suffix == ".tgz":
            with tarfile.open(fileobj=file) as inner:
                yield from _members(inner)
        elif file is not None and "templates" in name.parts and name.suffix in _TEXT:
            yield member.name, file.read().decode("utf-8", "replace")
