"""What the rules about typed commands share."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from checks.model import Diagnostic
from checks.wiring.calls.named import Named
from checks.wiring.calls.nearest import instead, nearest
from checks.wiring.calls.rules import README_FILE, README_NAME, report
from checks.wiring.calls.steps import Step, is_invented
from checks.wiring.calls.texts import EXPRESSION

_UNCOMMITTED = re.compile(r"(?:^|/)(?:\.env(?:\.(?!example|sample|template|dist)\w+)*|\.?venv|node_modules)(?:/|$)")

_ANY = "ANYTHING"


class Judging:
    """Finds out whether files and names are there."""

    def __init__(self, named: Named) -> None:
        self.named = named
        self.root = named.root

    def file(self, step: Step, word: str, what: str = "file") -> Iterator[Diagnostic]:
        """A finding where a file that is typed is not there."""
        if EXPRESSION in word:
            yield from self._any_file(step, word, what)
            return
        path = step.path(word)
        if path is None or path == "." or _UNCOMMITTED.search(path) or step.exists(self.root, path):
            return
        known = [file for file in self.named.files if posixpath.basename(file) == posixpath.basename(path)]
        close = known[0] if len(known) == 1 else nearest(path, [*self.named.files, *self.named.folders])
        text = f"`{shown(step)}`: there is no {what} `{path}`" + (f"; did you mean `{close}`?" if close else "")
        yield report(README_FILE, step.place, text, sure=not self._is_ignored(path))

    def _any_file(self, step: Step, word: str, what: str) -> Iterator[Diagnostic]:
        """A finding where no file at all is called so, whatever the expressions in its name come to."""
        path = step.path(word.replace(EXPRESSION, _ANY))
        if path is None or _UNCOMMITTED.search(path):
            return
        pattern = re.compile(re.escape(path).replace(_ANY, ".*"))
        if not any(map(pattern.fullmatch, (*self.named.files, *self.named.folders))):
            written = path.replace(_ANY, "${{ ... }}")
            yield report(README_FILE, step.place, f"`{shown(step)}`: there is no {what} of a name like `{written}`")

    def _is_ignored(self, path: str) -> bool:
        """Whether git leaves it out, so that the reader makes it."""
        return any(pattern in path for pattern in self.named.ignored)

    def name(
        self, step: Step, what: str, name: str, known: Sequence[str], *, sure: bool = True
    ) -> Iterator[Diagnostic]:
        """A finding where a name that is typed is not among those that are known."""
        if name not in known and not is_invented(name):
            text = f"`{shown(step)}`: there is no {what} `{name}`{instead(name, known)}"
            yield report(README_NAME, step.place, text, sure=sure)


def values(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """Every value that is given to one of these options."""
    found: list[str] = []
    for at, word in enumerate(words):
        if word in names and at + 1 < len(words):
            found.append(words[at + 1])
        found += [word.removeprefix(f"{name}=") for name in names if word.startswith(f"{name}=")]
    return found


def plain(words: Sequence[str], valued: frozenset[str]) -> list[str]:
    """The words that are neither options nor values of options."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in valued
        else:
            kept.append(word)
    return kept


def shown(step: Step) -> str:
    """The command, shortened."""
    line = " ".join(step.words).replace(EXPRESSION, "${{ ... }}")
    return line if len(line) <= 100 else f"{line[:97]}..."
