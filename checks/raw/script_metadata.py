"""Reads the PEP 723 block (`# /// script`) of a script, with the line of everything it says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

OPENING = "# /// script"
CLOSING = "# ///"
_NO_COMMENT = re.compile(r"^(?!#)", re.MULTILINE)
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class ScriptMetadata:
    """What a block says; `line` is its opening line. `fault` says why its text is no TOML, `fault_line` where."""

    line: int
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    fault_line: int | None = None

    def line_of(self, word: str) -> int:
        """The line on which `word` first stands in the block, else the line of the block."""
        before, found, _ = self.text.partition(word)
        return self.line + 1 + before.count("\n") if found else self.line


@dataclass(frozen=True, slots=True)
class BlockFault:
    """Why there is no readable block, and on which line."""

    message: str
    line: int


def read_metadata(text: str) -> ScriptMetadata | BlockFault | None:
    """The script's block, what is wrong with its frame, or None where there is no opening line."""
    first = text.find(OPENING)
    if first < 0:
        return None
    last = text.rfind(OPENING)
    # All that can belong to a block: the lines up to the first one after the last opening that is no comment.
    ends = _NO_COMMENT.search(text, last)
    lines = text[: ends.start() if ends else len(text)].split("\n")
    openings = [number for number, line in enumerate(lines) if line.rstrip() == OPENING]
    if not openings:
        return None
    blocks = list(_blocks(lines, openings))
    if len(blocks) > 1:
        return BlockFault("has a second `# /// script` block", blocks[1][0] + 1)
    start, end = blocks[0]
    if end is None:
        return BlockFault("has a `# /// script` block that no `# ///` closes", start + 1)
    return _parse_block(start + 1, "\n".join(line[2:] for line in lines[start + 1 : end]))


def _blocks(lines: list[str], openings: list[int]) -> Iterator[tuple[int, int | None]]:
    """Start and end of each block; the last `# ///` of an unbroken run of comment lines closes it."""
    reached = -1
    for start in openings:
        if start <= reached:
            continue
        end = None
        for number in range(start + 1, len(lines)):
            line = lines[number].rstrip()
            if line == CLOSING:
                end = number
            elif (line == OPENING and end is not None) or (line != "#" and not line.startswith("# ")):
                break
        reached = end or start
        yield start, end


@lru_cache(maxsize=512)
def _parse_toml(text: str) -> tuple[dict[str, Any], str | None, int | None]:
    try:
        return tomllib.loads(text), None, None
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        return {}, _TOML_PLACE.sub("", str(error)), line
    except RecursionError:
        return {}, "nested too deeply", 1


def _parse_block(line: int, text: str) -> ScriptMetadata:
    values, fault, at = _parse_toml(text)
    return ScriptMetadata(line, text, values, fault, None if at is None else line + at)
