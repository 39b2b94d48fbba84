"""TOML text as a tree of values. tomllib gives no places, so keys are looked up in the text as well as that goes."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from checks.model import Place
from checks.settings.problems import Problems
from checks.settings.values import MOST_VALUES, Kind, Value

LONGEST_KEY = 100
MOST_NUMBER_BITS = 200

Path = tuple[str, ...]
_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w.\s-])+?)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*(?:\.|$)""")
_WHERE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse_toml(text: str, file: str, problems: Problems) -> dict[str, Any]:
    """The document as Python values; raises ConfigError where it is no TOML."""
    import tomllib  # late: most projects have no config in TOML

    for number, line in enumerate(text.split("\n"), 1):
        # The parser's cost grows with the square of a key's parts.
        if len(line) > LONGEST_KEY and max(part.count(".") for part in line.split("=")) > LONGEST_KEY:
            problems.stop(Place(file, number, 1), f"a key of more than {LONGEST_KEY} parts")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _WHERE.search(str(error))
        last = (text.count("\n") + 1, None)
        place = Place(file, *(map(int, where.groups()) if where and where[1] else last))
        problems.stop(place, f"this is no TOML: {_WHERE.sub('', str(error))}")
    except RecursionError:
        problems.stop(Place(file), "this is no config: its values are nested too deep")
    except ValueError as error:
        problems.stop(Place(file), f"this is no TOML: {error}")


def place_values(data: Any, path: Path, text: str, file: str, problems: Problems) -> Value:
    """The values below `path` with the places of their keys, as far as those can be found in the text."""
    return _Placer(text, file, problems).value(data, path, None)


class _Placer:
    """Looks keys up: a table of the headers and of the keys that begin a line, then a search within that line."""

    def __init__(self, text: str, file: str, problems: Problems) -> None:
        self._file, self._problems, self._count = file, problems, 0
        self._lines = text.split("\n")
        self._known = _key_places(self._lines)

    def value(self, data: Any, path: Path, near: Place | None) -> Value:
        """One value and everything below it; `near` is the place of what holds it."""
        place = self._key_place(path, near)
        self._spend(place)
        if isinstance(data, dict):
            pairs = tuple(
                (self._key(name, (*path, name), place), self.value(item, (*path, name), place))
                for name, item in data.items()
            )
            return Value(Kind.MAPPING, place, pairs=pairs)
        if isinstance(data, list):
            return Value(Kind.LIST, place, items=tuple(self._item(item, path, place) for item in data))
        kind, text = _scalar(data)
        return Value(kind, place, text)

    def _item(self, data: Any, path: Path, near: Place) -> Value:
        if isinstance(data, dict | list):
            return self.value(data, (*path, ""), near)
        kind, text = _scalar(data)
        self._spend(near)
        return Value(kind, self._within(near, text) or near, text)

    def _key(self, name: str, path: Path, near: Place) -> Value:
        return Value(Kind.TEXT, self._key_place(path, near), name)

    def _key_place(self, path: Path, near: Place | None) -> Place:
        if path in self._known:
            return Place(self._file, *self._known[path])
        if near is None:
            return Place(self._file)
        return self._within(near, path[-1]) or near

    def _within(self, near: Place, word: str) -> Place | None:
        if near.line is None:
            return None
        line = self._lines[near.line - 1]
        # The first one as a whole word; nobody reads the column of a line longer than this.
        for found in re.finditer(re.escape(word), line[: 4 * LONGEST_KEY]) if len(word) < LONGEST_KEY else ():
            if found.start() + 1 >= (near.column or 1) and not _in_word(line, found):
                return Place(self._file, near.line, found.start() + 1)
        return None

    def _spend(self, place: Place) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            self._problems.stop(place, f"more than {MOST_VALUES} values: this is no config")


def _key_places(lines: list[str]) -> dict[Path, tuple[int, int]]:
    """Where tables and keys begin. A line within a text of several lines may fool it: then a place is wrong."""
    known: dict[Path, tuple[int, int]] = {}
    table: Path = ()
    for number, line in enumerate(lines, 1):
        header = _HEADER.match(line) if line.lstrip().startswith("[") else None
        if header:
            table = _parts(header[1])
            known.setdefault(table, (number, header.start(1) + 1))
        elif key := _KEY.match(line[: 4 * LONGEST_KEY]):
            known.setdefault((*table, *_parts(key[1])), (number, key.start(1) + 1))
    return known


def _in_word(line: str, found: re.Match[str]) -> bool:
    around = line[max(found.start() - 1, 0) : found.start()] + line[found.end() : found.end() + 1]
    return any(char.isalnum() or char in "_-" for char in around)


def _parts(dotted: str) -> Path:
    return tuple(found[found.lastindex or 0] for found in _PART.finditer(dotted))


def _scalar(data: Any) -> tuple[Kind, str]:
    if isinstance(data, bool):
        return Kind.BOOL, str(data).lower()
    if isinstance(data, int):
        return Kind.NUMBER, str(data) if data.bit_length() <= MOST_NUMBER_BITS else "a very long number"
    if isinstance(data, float):
        return Kind.NUMBER, repr(data)
    if isinstance(data, datetime | date | time):
        return Kind.DATE, data.isoformat()
    return Kind.TEXT, str(data)
