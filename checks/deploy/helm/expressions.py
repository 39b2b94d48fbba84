"""Go templates as text: which values they use, under which conditions, and which templates they define and include."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

Names = tuple[str, ...]
"""A way through the values: `("image", "tag")`."""

_ACTION = re.compile(
    r"\{\{-?\s*(?:/\*.*?\*/|(?P<text>(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|'(?:\\.|[^'\\])'|[^}\"`']|\}(?!\})|')*?))\s*-?\}\}",
    re.S,
)
STRING = re.compile(r"\"((?:\\.|[^\"\\])*)\"|`([^`]*)`")
_MENTION = re.compile(r"(?P<root>[\w.$]*?)\.Values\b(?P<path>(?:\.[A-Za-z_]\w*)*)")
_ARGUMENTS = re.compile(
    r"\b(?P<verb>index|get|hasKey|pluck)\s+\(?[\w.$]*?\.Values\b(?P<path>(?:\.[A-Za-z_]\w*)*)\)?(?P<keys>(?:\s+\"[^\"]+\")+)"
)
_SAFE = re.compile(r"\(\s*([\w.$]*\.Values\b(?:\.[A-Za-z_]\w*)*)\s*\)(?=\.[A-Za-z_])")
BLOCK = re.compile(r"(define|block|if|with|range|else|end)\b\s*(.*)", re.S)
_RELEASE = re.compile(r"(?:^|[\s($])\.?\$?\.Release\.([A-Za-z_]\w*)")
_NAMED = re.compile(r"\b(include|template)\s+\(?\s*\"([^\"]+)\"")
_DEFINES = re.compile(r"(?:define|block)\s+\"([^\"]+)\"")
# What passes a value on as it is; anything else may give it a default or look whether it is there.
_PLAIN = frozenset({
    "quote", "squote", "toString", "int", "int64", "float64", "trim", "lower", "upper", "b64enc", "nindent", "indent",
    "trunc", "trimSuffix", "trimPrefix", "printf", "print", "replace", "title", "kebabcase", "snakecase", "toYaml",
    "sha256sum", "urlquery", "cat",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """One mention of a value. `plain`: nothing there says what happens where it is not set.

    `conditions` are the expressions of the blocks around it.
    """

    path: Names
    file: str
    line: int
    plain: bool
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """One `include "name"` with a literal name."""

    name: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Read:
    """What one template says."""

    file: str
    uses: tuple[Use, ...]
    includes: tuple[Include, ...]
    defines: tuple[str, ...]
    release_names: tuple[tuple[int, str], ...] = ()
    """What is asked about the release, each with its line."""


def read_template(file: str, text: str) -> Read:
    """The values, includes and definitions of a template."""
    uses: list[Use] = []
    includes: list[Include] = []
    defines: list[str] = []
    open_blocks: list[str] = []
    asked: list[tuple[int, str]] = []
    for line, action in actions(text):
        block = BLOCK.match(action)
        outer = tuple(open_blocks)
        if block is not None:
            _enter(open_blocks, block[1], block[2])
        asked += [(line, name) for name in _RELEASE.findall(STRING.sub('""', action))]
        defines += _DEFINES.findall(action)
        uses += _uses(file, line, action, outer, block is not None)
        includes += [Include(found[2], file, line) for found in _NAMED.finditer(action)]
    return Read(file, tuple(uses), tuple(includes), tuple(defines), tuple(asked))


def actions(text: str) -> Iterator[tuple[int, str]]:
    """The inside of each `{{ ... }}` that is no comment, with its line."""
    line, at = 1, 0
    for match in _ACTION.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if match["text"]:
            inner = match.start("text")
            yield line + text.count("\n", at, inner), match["text"].strip()


def _enter(open_blocks: list[str], word: str, rest: str) -> None:
    if word == "end":
        if open_blocks:
            open_blocks.pop()
    elif word == "else":
        if open_blocks:  # what stands behind it depends on the same values, the other way round
            open_blocks[-1] += " " + rest
    else:
        open_blocks.append(rest)


def _uses(file: str, line: int, action: str, outer: tuple[str, ...], is_block: bool) -> Iterator[Use]:
    text = _SAFE.sub(r"\1", action)
    plain = not is_block and text == action and is_plain(text)
    for found in _ARGUMENTS.finditer(text):
        keys = tuple(re.findall(r"\"([^\"]+)\"", found["keys"]))
        yield Use((*names_of(found["path"]), *keys), file, line, False, outer)
    bare = STRING.sub('""', _ARGUMENTS.sub(" ", text))
    for found in _MENTION.finditer(bare):
        if ".Subcharts." not in found["root"]:
            yield Use(names_of(found["path"]), file, line, plain, outer)
    for quoted in STRING.finditer(text):  # a text that `tpl` may read, or the words of a `printf`
        for found in _MENTION.finditer(quoted[1] or quoted[2] or ""):
            yield Use(names_of(found["path"]), file, line, False, outer)


def names_of(path: str) -> Names:
    """`.image.tag` as its parts."""
    return tuple(part for part in path.split(".") if part)


def is_plain(text: str) -> bool:
    """Whether an expression only passes values on, so that nothing is there where one of them is not."""
    rest = _MENTION.sub(" ", STRING.sub(" ", text))
    words = re.findall(r"[A-Za-z_$.][\w.$]*|:=|=", rest)
    return all(word in _PLAIN or word in (".", "$") or _is_builtin(word) for word in words)


def _is_builtin(word: str) -> bool:
    return word.lstrip("$").startswith((".Release.", ".Chart.", ".Template."))


def mentions(text: str) -> Iterator[Names]:
    """Every `.Values...` in a text that is no template itself: a file that `tpl` may read."""
    for found in _MENTION.finditer(text):
        yield names_of(found["path"])
