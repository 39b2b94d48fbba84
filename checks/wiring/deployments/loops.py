"""Loops of the shell in Makefiles, scripts and CI files: `for name in api worker; do docker build ...; done`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LOOP = re.compile(r"\bfor\s+(\w+)\s+in\s+([^;\n]+?)\s*(?:;|\n)\s*do\b(.*?)\bdone\b", re.DOTALL)
_MOST = 50


def unrolled(text: str) -> Iterator[str]:
    """What a loop of the shell comes to, once for each of its words, on the lines where it stands."""
    for found in _LOOP.finditer(text):
        words = _words(found, text)
        before = "\n" * text.count("\n", 0, found.start(3))
        for word in words[:_MOST]:
            yield before + re.sub(rf"\$\$?(?:\{{{found[1]}\}}|{found[1]}\b)", word, found[3])


def without_loops(text: str) -> str:
    """A text without the loops that were unrolled."""
    return _LOOP.sub(lambda found: "" if _words(found, text) else found[0], text)


def _words(loop: re.Match[str], text: str) -> list[str]:
    """The words of a loop, with the lists of a Makefile or a script put in; none where one of them is not known."""

    def value(found: re.Match[str]) -> str:
        said = re.search(rf"^{found[1]}\s*[:?]?=\s*[\"']?([^\n\"'#]*)", text, re.MULTILINE)
        return said[1] if said else found[0]

    words = re.sub(r"\$\$?[{(]?(\w+)[})]?", value, loop[2]).split()
    return words if all(re.fullmatch(r"[\w./-]+", word) for word in words) else []
