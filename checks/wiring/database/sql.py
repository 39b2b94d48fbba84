"""Reads SQL as far as its quotes and comments: where statements end, and where parameters stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*")
    |(?P<dollar>\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$)
    |(?P<word>\w+)
    |(?P<end>;)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
# SQLAlchemy's own expression for the parameters of `text()`, quotes or not.
_NAMED = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])")
_FORMAT = re.compile(r"%(?:%|s|b|t|\((\w+)\)[sbt])")
_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*([A-Za-z]+)", re.DOTALL)
_PREPARABLE = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE", "TABLE", "REPLACE"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with the offset at which it begins in its text."""

    text: str
    offset: int


def split(text: str) -> Iterator[Statement]:
    """The statements of a script; comments alone are none."""
    start, said = 0, False
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "end" or token["end"]:
            if said:
                yield _statement(text, start, token.start())
            start, said = token.end(), False
        elif not (token["space"] or token["comment"]):
            said = True
    if said:
        yield _statement(text, start, len(text))


def _statement(text: str, start: int, end: int) -> Statement:
    blank = len(text[start:end]) - len(text[start:end].lstrip())
    return Statement(text[start + blank : end], start + blank)


def first_word(text: str) -> str:
    """The word that says what a statement does, in capitals."""
    match = _FIRST_WORD.match(text)
    return match[1].upper() if match else ""


def is_preparable(text: str) -> bool:
    """Whether the server can analyse a statement without running it."""
    return first_word(text) in _PREPARABLE


def line_of(text: str, position: int) -> int:
    """The line (from 0) of a position (from 1)."""
    return text.count("\n", 0, max(position - 1, 0))


def from_text(text: str) -> str:
    """A statement of SQLAlchemy's `text()`: `:name` becomes `$1`."""
    return _numbered(_NAMED, text, lambda match: match[1]).replace("\\:", ":")


def from_format(text: str) -> str:
    """A statement of psycopg with parameters: `%s` and `%(name)s` become `$1`, `%%` a percent sign."""
    return _numbered(_FORMAT, text, lambda match: None if match[0] == "%%" else match[1] or f"%{match.start()}", "%")


def has_format(text: str) -> bool:
    """Whether psycopg would put parameters in."""
    return any(match[0] != "%%" for match in _FORMAT.finditer(text))


def _numbered(pattern: re.Pattern[str], text: str, name: Callable[[re.Match[str]], str | None], other: str = "") -> str:
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        named = name(match)
        return other if named is None else f"${numbers.setdefault(named, len(numbers) + 1)}"

    return pattern.sub(number, text)
