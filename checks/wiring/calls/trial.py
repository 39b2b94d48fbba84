"""Tries programs of the project with the arguments that they are called with, in the project's own Python."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks import process
from checks.model import CheckContext
from checks.raw.dry_environment import scrubbed
from checks.raw.runtime import embedded_path
from checks.wiring.calls.shell import is_unknown

MARKER = "skillgate-unknown-value"
"""What stands in an argument for a value that nobody can know before the program runs."""
FILE_MARKER = "skillgate-unknown-file"
CALL_LIMIT_S = 4.0
WHOLE_LIMIT_S = 60.0
_UNKNOWN_PART = re.compile(r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_0-9]+|\$.|`[^`]*`")
_WITH_DEFAULT = re.compile(r"\$\{[A-Za-z_]\w*:?-([^}$`]+)\}")
_MANY = re.compile(r"\$[@*]\Z|\$\{?[A-Za-z_]*(?:ARGS|OPTS|OPTIONS|FLAGS|EXTRA)[A-Za-z_]*(?:\[@\])?\}?\Z")
_FILE_OPTION = re.compile(r"(?:^|[-_])(?:file|path|input|csv|source)\Z")
_KEPT_OUT = re.compile(r"PATH\Z|PYTHON|LD_|HOME\Z|TMPDIR\Z|SKILLGATE_")
_PROBE = Path(__file__).with_name("trial_probe.py")
_DRY_PROBE = Path(__file__).parents[2] / "raw" / "dry_probe.py"


@dataclass(frozen=True, slots=True)
class Target:
    """A program of the project: `kind` is `workflow`, `module`, `file` or `script`; `search` leads its import path.

    `example` is a file that a workflow may be given; `imports` are installed packages that the program imports;
    `strict` says that nothing but `search` is on its path.
    """

    kind: str
    name: str
    path: str
    folder: str
    search: tuple[str, ...]
    example: str | None = None
    imports: tuple[str, ...] = field(default=(), compare=False)
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One program with the arguments of a call; unknown ones hold a `$`."""

    target: Target
    arguments: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Target, tuple[str, ...]]:
        """What makes two attempts the same."""
        return self.target, self.arguments

    @property
    def open_ended(self) -> bool:
        """Whether more words may be given than are seen."""
        return any(_MANY.match(word) for word in self.arguments)


Verdict = Mapping[str, Any]
UNKNOWN: Verdict = {"verdict": "unknown"}


def try_all(
    context: CheckContext, attempts: Sequence[Attempt], own: frozenset[str]
) -> dict[tuple[Target, tuple[str, ...]], Verdict]:
    """What became of each attempt; `own` are the names that only the project's own modules have."""
    distinct = {attempt.key: attempt for attempt in attempts}
    targets: dict[Target, list[Attempt]] = {}
    for attempt in distinct.values():
        targets.setdefault(attempt.target, []).append(attempt)
    if not targets:
        return {}
    with tempfile.TemporaryDirectory(prefix="skillgate-calls-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        groups = _shared_out(list(targets.items()), max(context.jobs, 1))
        commands = [_command(context, folder, number, group, own) for number, group in enumerate(groups)]
        process.run_all(commands, context.jobs)
        return {key: verdict for number, _ in enumerate(groups) for key, verdict in _results(folder, number, distinct)}


Group = list[tuple[Target, list[Attempt]]]


def _shared_out(targets: Group, amount: int) -> list[Group]:
    """Workflows together, since they share what they import; the rest evenly."""
    groups: list[Group] = [[] for _ in range(min(amount, len(targets)))]
    for entry in sorted(targets, key=lambda one: one[0].kind != "workflow"):
        smallest = min(groups, key=lambda group: sum(len(calls) for _, calls in group))
        smallest.append(entry)
    return [group for group in groups if group]


def _command(context: CheckContext, folder: Path, number: int, group: Group, own: frozenset[str]) -> process.Command:
    scratch = folder / f"scratch-{number}"
    scratch.mkdir()
    specification = folder / f"{number}.json"
    with_workflows = any(target.kind == "workflow" for target, _ in group)
    content = {
        "marker": MARKER,
        "file_marker": FILE_MARKER,
        "limit_s": CALL_LIMIT_S,
        "root": str(context.root.resolve()),
        "scratch": str(scratch.resolve()),
        "dry_probe": str(_DRY_PROBE),
        "embedded": str(embedded_path()),
        "own": sorted(own),
        "imports": ["pydantic", "raw_runtime"] if with_workflows else [],
        "targets": [_target(target, attempts) for target, attempts in group],
    }
    specification.write_text(json.dumps(content), encoding="utf-8")
    environment = {
        **scrubbed(context.environment),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
        "NO_COLOR": "1",
        "COLUMNS": "400",
        "SKILLGATE_DRY_RECORD": "",
    }
    argv = (str(context.python), str(_PROBE), str(specification), str(folder / f"{number}.results"))
    return process.Command(argv, context.root, environment, WHOLE_LIMIT_S)


def _target(target: Target, attempts: Sequence[Attempt]) -> dict[str, Any]:
    calls = [
        {
            "id": [target.kind, target.name, target.path, list(attempt.arguments)],
            "argv": list(marked(attempt.arguments, target.folder)),
            "env": {name: value for name, value in attempt.variables.items() if not _KEPT_OUT.search(name)},
        }
        for attempt in attempts
    ]
    return {
        "kind": target.kind,
        "name": target.name,
        "path": target.path,
        "cwd": target.folder,
        "search": list(target.search),
        "example": target.example,
        "imports": list(target.imports),
        "calls": calls,
    }


def marked(arguments: Sequence[str], folder: str) -> tuple[str, ...]:
    """The arguments with markers for what is not known; words whose number is not known are left out.

    `${DAYS:-90}` is its default.
    """
    made: list[str] = []
    for written in arguments:
        if _MANY.match(written):
            continue
        word = _WITH_DEFAULT.sub(r"\1", written)
        option, equals, value = word.partition("=")
        if option.startswith("-") and equals and is_unknown(value):
            made.append(f"{option}={_marked(value, option, folder)}")
        elif is_unknown(word):
            made.append(_marked(word, made[-1] if made else "", folder))
        else:
            made.append(word)
    return tuple(made)


def _marked(value: str, option: str, folder: str) -> str:
    value = re.sub(r"^(?:\$PWD|\$\{PWD\})(?=/)", folder, value)
    whole = _UNKNOWN_PART.fullmatch(value) is not None
    is_file = whole and option.startswith("-") and _FILE_OPTION.search(option) is not None
    return _UNKNOWN_PART.sub(FILE_MARKER if is_file else MARKER, value)


def _results(
    folder: Path, number: int, attempts: Mapping[tuple[Target, tuple[str, ...]], Attempt]
) -> list[tuple[tuple[Target, tuple[str, ...]], Verdict]]:
    by_id = {(key[0].kind, key[0].name, key[0].path, key[1]): key for key in attempts}
    try:
        lines = (folder / f"{number}.results").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
            kind, name, path, arguments = entry["id"]
            key = by_id.get((kind, name, path, tuple(arguments)))
        except (ValueError, KeyError, TypeError):
            continue
        if key is not None:
            found.append((key, entry))
    return found
