"""From a rendered object back to the lines of the template that made it, as near as text can tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.model import Place

_KIND = re.compile(r"^\s*['\"]?kind['\"]?\s*:\s*['\"]?([A-Za-z]+)")
_SEPARATOR = re.compile(r"^(\{\{-?[^}]*\}\})?---")


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of a template that make one object: from 0, the end not included."""

    begin: int
    end: int
    kind_at: int


@dataclass(frozen=True, slots=True)
class Template:
    """One template's text, and how to find things in it."""

    file: str
    lines: tuple[str, ...]

    def sections(self, kind: str) -> list[Section]:
        """Where objects of this kind are written; the kind may also come out of a value."""
        return [each for each in self._all() if each.kind_at >= 0 and self._kind(each) in (kind, "")]

    def _all(self) -> list[Section]:
        borders = [at for at, line in enumerate(self.lines) if _SEPARATOR.match(line)]
        edges = [0, *borders, len(self.lines)]
        found = []
        for begin, end in pairwise(edges):
            kinds = [at for at in range(begin, end) if _KIND.match(self.lines[at]) or _starts_kind(self.lines[at])]
            tops = [at for at in kinds if not self.lines[at].startswith((" ", "\t"))] or kinds[:1]
            found += [Section(begin, end, at) for at in tops]
        return found

    def _kind(self, section: Section) -> str:
        match = _KIND.match(self.lines[section.kind_at])
        return match[1] if match else ""

    def section_of(self, content: Mapping[str, Any], nth: int) -> Section | None:
        """The section that made an object, the `nth` of its kind in the file."""
        sections = self.sections(str(content.get("kind") or ""))
        if len(sections) < 2:
            return sections[0] if sections else None
        scores = [self._likeness(section, content) for section in sections]
        best = max(scores)
        if scores.count(best) == 1:
            return sections[scores.index(best)]
        return sections[min(nth, len(sections) - 1)]

    def _likeness(self, section: Section, content: Mapping[str, Any]) -> int:
        """How many of the object's own words stand in a section: its name's end weighs most."""
        text = "\n".join(self.lines[section.begin : section.end])
        name = str((content.get("metadata") or {}).get("name") or "")
        ends = [name[at:] for at, letter in enumerate(name) if letter == "-" and at]
        named = max((len(end) for end in [name, *ends] if len(end) > 2 and f"{end}\n" in f"{text}\n"), default=0)
        words = {word for word in _words(content) if word in text}
        return named * 100 + len(words)

    def find(self, section: Section | None, content: Any, path: Path_) -> Place:
        """The line of `path`, or of the nearest thing around it that is written there."""
        if section is None:
            return Place(self.file, 1 if self.lines else None)
        at, nearest, value = section.begin, section.kind_at, content
        for part in path:
            value = _below(value, part)
            found = self._line_of(part, value, at, section.end)
            if found is not None:
                nearest, at = found, found
        return Place(self.file, nearest + 1)

    def _line_of(self, part: str | int, value: Any, begin: int, end: int) -> int | None:
        if isinstance(part, str):
            key = re.compile(rf"(^|[\s{{,\-\[]){re.escape(part)}['\"]?\s*:")
            return next((at for at in range(begin, end) if key.search(self.lines[at])), None)
        name = value.get("name") if isinstance(value, dict) else value
        if not isinstance(name, str) or not name:
            return None
        word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        return next((at for at in range(begin, end) if word.search(self.lines[at])), None)


def _starts_kind(line: str) -> bool:
    return line.lstrip().startswith("kind:")


def _below(value: Any, part: str | int) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None


def _words(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {str(key) for key in value} | {word for item in value.values() for word in _words(item)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {word for item in value for word in _words(item)}
    return {value} if isinstance(value, str) and 2 < len(value) < 40 else set()
