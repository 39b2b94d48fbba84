"""Keys that a rendered document has twice: the last one wins, and two objects may have become one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from checks.deploy.helm.attempts import Tried
from checks.deploy.helm.charts import Chart
from checks.deploy.helm.findings import ERROR, finding
from checks.deploy.helm.value_rules import dotted
from checks.deploy.helm.words import in_project
from checks.deploy.helm.yaml_source import parse_source
from checks.model import Diagnostic, Place

_BORDER = re.compile(r"^---(?=\s|$).*$", re.M)
_OBJECT = ("apiVersion", "kind")


def repeated_findings(tried: Tried) -> Iterator[Diagnostic]:
    """What one rendering loses because a key stands there twice."""
    for path, text in tried.answer.files.items():
        file = in_project(tried.attempt.chart, path)
        for part in _BORDER.split(text):
            yield from _of_document(tried.attempt.chart, file, part)


def _of_document(chart: Chart, file: str, text: str) -> Iterator[Diagnostic]:
    source = parse_source(file, text)
    if any(way[0] in _OBJECT and len(way) == 1 for way, _, _ in source.repeated):
        message = "several objects are rendered into one document, and only the last of them is deployed"
        hint = "write `---` before each object: in a `range`, as the first line of its body"
        yield finding("repeated-key", ERROR, message, Place(file, _line(chart, file, "kind", False)), hint)
        return
    for way, second, first in source.repeated:
        lost = _value_at(text, first)
        if lost is not None and lost != _value_at(text, second):
            message = f"`{dotted(way)}` is rendered twice: the last one wins, and what stands below the first is lost"
            yield finding("repeated-key", ERROR, message, Place(file, _line(chart, file, str(way[-1]), True)))


def _value_at(text: str, line: int) -> Mapping[str, Any] | list[Any] | None:
    """What stands below a key in block style; labels that somebody writes over on purpose are plain texts."""
    lines = text.splitlines()
    indent = len(lines[line - 1]) - len(lines[line - 1].lstrip(" -"))
    block = [lines[line - 1][indent:]]
    for each in lines[line:]:
        own = len(each) - len(each.lstrip())
        if each.strip() and (own < indent or (own == indent and not each.lstrip().startswith("- "))):
            break
        block.append(each[indent:])
    try:
        content = yaml.safe_load("\n".join(block))
    except yaml.YAMLError:
        return None
    value = next(iter(content.values()), None) if isinstance(content, dict) else None
    return value if isinstance(value, dict | list) and value else None


def _line(chart: Chart, file: str, key: str, last: bool) -> int | None:
    """The template's line with the key: the later one of two."""
    path = chart.root / file
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [number for number, line in enumerate(lines, 1) if re.match(rf"\s*(- )?{re.escape(key)}\s*:", line)]
    return found[-1 if last else 0] if found else None
