"""Which renderings a chart is judged in: its default values, each values file, and what its documents tell to type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from checks.deploy.helm.charts import Chart
from checks.deploy.helm.commands import Release
from checks.deploy.helm.program import Answer, Request

_UNKNOWN = re.compile(r"[$<>{}]|\.\.\.")


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One rendering that is asked for. `title` is for people; `values` are files of the project, in their order."""

    chart: Chart
    title: str
    values: tuple[str, ...]
    request: Request
    release: Release | None = None

    @property
    def is_default(self) -> bool:
        """Whether nothing but values.yaml is used."""
        return not self.values and not self.request.settings


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """An attempt, and what Helm answered."""

    attempt: Attempt
    answer: Answer


def attempts_of(chart: Chart, releases: Sequence[Release]) -> list[Attempt]:
    """The default values first. A values file that a command uses is judged as the command uses it."""
    own = [release for release in releases if release.chart == chart.folder and _is_known(chart, release)]
    label = next((release.name for release in own if release.name), None) or _release_name(chart)
    namespace = next((release.namespace for release in own if release.namespace), None)
    told = [release for release in own if release.values or release.settings]
    covered = {file for release in told for file in release.values}
    alone = [(file,) for file in chart.values_files if file not in covered]
    found = [_attempt(chart, label, (), (), namespace, None)]
    found += [_attempt(chart, label, files, (), namespace, None) for files in alone]
    for release in told:
        name, space = release.name or label, release.namespace or namespace
        found.append(_attempt(chart, name, release.values, release.settings, space, release))
    return found


def _is_known(chart: Chart, release: Release) -> bool:
    """A command with a word that only its reader can fill in cannot be tried."""
    words = [*release.values, *release.settings]
    return all((chart.root / file).is_file() for file in release.values) and not any(map(_UNKNOWN.search, words))


def _release_name(chart: Chart) -> str:
    label = re.sub(r"[^a-z0-9-]+", "-", chart.name.lower()).strip("-")[:53].strip("-")
    return label or "release"


def _attempt(
    chart: Chart,
    label: str,
    values: tuple[str, ...],
    settings: tuple[str, ...],
    namespace: str | None,
    release: Release | None,
) -> Attempt:
    request = Request(chart.path, label, tuple(chart.root / file for file in values), settings, namespace)
    return Attempt(chart, _title(chart, values, settings), values, request, release)


def _title(chart: Chart, values: Sequence[str], settings: Sequence[str]) -> str:
    prefix = f"{chart.folder}/" if chart.folder else ""
    words = [file.removeprefix(prefix) for file in values]
    words += [f"{option} {text}" for option, text in zip(settings[::2], settings[1::2], strict=False)]
    return f"{chart.title} with {', '.join(words)}" if words else chart.title
