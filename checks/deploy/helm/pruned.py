"""Charts whose dependencies are not there: rendered without them, so that what is there can be judged."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from checks.deploy.helm.attempts import Attempt, Tried
from checks.deploy.helm.charts import Chart
from checks.model import Diagnostic

_LEFT_OUT = shutil.ignore_patterns(".git", "node_modules", "__pycache__", "Chart.lock", "requirements.*")


def folder_to_render(chart: Chart, scratch: Path, number: int) -> Path:
    """The chart's own folder; where dependencies are missing, a copy that does not ask for them.

    A dependency that lies beside the chart is put into the copy, as `helm dependency build` does.
    """
    local = [(each.name, each.local) for each in chart.dependencies if each.local is not None]
    if not chart.missing and not local:
        return chart.path
    target = scratch / f"chart-{number}"
    shutil.copytree(chart.path, target, ignore=_LEFT_OUT, symlinks=True)
    for name, folder in local:
        inside = target / "charts" / name
        shutil.copytree(chart.root / folder, inside, ignore=_LEFT_OUT, symlinks=True, dirs_exist_ok=True)
    (target / "Chart.yaml").write_text(yaml.safe_dump(_without_missing(chart)), encoding="utf-8")
    return target


def _without_missing(chart: Chart) -> dict[str, Any]:
    content: dict[str, Any] = dict(chart.about.content)
    gone = {each.name for each in chart.missing}
    listed = content.get("dependencies") or []
    kept = [each for each in listed if not (isinstance(each, dict) and str(each.get("name") or "") in gone)]
    return {**content, "dependencies": kept}


def judged(tried: Sequence[Tried]) -> tuple[Tried, ...]:
    """Without the failures that a missing dependency may be the reason of."""
    return tuple(each for each in tried if not (each.answer.failed and each.attempt.chart.missing))


def without_dependencies(found: Sequence[Diagnostic], attempt: Attempt) -> list[Diagnostic]:
    """Without what only a missing dependency could answer: its services, secrets and accounts."""
    names = [name for each in attempt.chart.missing for name in {each.name, each.key}]
    own = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(map(re.escape, names))})(?![A-Za-z0-9])") if names else None
    return [each for each in found if own is None or not own.search(each.message)]
