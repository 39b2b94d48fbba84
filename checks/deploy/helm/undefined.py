"""Values that templates use and nobody defines: Helm renders them as nothing, without a word.

Each one is set to a mark and rendered: where the mark comes out, nothing stands otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from checks.deploy.helm.attempts import Attempt, Tried
from checks.deploy.helm.chart_text import ChartText
from checks.deploy.helm.commands import Release
from checks.deploy.helm.elements import undefined_parts
from checks.deploy.helm.expressions import Names, Use, mentions
from checks.deploy.helm.findings import ERROR, WARNING, finding
from checks.deploy.helm.program import Answer, Program, Request, answer_all
from checks.deploy.helm.value_rules import dotted, nearest
from checks.deploy.helm.yaml_source import Source, leaves, parse_documents
from checks.deploy.kubernetes.documents import Path_
from checks.model import CheckContext, Diagnostic, Place

# Numbers to Helm, and small enough that it prints every digit.
_FIRST_MARK = 918273
_PLAIN_KEY = re.compile(r"[\w-]+")
_NEEDED = frozenset({"value", "image", "name", "host", "key", "path", "serviceName", "secretName", "schedule"})


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a mark came out: the way to it, and the whole text around it."""

    path: Path_
    without: str
    alone: bool


def undefined_findings(
    text: ChartText, tried: Sequence[Tried], releases: Sequence[Release], program: Program, context: CheckContext
) -> Iterator[Diagnostic]:
    """Uses of values that neither the values files nor the schema nor a command know."""
    parts = _parts(text)
    candidates = [*_candidates(text, releases), *parts]
    if not candidates:
        return
    names = list(dict.fromkeys(use.path for use in candidates))
    marks = {path: str(_FIRST_MARK + at) for at, path in enumerate(names)}
    rendered = _marked([each for each in tried if not each.answer.failed], marks, program, context)
    for path in names:
        uses = [use for use in candidates if use.path == path]
        seen = [found for answer in rendered for found in _seen(answer, marks[path])]
        if seen or uses[0] not in parts:
            yield _finding(text, uses, seen)


def _candidates(text: ChartText, releases: Sequence[Release]) -> list[Use]:
    chart = text.chart
    known = _known(text, releases)
    skipped = {"global"} | {each.key for each in chart.dependencies} | {each.name for each in chart.dependencies}
    return [
        use
        for use in text.uses
        if use.plain and use.path and use.path[0] not in skipped and not _defined(use.path, known)
        if not any(_guards(path, use.path, known) for condition in use.conditions for path in mentions(condition))
    ]


def _parts(text: ChartText) -> list[Use]:
    """Parts that none of the entries has, each under the way to an entry that is there; only a mark proves them."""
    found = undefined_parts(text.elements, (text.defaults, *text.values))
    fit = [(use, way) for use, way in found if all(isinstance(part, int) or _PLAIN_KEY.fullmatch(part) for part in way)]
    return [replace(use, path=tuple(map(str, way))) for use, way in fit]


def _known(text: ChartText, releases: Sequence[Release]) -> set[Names]:
    """Every key that somebody may give: values files, schema, `--set` words."""
    found = {way for source in (text.defaults, *text.values) for way in _ways(source)}
    for release in (each for each in releases if each.chart == text.chart.folder):
        for word in ",".join(release.settings[1::2]).split(","):
            path = tuple(word.split("=")[0].split("."))
            found |= {path[:length] for length in range(1, len(path) + 1)}
    return found | set(_schema_ways(text))


def _ways(source: Source) -> Iterator[Names]:
    if isinstance(source.content, dict):
        for path, value in leaves(source.content):
            names = tuple(map(str, path))
            yield from (names[:length] for length in range(1, len(names) + 1))
            if value is None or isinstance(value, dict):  # nothing yet: whoever installs fills it in
                yield (*names, "*")


def _schema_ways(text: ChartText) -> Iterator[Names]:
    path = text.chart.path / "values.schema.json"
    try:
        schema = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return
    pending: list[tuple[Names, Any]] = [((), schema)]
    while pending:
        way, at = pending.pop()
        properties = at.get("properties") if isinstance(at, dict) else None
        for name, below in (properties if isinstance(properties, dict) else {}).items():
            yield (*way, name)
            if len(way) < 12:
                pending.append(((*way, name), below))


def _defined(path: Names, known: set[Names]) -> bool:
    return path in known or any((*path[:length], "*") in known for length in range(1, len(path)))


def _guards(condition: Names, path: Names, known: set[Names]) -> bool:
    """Whether a condition looks at the value itself, or at something else that is not there by default."""
    return condition == path or not _defined(condition, known) or condition[: len(path)] == path


def _marked(
    tried: Sequence[Tried], marks: Mapping[Names, str], program: Program, context: CheckContext
) -> list[Answer]:
    """As numbers, which templates may calculate with; else as texts. A schema may refuse what it does not know."""
    found: list[Answer] = []
    for option, without in (
        ("--set", True),
        ("--set-string", True),
        ("--set", False),
    ):  # an older Helm has no way around
        settings = tuple(word for path, mark in marks.items() for word in (option, f"{_settable(path)}={mark}"))
        requests = [_with_marks(each.attempt, settings, without) for each in tried]
        answers = answer_all(program, requests, context, linted=False)
        found = [answer for answer in answers if not answer.failed]
        if found:
            break
    return found


def _with_marks(attempt: Attempt, settings: tuple[str, ...], without_schema: bool) -> Request:
    """The default values are handed over as a file, too: `--set` replaces a list that only the chart has."""
    default = attempt.chart.default_values
    values = (*([attempt.chart.root / default] if default else []), *attempt.request.values)
    settings = (*attempt.request.settings, *settings)
    return replace(attempt.request, values=values, settings=settings, without_schema=without_schema)


def _settable(path: Names) -> str:
    """As `--set` wants it: `hosts[0].name`."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path).lstrip(".")


def _seen(answer: Answer, mark: str) -> Iterator[_Found]:
    for content in answer.files.values():
        if mark not in content:
            continue
        try:
            for document in parse_documents(content):
                for path, value in _every(document):
                    if mark in str(value):
                        yield _Found(path, str(value).replace(mark, ""), str(value) == mark)
        except yaml.YAMLError:
            return


def _every(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _every(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _every(item, (*path, index))
    else:
        yield path, value


def _finding(text: ChartText, uses: Sequence[Use], seen: Sequence[_Found]) -> Diagnostic:
    use = uses[0]
    known = {way for way in _ways(text.defaults) if way[-1] != "*"}
    near = nearest(use.path, known)
    nearby = f"; the nearest that is: `{near}`" if near else ""
    sure = bool(seen) and (near is not None or any(_matters(found) for found in seen))
    shown = next((found for found in seen), None)
    where = ""
    if shown is not None:
        comes_out = "empty" if shown.alone else f"as `{shown.without[:80]}`"
        where = f", so that `{dotted(shown.path)}` comes out {comes_out}"
    unsure = "" if seen else "; no rendering of this chart shows what comes of it"
    message = f"`.Values.{dotted(use.path)}` is defined nowhere{where}{unsure}{nearby}"
    return finding("undefined-value", ERROR if sure else WARNING, message, Place(use.file, use.line))


def _matters(found: _Found) -> bool:
    """A key without a value often means Kubernetes' own default; half a text, or an empty variable, does not."""
    return not found.alone or not found.path or found.path[0] in ("data", "stringData") or found.path[-1] in _NEEDED
