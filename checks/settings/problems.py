"""What can be wrong with a config: problems with places, collected and raised together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, NoReturn

from checks.model import Place

MOST_PROBLEMS = 100
MOST_CANDIDATES = 100
MOST_SUGGESTIONS = 40
MOST_LISTED = 20
LONGEST_SHOWN = 80


class ConfigProblem(NamedTuple):
    """One thing that is wrong with a config, where, and what mends it."""

    place: Place
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        """`file:line:column: message`, with the hint on a line of its own."""
        first = f"{self.place}: {self.message}"
        return first if self.hint is None else f"{first}\nhint: {self.hint}"


class ConfigError(Exception):
    """A config that cannot be run; `problems` are all of them, in the order of the file."""

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Every problem as a person reads it."""
        return "\n".join(str(problem) for problem in self.problems)


class Problems:
    """Collects what is wrong, so that one reading reports everything; past `MOST_PROBLEMS` it only counts."""

    def __init__(self) -> None:
        self._found: list[ConfigProblem] = []
        self._uncounted = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, place: Place, message: str, hint: str | None = None) -> None:
        """Notes one problem and goes on."""
        if len(self._found) < MOST_PROBLEMS:
            self._found.append(ConfigProblem(place, message, hint))
        else:
            self._uncounted += 1

    def unknown(self, place: Place, what: str, word: str, right: Sequence[str], advice: str | None = None) -> None:
        """Notes a word outside the closed set `right`, with the nearest of it."""
        # The search for the nearest word is the one costly part, and nobody reads that many.
        if advice is None and len(self._found) < MOST_SUGGESTIONS:
            advice = _suggestion(word, right)
        self.add(place, f"unknown {what} {shown(word)}", advice)

    def stop(self, place: Place, message: str, hint: str | None = None) -> NoReturn:
        """Notes a problem after which nothing more can be read, and raises."""
        self.add(place, message, hint)
        raise self.error()

    def raise_any(self) -> None:
        """Raises ConfigError where anything was noted."""
        if self._found:
            raise self.error()

    def error(self) -> ConfigError:
        """All that was noted, in the order of the file."""
        ordered = sorted(self._found, key=lambda problem: (problem.place.line or 0, problem.place.column or 0))
        if self._uncounted:
            ordered.append(ConfigProblem(Place(ordered[-1].place.file), f"and {self._uncounted} more problems"))
        return ConfigError(ordered)


def shown(value: str) -> str:
    """A value in backticks: one line, printable, and short enough to read."""
    short = value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…"
    return "`" + "".join(char if char.isprintable() else _escaped(char) for char in short) + "`"


def listed(words: Sequence[str]) -> str:
    """A closed set as a person reads it."""
    named = ", ".join(shown(word) for word in words[:MOST_LISTED])
    return named if len(words) <= MOST_LISTED else f"{named} and {len(words) - MOST_LISTED} more"


def nearest(word: str, right: Sequence[str], cutoff: float = 0.6) -> str | None:
    """The spelling in `right` that was most likely meant."""
    if len(word) > LONGEST_SHOWN:
        return None
    from difflib import get_close_matches  # late: only a broken config needs it

    folded = {candidate.lower(): candidate for candidate in right[:MOST_CANDIDATES]}
    normal = word.strip().lower()
    for guess in (normal, normal.replace("_", "-"), normal.replace("-", "_")):
        if guess in folded:
            return folded[guess]
    found = get_close_matches(normal, folded, 1, cutoff)
    return folded[found[0]] if found else None


def _suggestion(word: str, right: Sequence[str]) -> str:
    close = nearest(word, right)
    known = f"known: {listed(right)}" if right else "there are none to name"
    return known if close is None else f"did you mean `{close}`? {known}"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
