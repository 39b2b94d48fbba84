"""Every chart of a project, rendered with its default values and with each of its values files."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from checks.deploy.helm.attempts import Attempt, Tried, attempts_of
from checks.deploy.helm.beyond import Beyond, render_beyond
from checks.deploy.helm.charts import Chart, find_charts
from checks.deploy.helm.commands import Release, find_releases
from checks.deploy.helm.dependencies import dependency_findings
from checks.deploy.helm.failures import failures_of
from checks.deploy.helm.kube_versions import with_kube_versions
from checks.deploy.helm.needs import need_findings, with_examples
from checks.deploy.helm.other_names import other_names
from checks.deploy.helm.program import NO_PROGRAM, Program, answer_all, find_program
from checks.deploy.helm.pruned import folder_to_render, judged
from checks.deploy.helm.stand_ins import as_deployed
from checks.deploy.helm.template_places import Template
from checks.deploy.helm.words import in_project
from checks.deploy.helm.yaml_source import parse_documents
from checks.deploy.kubernetes.documents import Document, Rendered, Rendering
from checks.discovery import project_files
from checks.model import CheckContext, Diagnostic, Place


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """All that Helm said about the charts of a project. `renderings` go with those of `tried` that gave one."""

    charts: tuple[Chart, ...]
    releases: tuple[Release, ...] = ()
    program: Program | None = None
    tried: tuple[Tried, ...] = ()
    renderings: tuple[tuple[Attempt, Rendering], ...] = ()
    beyond: tuple[tuple[Beyond, Rendering], ...] = ()
    """Renderings of what lies beyond a template that fails."""
    renamed: tuple[tuple[Attempt, Rendering], ...] = ()
    """The same under another release name."""
    failures: tuple[Diagnostic, ...] = ()
    blocked: str | None = None


def render(context: CheckContext) -> Rendered:
    """Each chart with default values and with each values file; `blocked` where Helm or a dependency is missing."""
    with tempfile.TemporaryDirectory(prefix="skillgate-helm-") as scratch:
        found = survey(context, Path(scratch), renamed=False)
    renderings = [rendering for _, rendering in found.renderings]
    renderings += filter(None, (as_deployed(rendering) for one, rendering in found.beyond if not one.left_out))
    return Rendered(tuple(renderings), found.failures, found.blocked, found.program.title if found.program else None)


def survey(context: CheckContext, scratch: Path, renamed: bool = True) -> Survey:
    """The same with everything that the check `helm` wants to know; `scratch` is an empty folder of its own."""
    files = project_files(context.root)
    charts = find_charts(context.root, files)
    if not charts:
        return Survey(())
    releases = find_releases(context.root, files, [chart.folder for chart in charts])
    program = find_program(context)
    if program is None:
        return Survey(charts, releases, blocked=NO_PROGRAM)
    attempts = [
        each
        for number, chart in enumerate(charts)
        for each in _attempts(chart, releases, folder_to_render(chart, scratch, number))
    ]
    requests = [attempt.request for attempt in attempts]
    answers = answer_all(program, requests, context)
    first = tuple(Tried(attempt, answer) for attempt, answer in zip(attempts, answers, strict=True))
    tried, needs = with_examples(with_kube_versions(first, program, context), program, context)
    tried = judged(tried)
    renderings = tuple((each.attempt, _rendering(each)) for each in tried if not each.answer.failed)
    rest = render_beyond(tried, program, context, scratch)
    beyond = tuple((one, _rendering(one.tried)) for one in rest if not one.tried.answer.failed)
    others = other_names(tried, program, context) if renamed else []
    named = tuple((each.attempt, _rendering(each)) for each in others)
    absent = tuple(each for chart in charts for each in dependency_findings(chart, files))
    failures = (*absent, *failures_of(tried, program, context), *need_findings(needs, tried, releases))
    failures += tuple(each for one in rest for each in one.found)
    broken = next((answer.broken for answer in answers if answer.broken), None)
    return Survey(charts, releases, program, tried, renderings, beyond, named, failures, broken or _unfetched(charts))


def _attempts(chart: Chart, releases: tuple[Release, ...], folder: Path) -> list[Attempt]:
    """A library has nothing to render; it is linted once."""
    found = [replace(each, request=replace(each.request, chart=folder)) for each in attempts_of(chart, releases)]
    return found[:1] if chart.is_library else found


def _unfetched(charts: tuple[Chart, ...]) -> str | None:
    """Charts that cannot be judged whole yet: their dependencies come over the network."""
    lacking = [chart for chart in charts if chart.missing]
    if not lacking:
        return None
    chart = lacking[0]
    names = ", ".join(f"`{each.name}`" for each in chart.missing)
    where = chart.folder or "."
    fetch = f"`helm dependency build {where}`"
    return f"the chart `{chart.title}` was judged without its dependencies, which are not there ({names}): {fetch}"


def _rendering(tried: Tried) -> Rendering:
    attempt = tried.attempt
    documents = tuple(
        document for path, text in tried.answer.files.items() for document in _documents(attempt.chart, path, text)
    )
    return Rendering(attempt.title, "helm", Place(attempt.chart.file, 1), documents)


def _documents(chart: Chart, path: str, text: str) -> Iterator[Document]:
    template = _template(chart, in_project(chart, path))
    kinds: Counter[str] = Counter()
    try:
        for content in _objects(text):
            nth = kinds[str(content.get("kind") or "")]
            kinds[str(content.get("kind") or "")] += 1
            section = template.section_of(content, nth)
            find = partial(template.find, section, content)
            yield Document(content, find(()), find)
    except yaml.YAMLError:  # said by failures.py
        return


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    for content in parse_documents(text):
        items = content.get("items") if isinstance(content, dict) and content.get("kind") == "List" else None
        for item in items if isinstance(items, list) else [content]:
            if isinstance(item, dict) and item:
                yield item


def _template(chart: Chart, file: str) -> Template:
    """Its text; of a packed dependency there is none, and the place is where Chart.yaml names it."""
    path: Path = chart.root / file
    if path.is_file():
        return Template(file, tuple(path.read_bytes().decode("utf-8", "replace").splitlines()))
    named = (each for each in chart.dependencies if f"/charts/{each.name}/" in f"/{file}")
    line = next((each.line for each in named if each.line), 1)
    return Template(chart.file, ("",) * (line - 1) + ("kind:",))
