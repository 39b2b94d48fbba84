"""What a rendering shows that neither its schema nor its templates do: numbers that changed, fixed namespaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.deploy.helm.attempts import Attempt
from checks.deploy.helm.chart_text import ChartText
from checks.deploy.helm.commands import Release
from checks.deploy.helm.findings import ERROR, WARNING, finding
from checks.deploy.helm.value_rules import dotted
from checks.deploy.helm.yaml_source import Source
from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.model import Diagnostic, Place

_SCIENTIFIC = re.compile(r"(?<![\w.])\d(?:\.\d+)?e\+\d+(?![\w.])")
_TAG = re.compile(r"(?i)(^|image)(tag|version)$")
_GO = re.compile(r"\bmap\[\w+:|<no value>|%!\w\(|<nil>")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off"})


def rendered_findings(
    text: ChartText, attempt: Attempt, rendering: Rendering, releases: Sequence[Release]
) -> Iterator[Diagnostic]:
    """Findings about one rendering of a chart."""
    sources = [source for source in (text.defaults, *text.values) if _is_in(source, text, attempt)]
    for document in rendering.documents:
        for path, value in _scalars(document.content, ()):
            yield from _scientific(document, path, value, sources)
            yield from _tag(path, value, sources)
            yield from _word(document, path, value, sources)
            yield from _printed(document, path, value)
    yield from _namespaces(text, rendering, releases)


def _is_in(source: Source, text: ChartText, attempt: Attempt) -> bool:
    return source is text.defaults or source.file in attempt.values


def _scalars(value: Any, path: Path_) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _scalars(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scalars(item, (*path, index))
    else:
        yield path, value


def _scientific(document: Document, path: Path_, value: Any, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    """Values are floating-point numbers to Helm, and large ones are printed as such."""
    shown = _SCIENTIFIC.search(value) if isinstance(value, str) else None
    if shown is None:
        return
    number = float(shown[0])
    for source in reversed(sources):
        for way, raw in source.raw.items():
            if re.fullmatch(r"[\d_]{7,}", raw) and float(raw.replace("_", "")) == number:
                message = f"`{dotted(way)}: {raw}` comes out as `{shown[0]}` in `{dotted(path)}` of {_named(document)}"
                hint = f"write `{{{{ .Values.{dotted(way)} | int64 | quote }}}}`, or put the value in quotes"
                yield finding("changed-number", ERROR, message, Place(source.file, source.line(way)), hint)
                return


def _tag(path: Path_, value: Any, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    """A tag such as 1.10 is a number to YAML, and loses its last digit."""
    if not path or path[-1] != "image" or not isinstance(value, str) or ":" not in value:
        return
    tag = value.rpartition(":")[2]
    for source in reversed(sources):
        for way, raw in source.raw.items():
            if raw != tag and _TAG.search(str(way[-1]) if way else "") and _number(raw) == _number(tag) is not None:
                message = f"`{dotted(way)}: {raw}` is a number, and the image becomes `{value}`"
                place = Place(source.file, source.line(way))
                yield finding("changed-number", ERROR, message, place, f'write it in quotes: "{raw}"')
                return


def _printed(document: Document, path: Path_, value: Any) -> Iterator[Diagnostic]:
    """A mapping or nothing at all where a text was wanted: Go prints what it has."""
    shown = _GO.search(value) if isinstance(value, str) else None
    if shown is not None:
        message = f"`{dotted(path)}` of {_named(document)} becomes `{value[:80]}`: a template prints what is no text"
        hint = "name the part that is meant, such as `.Values.image.repository`, or use `toYaml`"
        yield finding("printed-structure", ERROR, message, document.find(path), hint)


def _number(text: str) -> float | None:
    try:
        return float(int(text, 8)) if re.fullmatch(r"0[0-7]+", text) else float(text.replace("_", ""))
    except ValueError:
        return None


def _word(document: Document, path: Path_, value: Any, sources: Sequence[Source]) -> Iterator[Diagnostic]:
    """`no` and `on` are booleans to Helm's YAML: a variable says `false` and `true` instead."""
    if value not in ("true", "false") or ("env" not in path and document.kind != "ConfigMap"):
        return
    key = str(path[-1] if path[-1] != "value" else "").replace("_", "").lower()
    for source in reversed(sources):
        for way, raw in source.raw.items():
            same = way and str(way[-1]).replace("_", "").lower() == key
            if same and raw.lower() in _WORDS and (raw.lower() in ("y", "yes", "on")) == (value == "true"):
                message = f"`{dotted(way)}: {raw}` is a boolean to YAML, and `{dotted(path)}` becomes `{value}`"
                place = Place(source.file, source.line(way))
                yield finding("changed-number", WARNING, message, place, f'write it in quotes: "{raw}"')
                return


def _namespaces(text: ChartText, rendering: Rendering, releases: Sequence[Release]) -> Iterator[Diagnostic]:
    """Namespaces that are written into templates, each once: the release may be installed into another."""
    made = {each.name for each in rendering.documents if each.kind == "Namespace"}
    told = {each.namespace for each in releases if each.chart == text.chart.folder}
    said = {*made, *told, "", "kube-system"}
    for document in rendering.documents:
        name, place = document.namespace, document.find(("metadata", "namespace"))
        written = rf"namespace:\s*[\"']?{re.escape(name)}[\"']?\s*(#.*)?$"
        if name in said or not re.search(written, _line(text, place)):
            continue
        said.add(name)
        message = f"{_named(document)} always goes into the namespace `{name}`, wherever the chart is installed"
        yield finding("fixed-namespace", WARNING, message, place, "write `{{ .Release.Namespace }}`, or leave it out")


def _line(text: ChartText, place: Place) -> str:
    path = text.chart.root / place.file
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return lines[place.line - 1] if place.line and place.line <= len(lines) else ""


def _named(document: Document) -> str:
    return f"{document.kind} `{document.name}`"
