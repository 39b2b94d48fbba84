"""What Compose says of broken files: which kind of problem it is, where, and nothing that is private."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from checks.deploy.compose.source import Path_

_KINDS = (
    (r"required variable", ("required-variable",)),
    (r"invalid interpolation format", ("interpolation",)),
    (r"already defined at line", ("duplicate-key",)),
    (r"refers to undefined|depends on undefined|cannot extend service", ("undefined-reference", "disabled-dependency")),
    (r"cycle|circular", ("dependency-cycle",)),
    (r"neither an image nor a build", ("no-image",)),
    (r"env[ _]?file.* not found|couldn't find env file", ("missing-env-file",)),
    (r"failed to read .*line \d+", ("unreadable-env-file",)),
    (r"no such file or directory|not found", ("missing-file", "undefined-reference")),
    (r"yaml:|go-yaml|empty compose file|non-string key|cannot construct", ("unreadable", "invalid")),
)
_LOG_LINE = re.compile(r'^time="[^"]*" level=(\w+) msg="((?:[^"\\]|\\.)*)"')
# Our own judge says these two with their lines.
_KNOWN = re.compile(r"variable is not set|the attribute `version` is obsolete")
_WORD = re.compile(r"[^\s'\"`,;:=@/\\\[\]()<>]+")


@dataclass(frozen=True, slots=True)
class Said:
    """The failure in Compose's words, the rules it may be an instance of, and its warnings."""

    failure: str
    rules: tuple[str, ...]
    warnings: tuple[str, ...]


def understand(words: str) -> Said:
    """Splits the output of a `config` into its failure and its warnings."""
    warnings: list[str] = []
    rest: list[str] = []
    for line in words.splitlines():
        logged = _LOG_LINE.match(line)
        if logged is None:
            rest.append(line.strip())
        elif logged[1] in ("warning", "warn") and not _KNOWN.search(logged[2]):
            warnings.append(re.sub(r"\\(.)", r"\1", logged[2]))
    failure = " ".join(line for line in rest if line and "following error(s)" not in line)
    rules = next((rules for pattern, rules in _KINDS if re.search(pattern, failure)), ("invalid",))
    if "unreadable-env-file" in rules:  # the rest quotes the line, whatever stands in it
        failure = re.sub(r"(line \d+).*", r"\1", failure)
    return Said(failure, rules, tuple(dict.fromkeys(warnings)))


def said_path(words: str) -> Path_:
    """The way to the fault as far as Compose names it; empty where it does not."""
    if match := re.search(r"services\[([^\]]+)\]((?:\.\w+|\[\d+\])*)", words):
        rest = re.findall(r"\w+", match[2])
        return ("services", match[1], *_numbered(rest))
    if match := re.search(r"\b(services|networks|volumes|secrets|configs|include|models)\.([\w.\[\]-]+)", words):
        parts = [part.strip("[]") for part in match[2].rstrip(".:").split(".")]
        return (match[1], *_numbered(part for part in parts if part))
    if match := re.search(r"service \"?([\w.-]+)\"?", words):
        return ("services", match[1])
    return ()


def _numbered(parts: Iterable[str]) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdecimal() else part for part in parts)


@dataclass(frozen=True, slots=True)
class Redaction:
    """Takes private values out of words. What the files themselves say openly is not private."""

    private: tuple[str, ...]
    open_text: str

    def clean(self, words: str) -> str:
        """`words` without any private value, whole or in parts (Compose quotes parts of what it could not read)."""
        secrets = sorted((value for value in self.private if self._secret(value)), key=len, reverse=True)
        for value in secrets:
            words = words.replace(value, "***")
        return _WORD.sub(lambda match: self._word(match[0], secrets), words)

    def clean_quoted(self, words: str) -> str:
        """The same for a sentence of ours, whose values stand in backticks: its own words stay as they are."""
        return re.sub(r"`[^`]*`", lambda match: self.clean(match[0]), words)

    def _secret(self, value: str) -> bool:
        return len(value) >= 3 and value not in self.open_text

    def _word(self, word: str, secrets: list[str]) -> str:
        part = len(word) >= 3 and word not in self.open_text and any(word in value for value in secrets)
        return "***" if part else word
