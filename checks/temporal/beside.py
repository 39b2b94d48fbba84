"""What is asked of the project's Python beside the sandbox, at the same time: mypy on types, and the replays."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from checks.model import CheckContext, Diagnostic, Evidence
from checks.process import Command
from checks.temporal import mypy_run, replay, typed
from checks.temporal.histories import find_histories
from checks.temporal.model import Project
from checks.temporal.sandbox import Loading


@dataclass(frozen=True, slots=True)
class BesideVerdict:
    """Findings, what kept us from judging, and evidence."""

    diagnostics: tuple[Diagnostic, ...]
    blocked: tuple[str, ...]
    evidence: Evidence


class Beside:
    """The commands to run, and the folder that holds their questions and answers as long as the context lasts."""

    def __init__(self, context: CheckContext, project: Project) -> None:
        self.context = context
        self.project = project
        self._kept = tempfile.TemporaryDirectory(prefix="skillgate-temporal-")
        self.folder = Path(self._kept.name)
        self.replays = find_histories(project)
        self.typing = mypy_run.command(context, project, self.folder) if project.modules else None
        self.replaying = tuple(replay.commands(context, project, self.replays, self.folder))

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._kept.cleanup()

    @property
    def commands(self) -> tuple[Command, ...]:
        """In the order that `judge` expects their outcomes in: the longest first."""
        return (*([self.typing] if self.typing is not None else []), *self.replaying)

    def judge(self, loaded: Loading, found: Iterable[Diagnostic]) -> BesideVerdict:
        """What came of it; nothing where the SDK is missing, which is said elsewhere."""
        if loaded.sdk is None or len(loaded.beside) != len(self.commands):
            unread = tuple(self.replays.found)
            return BesideVerdict(unread, (), {"histories": 0, "types": "not judged (no SDK)"})
        types, text = self._types(loaded, found)
        count = replay.judge(self.folder, loaded.beside[len(self.commands) - len(self.replaying) :], self.replays)
        blocked = tuple(dict.fromkeys(self.replays.blocked))
        return BesideVerdict((*types, *self.replays.found), blocked, {"histories": count, "types": text})

    def _types(self, loaded: Loading, found: Iterable[Diagnostic]) -> tuple[list[Diagnostic], str]:
        if self.typing is None:
            return [], "not judged (no modules to judge, or far too many)"
        outcome = loaded.beside[0]
        trouble = mypy_run.trouble(outcome)
        if trouble is not None:
            return [], f"not judged ({trouble})"
        mypy_run.keep_cache(self.context, self.folder, outcome)
        output = outcome.output.decode("utf-8", "backslashreplace")
        return list(typed.judge(typed.read_output(output), self.project, found)), "mypy"
