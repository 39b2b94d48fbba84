"""YAML text as a tree of values with places. Nothing is constructed, no tag is obeyed, every cost is bounded."""

from __future__ import annotations

import re
from typing import Any

from checks.model import Place
from checks.quick_yaml import import_yaml
from checks.settings.problems import Problems, shown
from checks.settings.values import MOST_VALUES, Kind, Value

DEEPEST = 100
MOST_DIRECTIVES = 20
LONGEST_RESOLVED = 100

_PREFIX = "tag:yaml.org,2002:"
_KINDS = {
    "str": Kind.TEXT,
    "int": Kind.NUMBER,
    "float": Kind.NUMBER,
    "bool": Kind.BOOL,
    "null": Kind.NULL,
    "timestamp": Kind.DATE,
    "map": Kind.MAPPING,
    "seq": Kind.LIST,
}
# YAML 1.2 reads `1e3` as a number and YAML 1.1 as text; to a person it is a number.
_EXPONENT = r"[-+]?[0-9]+[eE][-+]?[0-9]+"


class _Open:
    """A mapping or list whose end was not read yet."""

    __slots__ = ("anchor", "children", "kind", "place", "size")

    def __init__(self, kind: Kind, place: Place, anchor: str | None) -> None:
        self.kind, self.place, self.anchor = kind, place, anchor
        self.children: list[Value] = []
        self.size = 1


def read_yaml(text: str, file: str, problems: Problems) -> Value | None:
    """The one document in `text`, None where there is none; raises ConfigError where it is no YAML."""
    yaml = import_yaml()

    if len(re.findall(r"^%", text, re.MULTILINE)) > MOST_DIRECTIVES:
        # The parser compares every directive with every other one.
        problems.stop(Place(file, 1, 1), "too many lines start with `%`: this is no config")
    builder = _Builder(file, problems)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        problems.stop(_place(file, error.problem_mark or error.context_mark), *_syntax(error, text))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        problems.stop(Place(file), f"this is no YAML: {error}")
    return builder.root


class _Builder:
    """Puts the parser's events together; a stack instead of recursion, and a count of what aliases expand to."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file, self.problems = file, problems
        self.root: Value | None = None
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Value, int] | None] = {}
        self._count = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Takes one event of the parser."""
        handler = getattr(self, f"_on_{type(event).__name__}", None)
        if handler is not None:
            handler(event, _place(self.file, event.start_mark))

    def _on_DocumentStartEvent(self, _event: Any, place: Place) -> None:  # noqa: N802 - the parser's own names
        self._documents += 1
        if self._documents > 1:
            self.problems.stop(place, "a second YAML document starts here", "keep one document, without `---` between")

    def _on_ScalarEvent(self, event: Any, place: Place) -> None:  # noqa: N802
        kind = self._scalar_kind(event, place)
        value = Value(kind, place, event.value)
        self._anchor(event.anchor, value, 1)
        self._add(value, 1)

    def _on_MappingStartEvent(self, event: Any, place: Place) -> None:  # noqa: N802
        self._open(event, place, Kind.MAPPING)

    def _on_SequenceStartEvent(self, event: Any, place: Place) -> None:  # noqa: N802
        self._open(event, place, Kind.LIST)

    def _on_MappingEndEvent(self, _event: Any, _place: Place) -> None:  # noqa: N802
        done = self._stack.pop()
        pairs = tuple(zip(done.children[::2], done.children[1::2], strict=True))
        self._close(done, Value(Kind.MAPPING, done.place, pairs=self._merged(pairs)))

    def _on_SequenceEndEvent(self, _event: Any, _place: Place) -> None:  # noqa: N802
        done = self._stack.pop()
        self._close(done, Value(Kind.LIST, done.place, items=tuple(done.children)))

    def _on_AliasEvent(self, event: Any, place: Place) -> None:  # noqa: N802
        if event.anchor not in self._anchors:
            self.problems.stop(place, f"alias `*{event.anchor}` names no anchor", f"write `&{event.anchor}` before it")
        target = self._anchors[event.anchor]
        if target is None:
            self.problems.stop(place, f"alias `*{event.anchor}` stands inside of what it names")
        self._add(*target)

    def _open(self, event: Any, place: Place, kind: Kind) -> None:
        if len(self._stack) >= DEEPEST:
            self.problems.stop(place, f"nested more than {DEEPEST} deep", "a config is at most seven deep")
        if event.tag not in {None, "!"} and _KINDS.get(event.tag.removeprefix(_PREFIX)) is not kind:
            self._refuse_tag(event.tag, place)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(kind, place, event.anchor))
        self._spend(1, place)

    def _close(self, done: _Open, value: Value) -> None:
        self._anchor(done.anchor, value, done.size)
        self._count -= done.size  # every part was counted as it came
        self._add(value, done.size)

    def _add(self, value: Value, size: int) -> None:
        self._spend(size, value.place)
        if self._stack:
            self._stack[-1].children.append(value)
            self._stack[-1].size += size
        else:
            self.root = value

    def _spend(self, size: int, place: Place) -> None:
        self._count += size
        if self._count > MOST_VALUES:
            hint = "aliases count as often as they are used" if self._anchors else None
            self.problems.stop(place, f"more than {MOST_VALUES} values: this is no config", hint)

    def _anchor(self, anchor: str | None, value: Value, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _scalar_kind(self, event: Any, place: Place) -> Kind:
        if event.tag in {None, "!"}:
            return _resolved(event.value) if event.implicit[0] else Kind.TEXT
        kind = _KINDS.get(event.tag.removeprefix(_PREFIX))
        if kind is None or kind in {Kind.MAPPING, Kind.LIST} or not event.tag.startswith(_PREFIX):
            self._refuse_tag(event.tag, place)
        return kind or Kind.TEXT

    def _refuse_tag(self, tag: str, place: Place) -> None:
        written = "!!" + tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else tag
        self.problems.add(place, f"the tag {shown(written)} is not allowed here (nothing was executed)", "remove it")

    def _merged(self, pairs: tuple[tuple[Value, Value], ...]) -> tuple[tuple[Value, Value], ...]:
        sources = [value for key, value in pairs if key.text == "<<" and key.kind is Kind.TEXT]
        if not sources:
            return pairs
        own = [pair for pair in pairs if pair[0].text != "<<"]
        taken = {key.text for key, _ in own}
        for source in sources:
            for part in source.items or (source,):
                own += self._merge_part(part, taken)
        return tuple(own)

    def _merge_part(self, part: Value, taken: set[str]) -> list[tuple[Value, Value]]:
        if part.kind is not Kind.MAPPING:
            self.problems.add(part.place, f"the merge key `<<` needs a mapping, not {part.described()}")
        fresh = [pair for pair in part.pairs if pair[0].text not in taken]
        taken.update(key.text for key, _ in fresh)
        return fresh


def _resolved(text: str) -> Kind:
    yaml = import_yaml()

    if len(text) > LONGEST_RESOLVED:
        return Kind.TEXT
    if re.fullmatch(_EXPONENT, text):
        return Kind.NUMBER
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _KINDS.get(tag.removeprefix(_PREFIX), Kind.TEXT)
    return Kind.TEXT


def _place(file: str, mark: Any) -> Place:
    return Place(file) if mark is None else Place(file, mark.line + 1, mark.column + 1)


def _syntax(error: Any, text: str) -> tuple[str, str | None]:
    told = ", ".join(str(part) for part in (error.context, error.problem) if part)
    mark = error.problem_mark
    at_tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
    hint = "YAML is indented with spaces, never with tabs" if at_tab else None
    return f"this is no YAML: {told}", hint
