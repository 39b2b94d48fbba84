"""Values that a chart requires and that nothing in the project gives: filled in, so that the rest can be judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from checks.deploy.helm.attempts import Attempt, Tried
from checks.deploy.helm.charts import Chart
from checks.deploy.helm.commands import Release
from checks.deploy.helm.failures import wanted_of
from checks.deploy.helm.findings import ERROR, WARNING, finding
from checks.deploy.helm.program import Program, answer_all
from checks.deploy.helm.words import Said
from checks.model import CheckContext, Diagnostic, Place

ROUNDS = 8
_REQUIRED = re.compile(
    r"\brequired\s+[\"`](?P<words>[^\"`]*)[\"`]\s+\(?[\w.$]*\.Values(?P<path>(?:\.[A-Za-z_]\w*)+)"
    r"|[\w.$]*\.Values(?P<value>(?:\.[A-Za-z_]\w*)+)\s*\|\s*required\s+[\"`](?P<piped>[^\"`]*)[\"`]"
)


@dataclass(frozen=True, slots=True)
class Need:
    """A value that one attempt lacked: its name, the template that requires it, and in which words."""

    name: str
    said: Said
    attempt: Attempt


def with_examples(
    tried: Sequence[Tried], program: Program, context: CheckContext
) -> tuple[tuple[Tried, ...], tuple[Need, ...]]:
    """The same attempts, those that lacked a required value tried again with an example of it."""
    current, needs = list(tried), []
    for _ in range(ROUNDS):
        lacking = [(at, need) for at, each in enumerate(current) if (need := _need(each))]
        if not lacking:
            break
        again = [_filled(need) for _, need in lacking]
        requests = [attempt.request for attempt in again]
        answers = answer_all(program, requests, context)
        for (at, need), attempt, answer in zip(lacking, again, answers, strict=True):
            needs.append(need)
            current[at] = Tried(attempt, answer)
    return tuple(current), tuple(needs)


def _need(each: Tried) -> Need | None:
    """Helm tells the words, and the place of the outermost include; the words lead to the value."""
    said = wanted_of(each)
    if said is None or said.wanted is None:
        return None
    for file, line, words, name in _requirements(each.attempt.chart):
        if words == said.wanted and f"{name}=example" not in each.attempt.request.settings:
            return Need(name, replace(said, place=Place(file, line)), each.attempt)
    return None


def _requirements(chart: Chart) -> Iterator[tuple[str, int, str, str]]:
    """Every `required` with literal words: file, line, words, the value."""
    for path in sorted((chart.path / "templates").rglob("*")):
        if path.is_file() and path.suffix in (".yaml", ".yml", ".tpl", ".txt"):
            text = path.read_text(encoding="utf-8", errors="replace")
            for found in _REQUIRED.finditer(text):
                words = found["words"] or found["piped"]
                name = (found["path"] or found["value"]).lstrip(".")
                line = text.count("\n", 0, found.start()) + 1
                yield path.relative_to(chart.root).as_posix(), line, " ".join(words.split()), name


def _filled(need: Need) -> Attempt:
    request = need.attempt.request
    return replace(
        need.attempt, request=replace(request, settings=(*request.settings, "--set-string", f"{need.name}=example"))
    )


def need_findings(needs: Sequence[Need], tried: Sequence[Tried], releases: Sequence[Release]) -> Iterator[Diagnostic]:
    """Values that nobody is told to give."""
    for need in {(need.name, need.attempt.chart.folder): need for need in reversed(needs)}.values():
        chart = need.attempt.chart
        own = [each for each in needs if (each.name, each.attempt.chart) == (need.name, chart)]
        told = next((each.attempt.release for each in own if each.attempt.release is not None), None)
        if told is None and (_is_told(need, releases) or _is_given_elsewhere(need, needs, tried)):
            continue
        plain = next((r for r in releases if r.chart == chart.folder and not r.values and not r.settings), None)
        place = need.said.place or Place(chart.file)
        release = told or plain
        if release is not None:
            files = [*filter(None, [chart.default_values]), *release.values]
            given = f"nothing in {' and '.join(files)} gives it" if files else "nothing gives it"
            message = f"`.Values.{need.name}` is required, and the command in {release.place} fails: {given}"
            yield finding("value-required", ERROR, f"{message} ({need.said.words})", place)
        else:
            message = f"`.Values.{need.name}` is required, and nothing in the project says so or gives it"
            hint = f"helm upgrade --install {need.attempt.request.name} {chart.folder or '.'} --set {need.name}=..."
            yield finding("value-required", WARNING, f"{message} ({need.said.words})", place, hint)


def _is_told(need: Need, releases: Sequence[Release]) -> bool:
    """Whether a document or the chart's own README speaks of it, if only with a word for the reader to fill in."""
    chart = need.attempt.chart
    settings = [word for release in releases if release.chart == chart.folder for word in release.settings]
    if any(part.split("=")[0].strip() == need.name for word in settings for part in word.split(",")):
        return True
    texts = [chart.path / "README.md", chart.root / "README.md"]
    return any(need.name in path.read_text(encoding="utf-8", errors="replace") for path in texts if path.is_file())


def _is_given_elsewhere(need: Need, needs: Sequence[Need], tried: Sequence[Tried]) -> bool:
    """Whether another rendering has it: default values need not stand alone, but values files are there to be used."""
    if need.attempt.values:
        return False
    lacking = {each.attempt.title for each in needs if each.name == need.name}
    chart = need.attempt.chart
    return any(each.attempt.chart is chart and each.attempt.title not in lacking for each in tried)
