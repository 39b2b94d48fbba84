"""Files of a chart that its templates print: one that is not there prints as nothing, without a word."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from checks.deploy.helm.chart_text import ChartText
from checks.deploy.helm.expressions import BLOCK, actions
from checks.deploy.helm.findings import ERROR, WARNING, finding
from checks.model import Diagnostic, Place

_GET = re.compile(r"\.Files\.(?:Get|GetBytes|Lines)\s+(?:\"([^\"]+)\"|`([^`]+)`)")
# What says what happens where there is no such file.
_CAREFUL = re.compile(r"\b(default|required|fail|empty|coalesce|ternary|and|or|not)\b|:=")
# Helm keeps these to itself.
_NOT_OFFERED = re.compile(r"(templates|charts|crds)/.*|Chart\.(yaml|lock)|values\.(yaml|schema\.json)")


def file_findings(text: ChartText) -> Iterator[Diagnostic]:
    """Every `.Files.Get "name"` that finds nothing; a library prints the files of the chart that uses it."""
    if text.chart.is_library:
        return
    offered = _offered(text.chart.path)
    for file, content in text.texts:
        blocks: list[str] = []
        for line, action in actions(content):
            block = BLOCK.match(action)
            asks = (block is None or block[1] == "range") and not _CAREFUL.search(action)
            for name in _names(action) if asks else ():
                if name.removeprefix("./") not in offered:
                    yield _finding(text, name, offered, Place(file, line), bool({"if", "with"} & set(blocks)))
            _enter(blocks, block[1] if block else "")


def _names(action: str) -> list[str]:
    return [found[1] or found[2] for found in _GET.finditer(action)]


def _enter(blocks: list[str], word: str) -> None:
    if word == "end" and blocks:
        blocks.pop()
    elif word not in ("", "end", "else"):
        blocks.append(word)


def _offered(folder: Path) -> frozenset[str]:
    """The files that Helm hands to templates."""
    ignored = _ignored(folder)
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return frozenset(name for name in names if not _NOT_OFFERED.fullmatch(name) and not _matches(name, ignored))


def _ignored(folder: Path) -> list[str]:
    path = folder / ".helmignore"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    kept = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [] if any(line.startswith("!") for line in kept) else kept


def _matches(name: str, ignored: list[str]) -> bool:
    parts = name.split("/")
    ways = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    for pattern in ignored:
        bare = pattern.strip("/")
        whole = "/" in bare or pattern.startswith("/")
        ways_here = ways[:-1] if pattern.endswith("/") else ways
        if any(fnmatch.fnmatchcase(way if whole else way.rpartition("/")[2], bare) for way in ways_here):
            return True
    return False


def _finding(text: ChartText, name: str, offered: frozenset[str], place: Place, conditional: bool) -> Diagnostic:
    same = [each for each in offered if each.rpartition("/")[2] == name.rpartition("/")[2]]
    near = next(iter(same or get_close_matches(name, sorted(offered), 1, 0.75)), None)
    why = "is not there"
    if (text.chart.path / name).is_file():
        why = "is not offered to templates: Helm keeps `templates/` and what `.helmignore` names to itself"
    nearby = f"; the nearest that is: `{near}`" if near else ""
    sure = near is not None or not conditional
    message = f"`.Files.Get` prints nothing: `{name}` {why}{nearby}"
    return finding("missing-file", ERROR if sure else WARNING, message, place)
