"""Charts that do not render, render nothing or do not lint: what Helm says, where, and what would mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from checks.deploy.helm.attempts import Tried
from checks.deploy.helm.charts import Chart
from checks.deploy.helm.findings import ERROR, WARNING, finding, merged
from checks.deploy.helm.kube_versions import REFUSED
from checks.deploy.helm.program import Program, rendered_text
from checks.deploy.helm.words import Said, in_project, understand, understand_lint
from checks.deploy.helm.yaml_source import parse_documents
from checks.model import CheckContext, Diagnostic, Place

_NO_NEWS = re.compile(
    r"icon is recommended|(file|directory) does not exist|missing these dependencies|"  # a note, an umbrella, ours
    r"unable to parse YAML|unable to load chart|cannot load Chart.yaml"  # said by `helm template`, too
)
_SOURCE = re.compile(r"^# Source: (\S+)$", re.M)


def failures_of(tried: Sequence[Tried], program: Program, context: CheckContext) -> tuple[Diagnostic, ...]:
    """Everything that Helm itself refuses."""
    found: list[Diagnostic] = []
    told: set[object] = set()
    for each in tried:
        if each.answer.broken is not None:
            continue
        if each.answer.failed and not each.attempt.chart.is_library and not _asks_for_values(each, tried):
            new = [one for one in not_rendered(each, program, context) if _core(one) not in told]
            told |= {_core(one) for one in new}
            found += new
        elif not each.answer.failed:
            found += _unparsable(each)
        found += _lint(each)
    found += _empty(tried)
    return tuple(merged(found))


def _core(found: Diagnostic) -> object:
    """A finding without the values files that show it."""
    return found.rule, found.file, found.line, found.message.partition("` ")[2]


def wanted_of(each: Tried) -> Said | None:
    """The `required` or `fail` that stopped a rendering."""
    if not each.answer.failed:
        return None
    said = understand(each.attempt.chart, each.answer.words)
    return said if said.wanted is not None else None


def _asks_for_values(each: Tried, tried: Sequence[Tried]) -> bool:
    """A chart may refuse its default values where another set of values in the project satisfies it."""
    chart = each.attempt.chart
    others = any(not other.answer.failed for other in tried if other.attempt.chart is chart)
    return others and each.attempt.is_default and wanted_of(each) is not None


def not_rendered(each: Tried, program: Program, context: CheckContext) -> Iterator[Diagnostic]:
    """Why a rendering failed, and where."""
    chart = each.attempt.chart
    said = understand(chart, each.answer.words)
    if chart.about.problem is not None:
        why, line = chart.about.problem
        yield finding("not-rendered", ERROR, f"this is no YAML: {why}", Place(chart.file, line))
    elif "YAML parse error" in each.answer.words:
        yield _no_yaml(each, said, rendered_text(program, each.attempt.request, context))
    else:
        place = said.place if said.place and said.place.line else _values_place(each, said) or Place(chart.file, 1)
        refused = re.search(r"don't meet the specifications of the schema|- at '", said.words)
        rule = "values-refused" if refused else "not-rendered"
        yield finding(rule, ERROR, f"{_subject(each)} does not render: {said.words}", place)


def _subject(each: Tried) -> str:
    return f"`{each.attempt.title}`"


def _values_place(each: Tried, said: Said) -> Place | None:
    """A values file that is no YAML, or whose values are refused."""
    from checks.deploy.helm.yaml_source import read_source

    chart = each.attempt.chart
    for file in [*each.attempt.values, *filter(None, [chart.default_values])]:
        source = read_source(chart.root, file)
        if source.problem is not None:
            return Place(file, source.problem[1])
    if REFUSED in each.answer.words:
        return Place(chart.file, chart.about.line(("kubeVersion",)))
    path = refused_path(each.answer.words)
    files = [*reversed(each.attempt.values), *filter(None, [chart.default_values])]
    for file in files if path else ():
        source = read_source(chart.root, file)
        if path in source.lines:
            return Place(file, source.lines[path])
    return said.place or (Place(files[0], 1) if files else None)


def refused_path(words: str) -> tuple[str, ...]:
    """The way to the value that a schema does not allow."""
    new = re.search(r"- at '/?([^']*)': (?:additional properties '([^']+)')?", words)
    old = re.search(r"^- ([\w.()-]+): (?:Additional property (\S+) is not allowed)?", words, re.M)
    if new is not None:
        parts = (*new[1].split("/"), new[2] or "")
    elif old is not None:  # Helm 3 before 3.18
        parts = (*old[1].replace("(root)", "").split("."), old[2] or "")
    else:
        parts = ()
    return tuple(part for part in parts if part)


def _no_yaml(each: Tried, said: Said, text: str) -> Diagnostic:
    """The line in the template whose rendering is no YAML, found by its text."""
    chart = each.attempt.chart
    name = re.search(r"YAML parse error on (\S+?):", each.answer.words)
    file = in_project(chart, name[1]) if name else chart.file
    line, shown = _broken_line(chart, file, text, name[1] if name else "")
    words = re.sub(r"^YAML parse error on \S+: (yaml: )?(line \d+: )?", "", said.words)
    rendered = f"; it renders as `{shown}`" if shown else ""
    return finding("not-yaml", ERROR, f"{_subject(each)} renders what is no YAML: {words}{rendered}", Place(file, line))


def _broken_line(chart: Chart, file: str, text: str, source: str) -> tuple[int | None, str]:
    parts = _SOURCE.split(text)
    for name, body in zip(parts[1::2], parts[2::2], strict=False):
        if name != source:
            continue
        body = re.split(r"^Error: ", body, maxsplit=1, flags=re.M)[0]
        try:
            list(parse_documents(body))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = min(mark.line, len(body.splitlines()) - 1) if mark else 0
            lines = [line.strip() for line in body.splitlines()]
            before = (_line_like(chart, file, line) for line in reversed(lines[: at + 1]))
            return next(filter(None, before), None), lines[at][:100] if lines else ""
        except yaml.YAMLError:
            return None, ""
    return None, ""


def _line_like(chart: Chart, file: str, shown: str) -> int | None:
    """The template's line that begins like a rendered one."""
    if not shown or not (chart.root / file).is_file():
        return None
    lines = (chart.root / file).read_text(encoding="utf-8", errors="replace").splitlines()
    key = shown.split(":")[0]
    for wanted in (shown, f"{key}:"):
        for number, line in enumerate(lines, 1):
            if line.strip() == shown or line.strip().startswith(wanted):
                return number
    return None


def _unparsable(each: Tried) -> Iterator[Diagnostic]:
    """The SDK renders what the program would refuse."""
    for path, text in each.answer.files.items():
        try:
            list(parse_documents(text))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            lines = text.splitlines()
            shown = lines[min(mark.line, len(lines) - 1)].strip() if mark and lines else ""
            file = in_project(each.attempt.chart, path)
            message = f"{_subject(each)} renders what is no YAML: {error.problem}; it renders as `{shown[:100]}`"
            yield finding("not-yaml", ERROR, message, Place(file, _line_like(each.attempt.chart, file, shown)))


def _lint(each: Tried) -> Iterator[Diagnostic]:
    """What `helm lint` alone knows; a chart that does not render is told so once."""
    chart = each.attempt.chart
    for said in understand_lint(chart, each.answer.lint):
        if said.level == "INFO" or _NO_NEWS.search(said.words):
            continue
        in_templates = said.place is None or not said.place.file.endswith("Chart.yaml")
        if each.answer.failed and not chart.is_library and in_templates:
            continue
        severity = ERROR if said.level == "ERROR" else WARNING
        place = said.place or Place(chart.file)
        if place.file == chart.file and place.line is None:
            key = re.search(r"\b(version|appVersion|name|type|apiVersion|icon|dependencies)\b", said.words)
            place = Place(chart.file, chart.about.line((key[1],) if key else ()))
        yield finding("lint", severity, f"`helm lint --strict`: {said.words}", place)


def _empty(tried: Sequence[Tried]) -> Iterator[Diagnostic]:
    """Charts that render without an object in every one of their renderings."""
    for chart in dict.fromkeys(each.attempt.chart for each in tried):
        own = [each for each in tried if each.attempt.chart is chart]
        if (
            chart.is_library
            or chart.missing
            or any(each.answer.failed or each.answer.broken or _has_object(each) for each in own)
        ):
            continue
        # A chart of templates that go through values is empty until somebody gives some.
        severity = WARNING if _has_templates(chart) else ERROR
        message = f"the chart `{chart.title}` renders no object at all"
        hint = f"helm template {own[0].attempt.request.name} {chart.folder or '.'}"
        yield finding("empty", severity, message, Place(chart.file, 1), hint)


def _has_templates(chart: Chart) -> bool:
    folder = chart.path / "templates"
    return any(b"kind:" in path.read_bytes() for path in folder.rglob("*.y*ml") if path.is_file())


def _has_object(each: Tried) -> bool:
    try:
        return any(content for text in each.answer.files.values() for content in parse_documents(text))
    except yaml.YAMLError:
        return True
