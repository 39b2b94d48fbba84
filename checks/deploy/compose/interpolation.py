"""Variables in Compose files: `${X}`, `${X:-default}`, `${X:?message}`, `${X:+other}`, `$$`, nested."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.deploy.compose.source import Path_

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with one variable at one place. `kind` is `unset`, `required` or `interpolation`.

    `message` is as it was written: no variable is put into it, as it will be shown.
    """

    kind: str
    path: Path_
    variable: str
    message: str = ""


class _Malformed(Exception):
    """A `${` that Compose cannot read."""


@dataclass
class Interpolator:
    """Puts `variables` into values and collects what it could not do."""

    variables: Mapping[str, str]
    troubles: list[Trouble] = field(default_factory=list)

    def value(self, value: Any, path: Path_ = ()) -> Any:
        """`value` with every text in it interpolated; keys stay as they are, as Compose leaves them."""
        if isinstance(value, dict):
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(value)]
        return self.text(value, path) if isinstance(value, str) and "$" in value else value

    def text(self, text: str, path: Path_) -> str:
        """One text; where it is malformed the text comes back unchanged."""
        try:
            return self._text(text, path)
        except _Malformed:
            self.troubles.append(Trouble("interpolation", path, text))
            return text

    def _text(self, text: str, path: Path_) -> str:
        out: list[str] = []
        position = 0
        while (dollar := text.find("$", position)) >= 0:
            out.append(text[position:dollar])
            piece, position = self._variable(text, dollar + 1, path)
            out.append(piece)
        return "".join([*out, text[position:]])

    def _variable(self, text: str, start: int, path: Path_) -> tuple[str, int]:
        """What stands for the variable whose `$` lies before `start`, and where the text goes on."""
        if text.startswith("$", start):
            return "$", start + 1
        if text.startswith("{", start):
            end = _closing(text, start)
            return self._braced(text[start + 1 : end], path), end + 1
        named = _NAME.match(text, start)
        if named is None:  # `$1`, `$(x)` and a last `$` are plain text to Compose
            return "$", start
        return self._plain(named.group(), path), named.end()

    def _plain(self, name: str, path: Path_) -> str:
        if name not in self.variables:
            self.troubles.append(Trouble("unset", path, name))
        return self.variables.get(name, "")

    def _braced(self, inside: str, path: Path_) -> str:
        named = _NAME.match(inside)
        if named is None:
            raise _Malformed
        name, rest = named.group(), inside[named.end() :]
        if not rest:
            return self._plain(name, path)
        operator = next((known for known in _OPERATORS if rest.startswith(known)), None)
        if operator is None:
            raise _Malformed
        return self._operate(name, operator, rest[len(operator) :], path)

    def _operate(self, name: str, operator: str, word: str, path: Path_) -> str:
        value = self.variables.get(name)
        there = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("+"):
            return self._text(word, path) if there else ""
        if there:
            return value or ""
        if operator.endswith("-"):
            return self._text(word, path)
        self.troubles.append(Trouble("required", path, name, word))
        return ""


def _closing(text: str, opening: int) -> int:
    """Where the brace opened at `opening` is closed; inner `${` are skipped."""
    depth = 0
    for index in range(opening, len(text)):
        if text[index] == "{" and (index == opening or text[index - 1] == "$"):
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    raise _Malformed


def parse_env_file(text: str) -> tuple[dict[str, str], int | None]:
    """The variables of an `.env` file, and the first line that Compose could not read (or None)."""
    values: dict[str, str] = {}
    lines = text.removeprefix("\ufeff").splitlines()
    index = 0
    while index < len(lines):
        line = lines[index].strip()
        index += 1
        if not line or line.startswith("#"):
            continue
        match = re.match(r"(?:export\s+)?([A-Za-z0-9_.\-\[\]]+)\s*(?:[=:]\s*(.*))?$", line)
        if match is None:
            return values, index
        name, value = match.group(1), match.group(2)
        if value is None:
            continue
        start = index
        while value[:1] in ("'", '"') and not _closed(value) and index < len(lines):
            value += "\n" + lines[index]
            index += 1
        if value[:1] in ("'", '"') and not _closed(value):
            return values, start
        values[name] = _unquoted(value, values)
    return values, None


def _closed(value: str) -> bool:
    return re.match(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", value, re.DOTALL) is not None


def _unquoted(value: str, known: Mapping[str, str]) -> str:
    if value.startswith("'"):
        return value[1 : value.index("'", 1)]
    if value.startswith('"'):
        match = re.match(r"\"((?:[^\"\\]|\\.)*)\"", value, re.DOTALL)
        value = match.group(1).replace('\\"', '"').replace("\\n", "\n") if match else value
    else:
        value = re.split(r"\s+#", value, maxsplit=1)[0].rstrip()
    return Interpolator(known).text(value, ())
