"""Reads a shell text line by line, as far as that can be done without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

UNKNOWN = "$SUBSTITUTED"
"""What stands for the output of a command (`$(...)`)."""
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\1")


@dataclass(slots=True)
class _Reader:
    """Where the reading stands in `text`: what was collected of the present line, and the here-documents it opened."""

    text: str
    at: int = 0
    quote: str = ""
    collected: list[str] = field(default_factory=list)
    heredocs: list[str] = field(default_factory=list)

    def line(self) -> str | None:
        """The next whole line of commands; None where a quote never closes."""
        self.collected, self.quote = [], ""
        while self.at < len(self.text):
            if self._step():
                break
        return None if self.quote else "".join(self.collected)

    def _step(self) -> bool:
        """Reads one thing; True at the end of a line."""
        character = self.text[self.at]
        two = self.text[self.at : self.at + 2]
        if self.quote == "'":
            self._take(1)
            self.quote = "" if character == "'" else "'"
        elif character == "\\":
            self._continue() if two == "\\\n" else self._take(2)
        elif two in ("$(", "<(", ">(") and not (self.quote and two != "$("):
            self._skip_to(_end_of_substitution(self.text, self.at + 2))
        elif character == "`":
            end = self.text.find("`", self.at + 1)
            self._skip_to(len(self.text) if end < 0 else end + 1)
        elif self.quote:
            self._take(1)
            self.quote = "" if character == '"' else '"'
        else:
            return self._step_unquoted(character)
        return False

    def _step_unquoted(self, character: str) -> bool:
        if character == "\n":
            self.at += 1
            self._skip_heredocs()
            return True
        if character == "#" and (not self.collected or self.collected[-1][-1] in " \t;"):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
            return False
        heredoc = _HEREDOC.match(self.text, self.at)
        if heredoc and self.text[self.at - 1 : self.at] != "<":
            self.heredocs.append(heredoc[2])
            self.at = heredoc.end()
            return False
        if character in "'\"":
            self.quote = character
        self._take(1)
        return False

    def _take(self, amount: int) -> None:
        self.collected.append(self.text[self.at : self.at + amount])
        self.at += amount

    def _continue(self) -> None:
        self.collected.append(" ")
        self.at += 2

    def _skip_to(self, end: int) -> None:
        self.collected.append(UNKNOWN)
        self.at = end

    def _skip_heredocs(self) -> None:
        for word in self.heredocs:
            end = re.compile(rf"^[ \t]*{word}[ \t]*$", re.MULTILINE).search(self.text, self.at)
            self.at = min(end.end() + 1, len(self.text)) if end else len(self.text)
        self.heredocs.clear()


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Each whole line of commands with the number of the line it begins on.

    Comments and here-documents are left out, `$(...)` becomes an unknown word, a line that goes on is joined.
    """
    reader = _Reader(text)
    while reader.at < len(text):
        began = reader.at
        line = reader.line()
        if line is None:  # an apostrophe in prose: the lines behind it are read anew
            end = text.find("\n", began)
            reader.at = len(text) if end < 0 else end + 1
            reader.heredocs.clear()
        elif line.strip():
            indent = len(text[began:]) - len(text[began:].lstrip())
            yield text.count("\n", 0, began + indent) + 1, line.strip()


def is_unknown(word: str) -> bool:
    """Whether a word's value is only known when it runs."""
    return "$" in word or "`" in word


def _end_of_substitution(text: str, at: int) -> int:
    """Behind the bracket that closes the one before `at`; quotes in between may hold brackets."""
    depth = 1
    while at < len(text) and depth:
        character = text[at]
        if character == "\\":
            at += 1
        elif character in "'\"":
            at = _end_of_quote(text, at)
        else:
            depth += (character == "(") - (character == ")")
        at += 1
    return at


def _end_of_quote(text: str, at: int) -> int:
    quote, at = text[at], at + 1
    while at < len(text) and text[at] != quote:
        if quote == '"' and text[at] == "\\":
            at += 1
        elif quote == '"' and text.startswith("$(", at):
            at = _end_of_substitution(text, at + 2) - 1
        at += 1
    return at
