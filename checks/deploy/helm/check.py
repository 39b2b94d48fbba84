"""The check `helm`: lint and render every chart in every way the project uses it, then judge what comes out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.deploy.helm.attempts import Attempt
from checks.deploy.helm.chart_text import ChartText
from checks.deploy.helm.charts import Chart
from checks.deploy.helm.differences import difference_findings
from checks.deploy.helm.file_rules import file_findings
from checks.deploy.helm.findings import ERROR, WARNING, merged
from checks.deploy.helm.hooks import hook_findings
from checks.deploy.helm.other_names import name_findings
from checks.deploy.helm.outside import with_outside
from checks.deploy.helm.pruned import without_dependencies
from checks.deploy.helm.rendered_keys import repeated_findings
from checks.deploy.helm.rendered_rules import rendered_findings
from checks.deploy.helm.rendering import Survey, survey
from checks.deploy.helm.stand_ins import honest
from checks.deploy.helm.undefined import undefined_findings
from checks.deploy.helm.upgrade_rules import upgrade_findings
from checks.deploy.helm.value_rules import value_findings
from checks.deploy.kubernetes.documents import Rendering
from checks.model import CheckContext, CheckResult, Diagnostic, Evidence

SHOWN_NAMES = 2
_ECHOES = frozenset({"helm.undefined-template", "helm.undefined-value"})
_DEFAULTS = frozenset({"kubernetes.unfilled-secret"})


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """A rendering that is judged; `is_whole` says that no template was left out of it."""

    attempt: Attempt
    rendering: Rendering
    is_whole: bool


def check(context: CheckContext) -> CheckResult:
    """Judges the project's charts."""
    with tempfile.TemporaryDirectory(prefix="skillgate-helm-") as scratch:
        return _judged(survey(context, Path(scratch)), context)


def _judged(found: Survey, context: CheckContext) -> CheckResult:
    if not found.charts:
        return CheckResult("helm", {"charts": 0, "renderings": 0}, (_no_chart(),))
    everything = [*found.failures, *_of_texts(found, context), *_of_renderings(found, context)]
    diagnostics = _without_echoes(merged([*everything, *_differences(found, context)]))
    return CheckResult("helm", _evidence(found), tuple(diagnostics), found.blocked)


def _without_echoes(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What stopped Helm needs no second finding from us; what we know besides becomes its hint."""
    stopped = {(each.file, each.line) for each in found if each.rule == "helm.not-rendered"}
    echoes = {(each.file, each.line): each.message for each in found if each.rule in _ECHOES}
    return [
        each._replace(hint=each.hint or echoes.get((each.file, each.line)))
        if each.rule == "helm.not-rendered"
        else each
        for each in found
        if each.rule not in _ECHOES or (each.file, each.line) not in stopped
    ]


def _no_chart() -> Diagnostic:
    message = "there is no chart: looked for `Chart.yaml`"
    return Diagnostic("helm.no-chart", ERROR, message, hint="helm create chart")


def _evidence(found: Survey) -> Evidence:
    # A rendering without an object proves nothing.
    evidence: dict[str, int | str] = {
        "charts": len(found.charts),
        "renderings": sum(bool(rendering.documents) for _, rendering in found.renderings),
        "documents": sum(len(rendering.documents) for _, rendering in found.renderings),
    }
    if found.program is not None:
        evidence["program"] = found.program.title
    return evidence


def _of_texts(found: Survey, context: CheckContext) -> Iterator[Diagnostic]:
    for chart in found.charts:
        text = ChartText(chart)
        yield from value_findings(text)
        yield from file_findings(text)
        for each in _shown(found, chart):
            own = [
                *rendered_findings(text, each.attempt, each.rendering, found.releases),
                *hook_findings(each.rendering),
                *upgrade_findings(chart, each.rendering),
            ]
            yield from honest(own, each.is_whole)
        beyond = [one.tried for one, _ in found.beyond]
        tried = [each for each in (*found.tried, *beyond) if each.attempt.chart is chart]
        for one in tried:
            yield from honest(repeated_findings(one), True)
        if found.program is not None and not chart.is_library and (tried or not chart.missing):
            yield from undefined_findings(text, tried, found.releases, found.program, context)


def _of_renderings(found: Survey, context: CheckContext) -> Iterator[Diagnostic]:
    """What the Kubernetes rules say; a finding that not every rendering of its chart has names those that do."""
    from checks.deploy.kubernetes.judge import judge

    for chart in found.charts:
        own = _shown(found, chart)
        text = ChartText(chart)
        seen: dict[Diagnostic, list[str]] = {}
        known: list[Diagnostic] = []
        for one in own:
            faults = without_dependencies(judge(one.rendering, context.root), one.attempt)
            known += faults
            kept = honest(with_outside(faults, text, one.attempt, one.rendering), one.is_whole)
            for each in dict.fromkeys(kept):
                seen.setdefault(each, []).append(one.rendering.name)
        for each, names in seen.items():
            found_here = _as_default(each, context) if each.rule in _DEFAULTS else each
            everywhere = len(names) == len(own) and not found.beyond
            yield found_here if everywhere else _with_names(found_here, names)
        release = next((one.attempt.request.name for one in own), "")
        for attempt, rendering in found.renamed:
            if attempt.chart is chart:
                faults = without_dependencies(judge(rendering, context.root), attempt)
                yield from name_findings(faults, known, text, attempt, release)


def _as_default(found: Diagnostic, context: CheckContext) -> Diagnostic:
    """What comes out of a value is a default, which whoever installs the chart may replace."""
    path = context.root / (found.file or "")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    line = lines[found.line - 1] if found.line and found.line <= len(lines) else ""
    return found._replace(severity=WARNING) if "{{" in line else found


def _with_names(found: Diagnostic, names: Sequence[str]) -> Diagnostic:
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return found._replace(message=f"{found.message} (in `{'`, `'.join(names[:SHOWN_NAMES])}`{more})")


def _shown(found: Survey, chart: Chart) -> list[_Shown]:
    whole = [_Shown(attempt, rendering, True) for attempt, rendering in found.renderings if attempt.chart is chart]
    rest = [_Shown(one.tried.attempt, rendering, not one.left_out) for one, rendering in found.beyond]
    return [*whole, *(each for each in rest if each.attempt.chart is chart)]


def _differences(found: Survey, context: CheckContext) -> Iterator[Diagnostic]:
    """Against the manifests that the project has beside its charts."""
    if not found.renderings and not found.beyond:
        return
    from checks.deploy.kubernetes.rendering import render

    others = render(context).renderings
    for chart in found.charts if others else ():
        own = [each.rendering for each in _shown(found, chart) if each.is_whole]
        yield from honest(difference_findings(own, others), True)
