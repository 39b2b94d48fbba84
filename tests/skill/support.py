"""The skill's text as data: its front matter, and the code blocks of SKILL.md and references/ with what they promise.

The word after a fence's language says how the block is held true:

    from=PATH     its lines are lines of that file (a line `...` leaves some out)
    file=PATH     a file of the small project that all `file=` blocks of this page make
    run           it is executed; in that project where the page makes one, else in an empty folder
    run=SYSTEM    Python, executed in a copy of a reference system
    wrong=RULE    Python that the rule must report (`ruff.CODE`: the linter's)
    gates         a config: it loads, and its gates have the catalog's commands and limits
    commands      each line is a command line that skillgate (or the installer) takes
    tree          a drawing; every pattern in it is one that `new` knows
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from support.program import ROOT

PAGES = ("SKILL.md", *sorted(f"references/{path.name}" for path in (ROOT / "references").glob("*.md")))
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block, and where it stands."""

    page: str
    line: int
    language: str
    kind: str
    value: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        language, _, promise = match["info"].strip().partition(" ")
        kind, _, value = promise.strip().partition("=")
        yield Block(page, text[: match.start()].count("\n") + 1, language, kind, value, match["text"])


def all_blocks(*kinds: str) -> list[Block]:
    """The blocks of every page, of these kinds where any are named."""
    return [block for page in PAGES for block in blocks(page) if not kinds or block.kind in kinds]


def front_matter() -> dict[str, Any]:
    """What SKILL.md says about itself before its text."""
    _, head, _ = (ROOT / "SKILL.md").read_text(encoding="utf-8").split("---\n", 2)
    found = yaml.safe_load(head)
    assert isinstance(found, dict)
    return found


def prose(page: str) -> str:
    """A page without its blocks."""
    return FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
