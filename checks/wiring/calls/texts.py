"""The commands in a project's texts: code blocks of its documentation, recipes of its Makefile, scripts, CI jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checks.wiring.calls.model import Origin

_FENCE = re.compile(r"^(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*\{?\.?(?P<language>[\w+-]*)")
_SHELLS = frozenset(("sh", "bash", "shell", "zsh", "console", "shell-session", "terminal", "shellscript", "bat"))
_PROMPT = re.compile(r"^\s*(?:\([\w.-]+\)\s*)?[$%❯]\s+")
_BLANK = re.compile(r"<[A-Za-z][\w ./:|-]*>")
"""What the reader is to fill in, which a shell would take for a redirection."""
_RECIPE = re.compile(r"\$\(([^)]*)\)|\$\{([^}]*)\}|\$\$")
_TARGET = re.compile(r"^([A-Za-z0-9_.%/-]+(?:[ \t]+[A-Za-z0-9_.%/-]+)*)[ \t]*:(?!=)")
EXPRESSION = "$EXPRESSION"
"""What stands for `${{ ... }}`, which a pipeline puts in."""
_GATE = re.compile(r"""\bcommand:\s*(?:"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'|(?P<plain>[^\s"'{|>][^,}#]*))""")
_SPECIAL = re.compile(r"\.[A-Z_]+\Z")
"""`.PHONY` and the like, which nobody makes."""
_LARGEST = 1 << 19


@dataclass(frozen=True, slots=True)
class Text:
    """Shell text from `file`, with the line of the file that each of its lines stands on.

    `folder` is where it runs, None where that is not known. All texts of one file share `made`: what earlier commands
    made.
    """

    file: str
    lines: tuple[tuple[int, str], ...]
    origin: Origin
    folder: str | None
    made: set[str] = field(default_factory=set, compare=False)

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line for _, line in self.lines)

    def line(self, number: int) -> int:
        """The line of the file for a line of the text, both counted from 1."""
        return self.lines[min(number, len(self.lines)) - 1][0]


def read_texts(root: Path, files: tuple[str, ...]) -> Iterator[Text]:
    """Every text with commands; what cannot be read has none."""
    for file in files:
        name = file.rpartition("/")[2]
        if _is_documentation(file):
            yield from _blocks(file, _read(root / file))
        elif name in ("Makefile", "makefile", "GNUmakefile") or name.endswith(".mk"):
            yield from _recipes(file, _read(root / file))
        elif name.endswith((".sh", ".bash")):
            lines = tuple(enumerate(_read(root / file).splitlines(), 1))
            yield Text(file, lines, Origin.SCRIPT, None)
    yield from _jobs(root)
    yield from _gates(root)


def _is_documentation(file: str) -> bool:
    folder, _, name = file.rpartition("/")
    if not name.lower().endswith(".md"):
        return False
    known = name.lower().startswith(("readme", "contributing", "development", "install", "deploy", "getting", "usage"))
    return (known and folder.count("/") < 2) or folder.partition("/")[0] in ("docs", "doc")


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:_LARGEST].decode("utf-8", "replace")
    except OSError:
        return ""


def _blocks(file: str, text: str) -> Iterator[Text]:
    """The fenced blocks of a document that are for a shell."""
    made: set[str] = set()
    fence, language, collected = "", "", list[tuple[int, str]]()
    for number, line in enumerate(text.splitlines(), 1):
        opening = _FENCE.match(line)
        if not fence and opening:
            fence, language, collected = opening["fence"], opening["language"].lower(), []
        elif fence and opening and opening["fence"].startswith(fence) and not opening["language"]:
            lines = tuple(_typed(collected, language))
            if lines:
                yield Text(file, lines, Origin.README, ".", made)
            fence = ""
        elif fence:
            collected.append((number, line))


def _typed(lines: list[tuple[int, str]], language: str) -> Iterator[tuple[int, str]]:
    """What is typed: behind prompts where there are any, everything in a block that is marked for a shell."""
    prompted = any(_PROMPT.match(line) for _, line in lines)
    if language not in _SHELLS and not (language in ("", "text", "plaintext") and prompted):
        return
    goes_on = False
    for number, written in lines:
        line = _BLANK.sub("$BLANK", written)
        if not prompted:
            yield number, line
        elif _PROMPT.match(line) or goes_on:
            typed = _PROMPT.sub("", line)
            goes_on = typed.rstrip().endswith("\\")
            yield number, typed


def _recipes(file: str, text: str) -> Iterator[Text]:
    """Each line of a recipe: `make` starts a shell of its own for it."""
    folder = file.rpartition("/")[0] or "."
    made: set[str] = set()
    pending: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not pending and not line.startswith("\t"):
            continue
        typed = _RECIPE.sub(lambda found: "$" if found[0] == "$$" else "$MAKE_VALUE", line.lstrip("\t"))
        pending.append((number, typed if pending else typed.lstrip("@-+ ")))
        if not line.rstrip().endswith("\\"):
            yield Text(file, tuple(pending), Origin.SCRIPT, folder, made)
            pending = []


def make_targets(text: str) -> frozenset[str]:
    """The targets of a Makefile."""
    found = (target for line in text.splitlines() if (match := _TARGET.match(line)) for target in match[1].split())
    return frozenset(target for target in found if not _SPECIAL.match(target))


def _gates(root: Path) -> Iterator[Text]:
    """The commands of the project's own gates, which run at its top."""
    file = ".raw/config.yaml"
    for number, line in enumerate(_read(root / file).splitlines(), 1):
        gate = None if line.lstrip().startswith("#") else _GATE.search(line)
        if gate is not None:
            yield Text(file, ((number, gate["double"] or gate["single"] or gate["plain"] or ""),), Origin.SCRIPT, ".")


def _jobs(root: Path) -> Iterator[Text]:
    """The `run` steps of GitHub's workflows."""
    folder = root / ".github" / "workflows"
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
    except OSError:
        return
    for path in paths:
        file = path.relative_to(root).as_posix()
        yield from _steps(file, _read(path))


_RUN = re.compile(r"^(?P<indent>\s*)(?:-\s+)?run:\s*(?P<text>.*)$")


def _steps(file: str, text: str) -> Iterator[Text]:
    made: set[str] = set()
    known = "working-directory" not in text and "matrix" not in text.partition("steps:")[0]
    folder = "." if known else None
    block: list[tuple[int, str]] | None = None
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if not line.strip() or len(line) - len(line.lstrip()) > depth:
                block.append((number, _expressions(line)))
                continue
            yield Text(file, tuple(block), Origin.SCRIPT, folder, made)
            block = None
        step = _RUN.match(line)
        if step and step["text"].strip() in ("|", ">", "|-", ">-", "|+"):
            block, depth = [], len(line) - len(line.lstrip())
        elif step and step["text"].strip():
            yield Text(file, ((number, _expressions(_unquoted(step["text"]))),), Origin.SCRIPT, folder, made)
    if block:
        yield Text(file, tuple(block), Origin.SCRIPT, folder, made)


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _expressions(line: str) -> str:
    return re.sub(r"\$\{\{.*?\}\}", EXPRESSION, line)
