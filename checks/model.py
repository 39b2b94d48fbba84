"""The vocabulary of skillgate as frozen types. Imports nothing of ours.

Named tuples rather than dataclasses here and wherever a run passes: they cost a ninth of the time to define, and a
run of seven gates that do nothing has less than a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

Evidence = Mapping[str, int | str]
"""How many items were looked at, by kind (`tests: 41`); text values say who judged (`runtime: embedded`)."""


EMPTY: Mapping[str, Any] = MappingProxyType({})
"""No entries: a default that nobody can change."""


class Severity(StrEnum):
    """An error fails its gate; a warning is shown and does not."""

    ERROR = "error"
    WARNING = "warning"


class Status(StrEnum):
    """What became of one gate."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    ERROR = "error"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What became of a run."""

    PASS = "pass"
    FAIL = "fail"
    UNVERIFIED = "unverified"
    CONFIG_ERROR = "config_error"
    INTERRUPTED = "interrupted"


EXIT_CODES: Mapping[Verdict, int] = {
    Verdict.PASS: 0,
    Verdict.FAIL: 1,
    Verdict.CONFIG_ERROR: 2,
    Verdict.UNVERIFIED: 3,
    Verdict.INTERRUPTED: 130,
}
EXIT_INTERNAL_FAULT = 70


class Diagnostic(NamedTuple):
    """One finding. `file` is relative to the project, with forward slashes; `line` and `column` count from 1."""

    rule: str
    severity: Severity
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape that `report.json` fixes."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Diagnostic:
        """The reverse of `as_json`; raises KeyError or ValueError on anything else."""
        return cls(
            rule=data["rule"],
            severity=Severity(data["severity"]),
            message=data["message"],
            file=data.get("file"),
            line=data.get("line"),
            column=data.get("column"),
            hint=data.get("hint"),
        )


class Rule(NamedTuple):
    """What `skillgate explain ID` prints about one kind of finding.

    `wrong` and `right` are whole examples, `why` says what happens to the user who ignores it.
    """

    id: str
    severity: Severity
    title: str
    why: str
    wrong: str
    right: str


class CheckContext(NamedTuple):
    """What a check is asked to judge: absolute `root`, the project's `python`, and what else was said.

    `arguments` are the words after the check's own command; `environment` is what programs inherit.
    """

    root: Path
    python: Path
    jobs: int = 1
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = EMPTY


class CheckResult(NamedTuple):
    """What a check found. `blocked` says, to a person, why it could not judge, with the command that mends it."""

    check: str
    evidence: Evidence
    diagnostics: tuple[Diagnostic, ...] = ()
    blocked: str | None = None

    def has_errors(self) -> bool:
        """Whether any finding is of error severity."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


Check = Callable[[CheckContext], CheckResult]


class Place(NamedTuple):
    """Where in which file something was said; counts from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """`file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class Gate(NamedTuple):
    """One named verdict on a project: a command, its limit in seconds, and the least evidence it needs.

    `workdir` is relative to the project. `requested` is true where the project's config names the gate:
    such a gate is never skipped. `place` is where the config names it.
    """

    name: str
    command: str
    timeout_s: float
    floor: Mapping[str, int] = EMPTY
    environment: Mapping[str, str] = EMPTY
    workdir: str = "."
    needs: tuple[str, ...] = ()
    requested: bool = True
    place: Place | None = None


class CatalogEntry(NamedTuple):
    """One file of `gates/`: a gate everybody may name, what it proves, and when it applies.

    `inputs` are globs relative to the project; the gate applies where one of them matches a file.
    `guide` is the section of `references/` that explains its failures. Inputs matching `without` do not count, nor
    do those that no regular expression of `contains` matches. `settings`: files at the top of the project, one of
    which must exist and match its regular expression (empty: any). `components`: the least number of a system's
    components that must be there. `asked`: it runs only where somebody names it, or asks for all.
    """

    name: str
    title: str
    proves: str
    command: str
    timeout_s: float
    inputs: tuple[str, ...]
    floor: Mapping[str, int]
    guide: str
    contains: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    settings: Mapping[str, str] = EMPTY
    components: int = 0
    asked: bool = False


class GateResult(NamedTuple):
    """What one gate came to: everything `report.json` says of it.

    `tail` is the end of its output, for a person, where no finding says what is wrong.
    """

    name: str
    status: Status
    reason: str
    command: str
    timeout_s: float
    exit_code: int | None = None
    signal: int | None = None
    duration_s: float = 0.0
    evidence: Evidence = EMPTY
    floor: Mapping[str, int] = EMPTY
    diagnostics: tuple[Diagnostic, ...] = ()
    tail: tuple[str, ...] = ()
    log: str | None = None


class RunResult(NamedTuple):
    """What a whole run came to; `started` is UTC in ISO 8601, durations are seconds."""

    verdict: Verdict
    project: str
    config: str | None
    python: str
    python_source: str
    started: str
    duration_s: float
    gates: tuple[GateResult, ...]
    run_id: str | None = None
    complete: bool = True

    @property
    def exit_code(self) -> int:
        """The status that `skillgate run` exits with."""
        return EXIT_CODES[self.verdict]
