"""`.skillgate/` in the project: one folder a run, files that appear whole, old runs pruned.

An unwritable project costs the logs their place there, never the verdict: a folder below the system's
temporary one serves instead, and is removed at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

KEPT_RUNS = 20
_ABANDONED_AFTER_S = 24 * 3600


class RunFolder(NamedTuple):
    """Where one run writes. `kept` is false where the project could not be written and a temporary folder serves.

    `events` is the open file of events.jsonl: a run of many short gates writes to it often.
    """

    run_id: str
    path: Path
    project: Path
    kept: bool
    events: int

    def log(self, gate: str) -> Path:
        """The log of one gate."""
        return self.path / "logs" / f"{gate}.log"

    def work(self, gate: str) -> Path:
        """A private folder of one gate for evidence; gone after the run. Whoever needs it makes it."""
        return self.path / "work" / gate

    def shown_log(self, gate: str) -> str | None:
        """The log's path for a report, relative to the project; None where it was not kept."""
        if not self.kept or not self.log(gate).exists():
            return None
        return self.log(gate).relative_to(self.project).as_posix()

    def event(self, kind: str, **facts: object) -> None:
        """Append one line to events.jsonl; a full disk must not cost the verdict."""
        line = json.dumps({"at": round(time.time(), 3), "event": kind, **facts}) + "\n"
        with contextlib.suppress(OSError):
            os.write(self.events, line.encode("utf-8", "backslashreplace"))

    def finish(self, report: Mapping[str, Any]) -> None:
        """Write the report, point `latest` here, drop what only the run itself needed."""
        os.close(self.events)
        _remove(self.path / "work")
        if not self.kept:
            _remove(self.path)
            return
        try:
            write_whole(self.path / "report.json", json.dumps(report, indent=2) + "\n")
            write_whole(self.path.parent.parent / "latest", self.run_id + "\n")
        except OSError:
            return
        _prune(self.path.parent, keep=self.run_id)


def open_run(project: Path) -> RunFolder:
    """A new run's folder, never shared with another run."""
    run_id = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}-{os.urandom(3).hex()}"
    base = project / ".skillgate"
    try:
        base.mkdir(exist_ok=True)
        if not (base / ".gitignore").exists():
            write_whole(base / ".gitignore", "*\n")
        path = base / "runs" / run_id
        (path / "logs").mkdir(parents=True)
    except OSError:
        import tempfile

        path = Path(tempfile.mkdtemp(prefix="skillgate-"))
        (path / "logs").mkdir()
        return RunFolder(run_id, path, project, False, _open_events(path))
    return RunFolder(run_id, path, project, True, _open_events(path))


def _open_events(path: Path) -> int:
    return os.open(path / "events.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def latest_report(project: Path) -> Mapping[str, Any] | None:
    """The newest run's report, for the order of the next; None where there is none that can be read."""
    base = project / ".skillgate"
    try:
        run_id = (base / "latest").read_text(encoding="utf-8").strip()
        report = json.loads((base / "runs" / run_id / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def write_whole(path: Path, text: str) -> None:
    """Write beside, then rename: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def last_lines(log: Path, count: int = 12, width: int = 200) -> tuple[str, ...]:
    """The end of a log as text that a terminal can show: whatever the bytes were, without control characters."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - count * width))
            text = stream.read().decode("utf-8", "backslashreplace")
    except OSError:
        return ()
    lines = [line.rstrip()[:width] for line in text.splitlines() if line.strip()]
    return tuple("".join(each if each.isprintable() else "?" for each in line) for line in lines[-count:])


def _prune(runs: Path, keep: str) -> None:
    """Drop the oldest finished runs. One without a report may still be running, so it stays for a day."""
    try:
        names = sorted((entry.name for entry in os.scandir(runs) if entry.is_dir()), reverse=True)
    except OSError:
        return
    for name in names[KEPT_RUNS:]:
        folder = runs / name
        if name != keep and _is_over(folder):
            _remove(folder)


def _is_over(folder: Path) -> bool:
    if (folder / "report.json").exists():
        return True
    try:
        return time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_S
    except OSError:
        return False


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
