"""What Helm says, cleaned and with the place in the project that it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.deploy.helm.charts import Chart
from checks.model import Place

LONGEST = 400
_AT = re.compile(r"(?P<file>[\w.\-/]+\.(?:ya?ml|tpl|txt|json))[\s\"']*[:(]?(?P<line>\d+)?(?::(?P<column>\d+))?")
_IN_TEMPLATE = re.compile(
    r"(?P<file>[\w.\-]+/(?:[\w.\-/]+/)*[\w.\-]+\.(?:ya?ml|tpl|txt)):(?P<line>\d+)(?::(?P<column>\d+))?"
)
_REQUIRED = re.compile(
    r"execution error at \((?P<file>[^:()\s]+):(?P<line>\d+)(?::(?P<column>\d+))?\): (?P<words>.+)", re.S
)
_NOISE = re.compile(
    r"\n*Use --debug flag to render out invalid YAML\n*|^level=\w+ msg=.*$|^Error: (?=\S)|^helm\.go:.*$|^wrote .*$",
    re.M,
)
_MESSAGE = re.compile(r"^\[(INFO|WARNING|ERROR)\] ", re.M)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that Helm said. `wanted` is the message of a `required` or `fail` that stopped it."""

    words: str
    place: Place | None
    wanted: str | None = None
    level: str = "ERROR"


def understand(chart: Chart, words: str) -> Said:
    """Why `helm template` failed."""
    text = _NOISE.sub("", words).strip()
    required = _REQUIRED.search(text)
    if required is not None:
        column = int(required["column"]) if required["column"] else None
        place = Place(in_project(chart, required["file"]), int(required["line"]), column)
        return Said(_flat(required["words"]), place, wanted=_flat(required["words"]))
    found = list(_IN_TEMPLATE.finditer(text))
    numbered = found[-1] if found else None
    if numbered is not None:
        column = int(numbered["column"]) if numbered["column"] else None
        return Said(_shown(chart, text), Place(in_project(chart, numbered["file"]), int(numbered["line"]), column))
    return Said(_shown(chart, text), _any_place(chart, text))


def _any_place(chart: Chart, text: str) -> Place | None:
    if "values.schema.json#" in text:
        return Place(chart.inside("values.schema.json"))
    for match in _AT.finditer(text):
        name = in_project(chart, match["file"])
        if (chart.root / name).is_file():
            in_source = match["line"] is not None and "parse error at" in text
            return Place(name, int(match["line"]) if in_source else None)
    return None


def understand_lint(chart: Chart, words: str) -> Iterator[Said]:
    """The messages of `helm lint`."""
    parts = _MESSAGE.split(words)
    for level, text in zip(parts[1::2], parts[2::2], strict=False):
        body = re.split(r"\n\s*\n\d+ chart\(s\) linted|\nError: \d+ chart", text)[0].strip()
        where, _, message = body.partition(": ")
        said = understand(chart, message)
        place = said.place
        if place is None and (chart.path / where).is_file():
            place = Place(chart.inside(where))
        yield Said(said.words, place, said.wanted, level)


def in_project(chart: Chart, name: str) -> str:
    """A path as Helm says it (`name-of-chart/templates/x.yaml`), seen from the project."""
    if name.startswith(f"{chart.root}/"):
        return name.removeprefix(f"{chart.root}/")
    inside = name.partition("/")[2] if name.startswith(f"{chart.name}/") else name
    return chart.inside(inside)


def _shown(chart: Chart, text: str) -> str:
    for path in dict.fromkeys((str(chart.root.resolve()), str(chart.root))):
        text = text.replace(f"{path}/", "")
    text = re.sub(r"error converting YAML to JSON: |cannot unmarshal yaml document: ", "", text)
    text = re.sub(r"executing \"[^\"]*\" (?=at)", "", text)
    text = re.sub(
        r"template: no template (\"[^\"]+\") associated with template \"[^\"]*\"", r"no template \1 is defined", text
    )
    return _flat(text)


def _flat(text: str) -> str:
    flat = re.sub(r"\s+", " ", text).strip()
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}..."
