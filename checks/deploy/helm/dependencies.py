"""Dependencies that are named and not there: which of them nothing can bring, and which are only not fetched yet."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.deploy.helm.charts import Chart, Dependency
from checks.deploy.helm.findings import ERROR, finding
from checks.deploy.helm.yaml_source import read_source
from checks.deploy.kubernetes.values import mapping, mappings
from checks.model import Diagnostic, Place

SIZE_LIMIT = 512 * 1024
_MAY_TELL = re.compile(
    r"(.*/)?([^/]+\.(md|rst|txt|adoc|sh|bash|mk|ya?ml|tf|py)|Makefile|[Jj]ustfile|Tiltfile|Dockerfile|Jenkinsfile)"
)
# Argo CD and Flux fetch by themselves.
_FETCHES = re.compile(
    r"\bdep(s|endency|endencies)?\s+(build|update|up)\b|dependency[-_]update|argoproj\.io/|helm\.toolkit\.fluxcd|"
    r"ct\s+install|dependencyUpdate|skipBuildDependencies",
    re.I,
)


def dependency_findings(chart: Chart, files: Sequence[str]) -> Iterator[Diagnostic]:
    """Those for which `helm dependency build` could do nothing, or that everybody here takes for vendored."""
    for each in chart.missing:
        why = _why(chart, each, files)
        if why is not None:
            message = f"the dependency `{each.name}` is not in charts/, {why}: Helm refuses to install the chart"
            place = Place(chart.file, each.line) if each.line else Place(chart.file, 1)
            yield finding("missing-dependency", ERROR, message, place, f"helm dependency update {chart.folder or '.'}")


def _why(chart: Chart, each: Dependency, files: Sequence[str]) -> str | None:
    if each.repository.startswith("file://"):
        folder = os.path.normpath(f"{chart.folder or '.'}/{each.repository.removeprefix('file://')}")
        unknown = folder.startswith(("..", "/")) or (chart.root / folder / "Chart.yaml").is_file()
        return None if unknown else f"and `{each.repository}` holds no chart"
    others = any(one.vendored and one.declared for one in chart.dependencies)
    if not others or each.name in _locked(chart) or _is_fetched(chart.root, files):
        return None
    return "where the others are, not in Chart.lock, and nothing here says to fetch it"


def _locked(chart: Chart) -> set[str]:
    found = set()
    for name in ("Chart.lock", "requirements.lock"):
        if (chart.path / name).is_file():
            content = read_source(chart.root, chart.inside(name)).content
            found |= {str(entry.get("name")) for _, entry in mappings(mapping(content), "dependencies")}
    return found


def _is_fetched(root: Path, files: Sequence[str]) -> bool:
    hidden = [path.relative_to(root).as_posix() for path in sorted((root / ".github").rglob("*.y*ml"))]
    others = [name for name in (".gitlab-ci.yml",) if (root / name).is_file()]
    return any(_tells(root / file) for file in [*filter(_MAY_TELL.fullmatch, files), *hidden, *others])


def _tells(path: Path) -> bool:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            return False
        return bool(_FETCHES.search(path.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False
