"""Which charts a project has, and which values files belong to each."""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from checks.deploy.helm.yaml_source import Source, read_source

_VALUES_NAME = re.compile(r"(values[-_.].+|.+[-_.]values)\.ya?ml")
_SECRET_NAME = re.compile(r"\.(enc|dec|sops|example|sample|dist|tpl|template)\b|secrets?\.enc")


@dataclass(frozen=True, slots=True)
class Dependency:
    """One entry of `dependencies` in Chart.yaml, under the key that its values stand below."""

    name: str
    key: str
    line: int | None
    conditions: tuple[str, ...] = ()
    vendored: bool = True
    repository: str = ""
    local: str | None = None
    """The folder of this project that `file://` names, relative to the project."""
    declared: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A folder with a Chart.yaml; every path is relative to the project, with forward slashes."""

    root: Path
    folder: str
    about: Source
    dependencies: tuple[Dependency, ...]
    values_files: tuple[str, ...]
    subcharts: Mapping[str, str] = field(default_factory=dict)
    """The folders below charts/, by the name of their chart."""

    @property
    def name(self) -> str:
        """As Chart.yaml says; the folder's where it says nothing."""
        content = self.about.content
        name = content.get("name") if isinstance(content, dict) else None
        return str(name or self.path.resolve().name)

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.root / self.folder

    @property
    def file(self) -> str:
        """Chart.yaml."""
        return self.inside("Chart.yaml")

    @property
    def title(self) -> str:
        """What people call it: its folder, or its name where the project is the chart."""
        return self.folder or self.name

    @property
    def is_library(self) -> bool:
        """Whether it only offers templates to other charts."""
        return isinstance(self.about.content, dict) and self.about.content.get("type") == "library"

    @property
    def missing(self) -> tuple[Dependency, ...]:
        """Dependencies that are named and not there."""
        return tuple(each for each in self.dependencies if not each.vendored and each.local is None)

    @property
    def default_values(self) -> str | None:
        """values.yaml, where there is one."""
        name = self.inside("values.yaml")
        return name if (self.root / name).is_file() else None

    def inside(self, name: str) -> str:
        """A file of the chart, relative to the project."""
        return f"{self.folder}/{name}" if self.folder else name


def find_charts(root: Path, files: Sequence[str]) -> tuple[Chart, ...]:
    """The charts among a project's files. What lies in the charts/ of a chart is a part of it."""
    folders = sorted(_parent(file) for file in files if PurePosixPath(file).name == "Chart.yaml")
    own = [folder for folder in folders if not _is_part(folder, folders)]
    return tuple(_chart(root, folder, files) for folder in own)


def _parent(file: str) -> str:
    return file.rpartition("/")[0]


def _is_part(folder: str, folders: Sequence[str]) -> bool:
    parents = [str(parent) for parent in PurePosixPath(folder).parents]
    others = {"" if parent == "." else parent for parent in parents} & set(folders)
    return any(f"{folder}/".startswith(f"{other}/charts/".lstrip("/")) for other in others)


def _chart(root: Path, folder: str, files: Sequence[str]) -> Chart:
    prefix = f"{folder}/" if folder else ""
    inside = [file.removeprefix(prefix) for file in files if file.startswith(prefix)]
    about = read_source(root, f"{prefix}Chart.yaml")
    subcharts = _subcharts(root, prefix, inside)
    values = tuple(prefix + name for name in inside if _is_values(name))
    return Chart(root, folder, about, _dependencies(root, prefix, about, subcharts), values, subcharts)


def _is_values(name: str) -> bool:
    path = PurePosixPath(name)
    if path.suffix not in (".yaml", ".yml") or _SECRET_NAME.search(path.name) or path.name == "values.yaml":
        return False
    where = str(path.parent)
    return (bool(_VALUES_NAME.fullmatch(path.name)) and where in (".", "ci", "values", "environments", "envs")) or (
        where == "values"
    )


def _subcharts(root: Path, prefix: str, inside: Sequence[str]) -> dict[str, str]:
    """Their folders by their names; only those directly below charts/."""
    found: dict[str, str] = {}
    for name in inside:
        parts = PurePosixPath(name).parts
        if len(parts) == 3 and parts[0] == "charts" and parts[2] == "Chart.yaml":
            about = read_source(root, prefix + name).content
            label = about.get("name") if isinstance(about, dict) else None
            found[str(label or parts[1])] = f"{prefix}charts/{parts[1]}"
    return found


def _dependencies(root: Path, prefix: str, about: Source, subcharts: Mapping[str, str]) -> tuple[Dependency, ...]:
    content = about.content if isinstance(about.content, dict) else {}
    entries: list[tuple[Any, int | None]] = []
    if isinstance(content.get("dependencies"), list):
        entries = [(entry, about.line(("dependencies", at))) for at, entry in enumerate(content["dependencies"])]
    old = _requirements(root, prefix)
    entries += [(entry, None) for entry in old]
    found = [_dependency(root, prefix, entry, line, subcharts) for entry, line in entries if isinstance(entry, dict)]
    named = {each.name for each in found}
    return (*found, *(Dependency(name, name, None, declared=False) for name in subcharts if name not in named))


def _requirements(root: Path, prefix: str) -> list[Any]:
    """Where charts of the first format name theirs."""
    if not (root / f"{prefix}requirements.yaml").is_file():
        return []
    content = read_source(root, f"{prefix}requirements.yaml").content
    entries = content.get("dependencies") if isinstance(content, dict) else None
    return entries if isinstance(entries, list) else []


def _dependency(
    root: Path, prefix: str, entry: Mapping[str, Any], line: int | None, subcharts: Mapping[str, str]
) -> Dependency:
    name = str(entry.get("name") or "")
    conditions = [word.strip() for word in str(entry.get("condition") or "").split(",") if word.strip()]
    packed = any((root / f"{prefix}charts").glob(f"{name}-*.tgz")) if name else False
    repository = str(entry.get("repository") or "")
    vendored = packed or name in subcharts
    local = None if vendored else _local(root, prefix, repository)
    return Dependency(name, str(entry.get("alias") or name), line, tuple(conditions), vendored, repository, local)


def _local(root: Path, prefix: str, repository: str) -> str | None:
    """The chart beside this one that `helm dependency build` would pack; not one that has such needs itself."""
    if not repository.startswith("file://"):
        return None
    folder = os.path.normpath(f"{prefix}{repository.removeprefix('file://')}")
    if folder.startswith(("..", "/")) or not (root / folder / "Chart.yaml").is_file():
        return None
    own = _chart_dependencies(root, folder)
    there = all((root / folder / "charts" / str(name)).is_dir() for name in own)
    return folder if there else None


def _chart_dependencies(root: Path, folder: str) -> list[str]:
    content = read_source(root, f"{folder}/Chart.yaml").content
    listed = content.get("dependencies") if isinstance(content, dict) else None
    return [str(each.get("name")) for each in listed or [] if isinstance(each, dict)]
