"""A Dockerfile as its instructions: joined lines, here-documents, flags, and the JSON form of their words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

KEYWORDS = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
     "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)  # fmt: skip
_FLAGGED = frozenset({"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"})
_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_HEREDOC = re.compile(r"(?<![<\w])\d*<<(-?)(['\"]?)([A-Za-z_][\w.]*)\2(?![<\w])")
_DIRECTIVE = re.compile(r"^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$")
_COMMENT = re.compile(r"^\s*#")


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document: the word that ends it, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. `value` is what stands behind keyword and flags, on one line; `words` its JSON form, if any.

    `lines` gives for every part of the text its line, as (position in `value`, line) pairs in order.
    """

    keyword: str
    line: int
    value: str
    flags: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()
    comments: tuple[str, ...] = ()
    lines: tuple[tuple[int, int], ...] = ()

    def line_of(self, position: int) -> int:
        """The line of the character at `position` of `value`."""
        return max((line for start, line in self.lines if start <= position), default=self.line)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that no builder can read: the last part of its rule, where and what."""

    rule: str
    line: int
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A Dockerfile's instructions in order, and what could not be read."""

    instructions: tuple[Instruction, ...]
    faults: tuple[Fault, ...] = ()


@dataclass
class _Logical:
    """A line with those that continue it, and where each piece began."""

    line: int
    text: str = ""
    pieces: list[tuple[int, int]] = field(default_factory=list)

    def add(self, piece: str, line: int) -> None:
        self.pieces.append((len(self.text), line))
        self.text += piece


def parse(text: str) -> Parsed:
    """The instructions of a Dockerfile."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = _escape(lines)
    instructions: list[Instruction] = []
    faults: list[Fault] = []
    comments: list[str] = []
    position = 0
    while position < len(lines):
        stripped = lines[position].strip()
        if not stripped or stripped.startswith("#"):
            comments = [*comments, stripped] if stripped else []
            position += 1
            continue
        logical, position = _logical(lines, position, escape)
        heredocs, position, open_name = _heredocs(logical.text, lines, position)
        if open_name:
            faults.append(Fault("unreadable", logical.line, f"the here-document `{open_name}` is never closed"))
        instructions.append(_instruction(logical, heredocs, tuple(comments)))
        comments = []
    return Parsed(tuple(instructions), tuple(faults))


def _escape(lines: list[str]) -> str:
    """The character that continues a line: the directive counts only before anything else."""
    for line in lines:
        directive = _DIRECTIVE.match(line)
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in ("\\", "`"):
            return directive[2]
    return "\\"


def _logical(lines: list[str], position: int, escape: str) -> tuple[_Logical, int]:
    continued = re.compile(rf"(?<!{re.escape(escape)}){re.escape(escape)}[ \t]*$")
    logical = _Logical(position + 1)
    while position < len(lines):
        line = lines[position]
        position += 1
        if logical.pieces and (_COMMENT.match(line) or not line.strip()):
            continue
        end = continued.search(line)
        logical.add(line[: end.start()] if end else line, position)
        if end is None:
            break
    return logical, position


def _heredocs(text: str, lines: list[str], position: int) -> tuple[tuple[Heredoc, ...], int, str | None]:
    """The here-documents that a logical line opens, the line behind them, and the name of one that never ends."""
    keyword = text.split(maxsplit=1)[0].upper()
    if keyword == "ONBUILD":
        keyword = text.split(maxsplit=2)[1].upper() if len(text.split()) > 1 else ""
    if keyword not in _HEREDOCS:
        return (), position, None
    found: list[Heredoc] = []
    for dash, _, name in _HEREDOC.findall(text):
        body: list[str] = []
        while position < len(lines) and (lines[position].lstrip("\t") if dash else lines[position]) != name:
            body.append(lines[position])
            position += 1
        found.append(Heredoc(name, "\n".join(body)))
        if position >= len(lines):
            return tuple(found), position, name
        position += 1
    return tuple(found), position, None


def _instruction(logical: _Logical, heredocs: tuple[Heredoc, ...], comments: tuple[str, ...]) -> Instruction:
    head = re.match(r"\s*(\S+)\s*", logical.text)
    keyword, start = (head[1].upper(), head.end()) if head else ("", 0)
    flags, start = _flags(logical.text, start) if keyword in _FLAGGED else ({}, start)
    value = logical.text[start:].rstrip()
    shifted = tuple((max(at - start, 0), line) for at, line in logical.pieces)
    words = json_words(value) if keyword not in ("FROM", "ARG", "ENV", "LABEL", "RUN") or value[:1] == "[" else None
    return Instruction(keyword, logical.line, value, flags, words, heredocs, comments, shifted)


def _flags(text: str, start: int) -> tuple[dict[str, str], int]:
    flags: dict[str, str] = {}
    while match := re.compile(r"--([a-z][a-z-]*)(?:=(\"[^\"]*\"|\S*))?(?:\s+|$)").match(text, start):
        name, value = match[1], (match[2] or "").strip('"')
        flags[name] = f"{flags[name]}\n{value}" if name in flags else value
        start = match.end()
    return flags, start


def json_words(value: str) -> tuple[str, ...] | None:
    """The words of the JSON form; None where `value` is not in it."""
    if not value.startswith("["):
        return None
    try:
        words = json.loads(value)
    except ValueError:
        return None
    return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def assignments(value: str) -> Iterator[tuple[str, str | None]]:
    """The names and texts of ENV, LABEL and ARG; the old form `ENV NAME some text` too. Quotes are taken off."""
    first = value.split(maxsplit=1)
    if len(first) == 2 and "=" not in first[0]:
        yield first[0], _unquoted(first[1].strip())
        return
    for word in split_words(value):
        name, equals, text = word.partition("=")
        yield name, _unquoted(text) if equals else None


def split_words(value: str) -> list[str]:
    """The words of `value`, quotes kept and not split inside; what a backslash protects stays in its word."""
    return re.findall(r"(?:\\.|\"(?:\\.|[^\"\\])*\"|'[^']*'|\$\{[^}]*\}|[^\s\"'\\]|[\"'\\])+", value)


def _unquoted(text: str) -> str:
    """Single quotes hide a dollar sign: it is written `\\$` then, as `expand` reads it."""

    def plain(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1].replace("\\", "\\\\").replace("$", "\\$")
        return match[2]

    return re.sub(r"'([^']*)'|\"((?:\\.|[^\"\\])*)\"", plain, text)
