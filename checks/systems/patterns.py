"""The reference systems that a new system can be written from, and the decision tree that chooses among them."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

TREE = """\
Does it need state across days: waiting, reminders, deadlines?            --days / --no-days
|-- no: do webhooks start it: a form, a callback?                         --webhooks / --no-webhooks
|   |-- yes: webhook-intake     FastAPI answers at once, a worker runs RAW, PostgreSQL keeps the state
|   `-- no: does a clock start it?                                        --schedule / --no-schedule
|       |-- yes: scheduled-report   a CronJob runs RAW for its period, stores the report and tells people
|       `-- no: no system: a single RAW workflow
`-- yes: do webhooks come in while it waits?                              --webhooks / --no-webhooks
    |-- yes: hiring-process     FastAPI, Temporal, RAW and their deployment
    `-- no: hiring-process      Temporal and RAW; its `api/` only starts processes and tells where they stand
"""

_NOT_TEMPLATE = (
    *("__pycache__", "*.pyc", ".git", ".venv", "venv", ".skillgate", "node_modules", "*.egg-info", ".DS_Store"),
    *(".env", ".mypy_cache", ".pytest_cache", ".ruff_cache", "dist", "build"),
    *(".raw/builds", ".raw/cache", ".raw/workflows/*/runs"),
)
"""What running a system leaves in its folder; what its own .gitignore names comes on top."""


class Answers(NamedTuple):
    """What was said to the questions of the tree; None: nothing."""

    days: bool | None = None
    webhooks: bool | None = None
    schedule: bool | None = None

    def given(self) -> bool:
        """Whether anything was said at all."""
        return any(answer is not None for answer in self)


class Choice(NamedTuple):
    """Where the tree leads: a pattern, or None where a single RAW workflow will do. `walk` has a line a question."""

    pattern: str | None
    walk: tuple[str, ...]
    why: str


@cache
def folder() -> Path:
    """Where the reference systems are: inside the installed package, else beside it in the source tree."""
    packaged = Path(__file__).parent.parent / "fixtures"
    return packaged if packaged.is_dir() else packaged.parent.parent / "fixtures"


@cache
def names() -> tuple[str, ...]:
    """The patterns, in alphabetical order."""
    return tuple(sorted(found.parent.parent.name for found in folder().glob("*/.raw/config.yaml")))


def files(pattern: str) -> list[Path]:
    """The files of a pattern, relative to its folder: what belongs to it, not what running it left there."""
    root = folder() / pattern
    ignored = (*_NOT_TEMPLATE, *_own_ignored(root))
    return sorted(path.relative_to(root) for path in _walk(root, root, ignored))


def _walk(root: Path, here: Path, ignored: tuple[str, ...]) -> Iterator[Path]:
    for entry in os.scandir(here):
        path = Path(entry.path)
        if entry.is_symlink() or _is_ignored(path.relative_to(root), ignored):
            continue
        if entry.is_dir():
            yield from _walk(root, path, ignored)
        elif entry.is_file():
            yield path


def _is_ignored(path: Path, ignored: tuple[str, ...]) -> bool:
    names = (path.name, path.as_posix())
    return any(fnmatch.fnmatchcase(names["/" in pattern], pattern) for pattern in ignored)


def _own_ignored(root: Path) -> tuple[str, ...]:
    """The patterns of its .gitignore: names, or paths from its top; it has no exceptions."""
    try:
        lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    return tuple(line.strip().strip("/") for line in lines if line.strip() and not line.startswith(("#", "!")))


def choose(answers: Answers) -> Choice:
    """Walks the tree. A question that nobody answered counts as no: the walk says so."""
    days, webhooks, schedule = (bool(answer) for answer in answers)
    asked = [_said("state across days", answers.days), _said("webhooks", answers.webhooks)]
    if days:
        why = (
            "a process that waits for days and for what happens outside needs Temporal, and an API that tells it"
            if webhooks
            else "a process that waits for days needs Temporal; keep `api/` to start it and to ask where it stands"
        )
        return Choice("hiring-process", tuple(asked), why)
    if webhooks:
        why = "a webhook has to be answered at once and must not be lost: it is stored, and a worker does the work"
        return Choice("webhook-intake", tuple(asked), why)
    asked.append(_said("started by a clock", answers.schedule))
    if schedule:
        why = "a clock starts it and it keeps nothing between its periods: a CronJob is enough, Temporal is not needed"
        return Choice("scheduled-report", tuple(asked), why)
    return Choice(
        None, tuple(asked), "nothing waits, nothing comes in and no clock starts it: one RAW workflow is enough"
    )


def _said(question: str, answer: bool | None) -> str:
    said = "no (not said)" if answer is None else "yes" if answer else "no"
    return f"{question}? {said}"
