"""What lies beyond a template that stops Helm: the rest, rendered with a stand-in or without that template.

Helm ends at the first template that fails, and one nil pointer would hide every other fault of a chart.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from checks.deploy.helm.attempts import Attempt, Tried
from checks.deploy.helm.charts import Chart
from checks.deploy.helm.failures import not_rendered
from checks.deploy.helm.program import Answer, Program, answer_all
from checks.deploy.helm.stand_ins import STAND_IN
from checks.deploy.helm.words import in_project, understand
from checks.model import CheckContext, Diagnostic

ROUNDS = 8
_NIL = re.compile(r"at <\$?[\w.]*\.Values((?:\.[A-Za-z_]\w*)+)>:\s+nil pointer evaluating")
_TEMPLATE = re.compile(r"(?P<file>[\w.\-]+/(?:[\w.\-]+/)*templates/(?:[\w.\-]+/)*[\w.\-]+\.(?:ya?ml|tpl|txt|json))\b")
_OFFERS = re.compile(r"\{\{-?\s*(define|block)\b|\bset\s+[.$]")


@dataclass(frozen=True, slots=True, eq=False)
class Beyond:
    """A failed attempt that went on: what stands in for missing values, and the templates that were left out."""

    first: Tried
    tried: Tried
    filled: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    found: tuple[Diagnostic, ...] = ()
    """The further failures that were met on the way."""
    unchecked: bool = False
    """Whether the chart's own schema refused the values, and was put aside."""

    @property
    def title(self) -> str:
        """For people: which rendering it is, and what was done to get it."""
        words = ["without its schema"] if self.unchecked else []
        words += [f"{name} filled in" for name in self.filled]
        words += [f"{file} left out" for file in self.left_out]
        return f"{self.first.attempt.title}, {', '.join(words)}"


def render_beyond(tried: Sequence[Tried], program: Program, context: CheckContext, scratch: Path) -> tuple[Beyond, ...]:
    """Every failed attempt as far as it can honestly be taken; none where the rest cannot be rendered either."""
    current = [Beyond(each, each) for each in tried if _may_go_on(each)]
    for number in range(ROUNDS):
        steps = [(at, step) for at, one in enumerate(current) if (step := _step(one, scratch / f"rest-{number}-{at}"))]
        if not steps:
            break
        answers = answer_all(program, [step.tried.attempt.request for _, step in steps], context, linted=False)
        for (at, step), answer in zip(steps, answers, strict=True):
            current[at] = _met(current[at], step, answer, program, context)
    return tuple(one for one in current if one.filled or one.left_out or one.unchecked)


def _may_go_on(each: Tried) -> bool:
    chart = each.attempt.chart
    stopped = each.answer.failed and each.answer.broken is None
    return stopped and not chart.is_library and not chart.missing and chart.about.problem is None


def _step(one: Beyond, folder: Path) -> Beyond | None:
    """The next thing to try: a stand-in for the value that is not there, else without the template."""
    answer = one.tried.answer
    if not answer.failed or answer.broken is not None:
        return None
    said = understand(one.first.attempt.chart, answer.words)
    if said.wanted is not None:
        return None  # the chart does not want these values
    if "don't meet the specifications of the schema" in answer.words:
        request = replace(one.tried.attempt.request, without_schema=True)
        again = replace(_with(one, replace(one.tried.attempt, request=request)), unchecked=True)
        return None if one.unchecked else again
    missing = _NIL.search(answer.words)
    name = missing[1].lstrip(".") if missing else None
    if name is not None and name not in one.filled and not _is_asked_for(name, one.first.attempt.chart):
        return _with(one, _filled(one.tried.attempt, name), filled=(*one.filled, name))
    return _without(one, folder)


def _is_asked_for(name: str, chart: Chart) -> bool:
    """Whether a template asks if there is what the value would be in: a stand-in would switch that on."""
    ways = [name.rpartition(".")[0], *(name.rsplit(".", count)[0] for count in range(2, name.count(".") + 1))]
    asked = "|".join(re.escape(way) for way in ways if way)
    condition = re.compile(rf"\{{\{{-?\s*(?:else\s+)?(?:if|with|range)\b[^}}]*\.Values\.(?:{asked})(?![\w.])")
    texts = (path for path in (chart.path / "templates").rglob("*") if path.is_file())
    return bool(asked) and any(condition.search(path.read_text(encoding="utf-8", errors="replace")) for path in texts)


def _filled(attempt: Attempt, name: str) -> Attempt:
    settings = (*attempt.request.settings, "--set-string", f"{name}={STAND_IN}")
    return replace(attempt, request=replace(attempt.request, settings=settings, without_schema=True))


def _without(one: Beyond, folder: Path) -> Beyond | None:
    """A copy of the chart in which the template that fails is empty: others may ask for it by name."""
    chart = one.first.attempt.chart
    # The innermost: others only include it, such as for the checksum of a ConfigMap.
    said = [match["file"] for match in _TEMPLATE.finditer(one.tried.answer.words)]
    file = next((in_project(chart, each) for each in reversed(said) if not _is_helper(each)), "")
    inside = file.removeprefix(f"{chart.folder}/") if chart.folder else file
    source = one.tried.attempt.request.chart
    if not file or not (source / inside).is_file() or inside in one.left_out:
        return None
    shutil.copytree(source, folder, symlinks=True)
    (folder / inside).write_text("", encoding="utf-8")
    attempt = replace(one.tried.attempt, request=replace(one.tried.attempt.request, chart=folder))
    return _with(one, attempt, left_out=(*one.left_out, inside))


def _is_helper(file: str) -> bool:
    return file.rpartition("/")[2].startswith("_")


def _with(
    one: Beyond, attempt: Attempt, filled: tuple[str, ...] | None = None, left_out: tuple[str, ...] | None = None
) -> Beyond:
    tried = Tried(attempt, one.tried.answer)
    return Beyond(one.first, tried, filled or one.filled, left_out or one.left_out, one.found, one.unchecked)


def _met(before: Beyond, step: Beyond, answer: Answer, program: Program, context: CheckContext) -> Beyond:
    """The step with what Helm said to it; a failure of its own is told, one that the step made is not."""
    after = replace(step, tried=Tried(replace(step.tried.attempt, title=step.title), answer))
    if not answer.failed or answer.broken is not None or not _is_new(before, step, answer):
        return after
    return replace(after, found=(*after.found, *not_rendered(after.tried, program, context)))


def _is_new(before: Beyond, step: Beyond, answer: Answer) -> bool:
    """Whether a failure would be there without the stand-ins and with the templates that were left out."""
    chart = step.first.attempt.chart
    if step.unchecked:
        return False  # it may come of what the schema refused
    missing = _NIL.search(answer.words)
    if missing is not None:
        name = missing[1].lstrip(".")
        return not _touches(name, step.filled) and not _offered(chart.root, chart.folder, step.left_out)
    here = {match["file"] for match in _TEMPLATE.finditer(answer.words)}
    there = {match["file"] for match in _TEMPLATE.finditer(before.tried.answer.words)}
    apart = not here & there and STAND_IN not in answer.words and not step.filled
    return apart and not _offered(chart.root, chart.folder, step.left_out)


def _touches(name: str, filled: Sequence[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in filled)


def _offered(root: Path, folder: str, left_out: Sequence[str]) -> bool:
    """Whether a template that was left out defines or sets something that others use."""
    texts = ((root / folder / file).read_text(encoding="utf-8", errors="replace") for file in left_out)
    return any(_OFFERS.search(text) for text in texts)
