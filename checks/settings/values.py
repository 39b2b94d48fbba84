"""What a config file says, whichever language it is written in: a tree of values with their places."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from checks.model import Place
from checks.settings.problems import Problems, shown

# Some seven hundred gates; what aliases expand to counts.
MOST_VALUES = 5_000


class Kind(StrEnum):
    """What a value is, in the words that a message uses."""

    MAPPING = "a mapping"
    LIST = "a list"
    TEXT = "text"
    NUMBER = "a number"
    BOOL = "true or false"
    NULL = "nothing"
    DATE = "a date"


class Value(NamedTuple):
    """One value. `text` is a scalar as it was written; nothing is ever constructed from it."""

    kind: Kind
    place: Place
    text: str = ""
    pairs: tuple[tuple[Value, Value], ...] = ()
    items: tuple[Value, ...] = ()

    def get(self, key: str) -> Value | None:
        """The first value under a key of a mapping; None also for anything that is no mapping."""
        return next((value for name, value in self.pairs if name.is_scalar() and name.text == key), None)

    def is_scalar(self) -> bool:
        """Whether it is a single word, number, truth or date."""
        return self.kind not in {Kind.MAPPING, Kind.LIST, Kind.NULL}

    def described(self) -> str:
        """The offending value for a message: what was written, or what it is."""
        return shown(self.text) if self.is_scalar() else self.kind.value


Fields = dict[str, tuple[Value, Value]]


def fields(value: Value, what: str, problems: Problems, example: str | None = None) -> Fields | None:
    """The keys of a mapping with (key, value); notes anything that is no mapping, odd keys and keys given twice."""
    if value.kind is not Kind.MAPPING:
        problems.add(
            value.place, f"{what} must be a mapping, not {value.described()}", example and f"for example `{example}`"
        )
        return None
    found: Fields = {}
    for key, item in value.pairs:
        if not key.is_scalar():
            problems.add(key.place, f"a key of {what} must be a word, not {key.described()}")
        elif key.text in found:
            first = found[key.text][0].place
            hint = f"the first stands in line {first.line}: keep one" if first.line else "keep one"
            problems.add(key.place, f"duplicate key {shown(key.text)} in {what}", hint)
        else:
            found[key.text] = (key, item)
    return found


def known_fields(
    value: Value, what: str, right: tuple[str, ...], problems: Problems, example: str | None = None
) -> Fields | None:
    """As `fields`, with every key outside `right` noted and left out."""
    found = fields(value, what, problems, example)
    if found is None:
        return None
    for name in [name for name in found if name not in right]:
        problems.unknown(found.pop(name)[0].place, f"key in {what}:", name, right)
    return found
