"""`skillgate run`, without its command line."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import NamedTuple, NoReturn, TextIO

from checks import catalog, config, runner
from checks.hints import run_command
from checks.model import EXIT_CODES, Gate, RunResult, Verdict
from checks.project import Python, PythonNotFound, find_python
from checks.reports import json_report
from checks.store import write_whole

WIRING = "wiring"


class UsageError(Exception):
    """What was asked for cannot be run; nothing was."""


_OURS = "skillgate-"
"""Leads the name of a gate of ours that the config calls something else by."""


class RunOptions(NamedTuple):
    """What the person asked for; `timeout_s` caps every gate's limit."""

    project: Path
    gates: tuple[str, ...] = ()
    all: bool = False
    fail_fast: bool = False
    jobs: int | None = None
    timeout_s: float | None = None
    python: str | None = None
    sync: bool = False
    config: Path | None = None
    format: str = "text"
    output: Path | None = None

    def again(self, root: Path) -> str:
        """The command that runs this project again, without a choice of gates."""
        options = [("--config", self.config), ("--python", self.python)]
        return run_command(root, *(word for name, value in options if value is not None for word in (name, str(value))))


def run_project(options: RunOptions, environment: Mapping[str, str], out: TextIO, trouble: TextIO) -> int:
    """Run the gates of a project, print the report, and return the exit status."""
    try:
        request, not_asked = _request(options, environment, trouble)
    except (UsageError, config.ConfigError, PythonNotFound) as error:
        return _refuse(options, error, out, trouble)
    with _signals(), _progress(trouble, len(request.gates)) as listener:
        result, folder = runner.run_gates(request, listener)
        report = json_report.as_data(result)
        folder.finish(report)
    _print(options, result, report, not_asked, out, trouble)
    return result.exit_code


def _request(options: RunOptions, environment: Mapping[str, str], trouble: TextIO) -> tuple[runner.RunRequest, int]:
    root = project_root(options.project)
    loaded = load_gates(root, options.config, all_that_apply=options.all)
    gates = select(loaded.gates, options.gates)
    python = _python(root, options, environment, trouble)
    request = runner.RunRequest(
        root=root,
        gates=gates,
        config=str(loaded.path) if loaded.path is not None else None,
        python=python,
        jobs=options.jobs or cores(),
        environment=environment,
        fail_fast=options.fail_fast,
        most_s=options.timeout_s or math.inf,
        log_cap=loaded.log_cap,
    )
    return request, sum(gate not in gates for gate in loaded.gates)


def cores() -> int:
    """How many cores this program may use; macOS tells only how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def project_root(project: Path) -> Path:
    """The project's absolute folder; UsageError where there is none."""
    root = Path(os.path.abspath(project))  # noqa: PTH100  # `..` is meant as typed, links stay as they are
    if not root.is_dir():
        raise UsageError(f"`{project}` is {'no folder' if root.exists() else 'not there'}; name the project's folder")
    return root


def load_gates(root: Path, explicit: Path | None, *, all_that_apply: bool = False) -> config.Config:
    """The gates that the project's config names, else those that apply to what is there; both where all are wanted."""
    found = config.find_config(root, explicit)
    entries = catalog.Catalog()
    loaded = config.discover(root, entries) if found is None else config.load_config(found, entries, root)
    if not all_that_apply:
        return loaded
    more = config.applying(root, entries, asked=True)
    return loaded._replace(gates=(*loaded.gates, *_beside(loaded.gates, more)))


def _beside(named: tuple[Gate, ...], more: Iterable[Gate]) -> Iterator[Gate]:
    """What the config does not name; also our check where it calls a program of its own by the name of our gate."""
    from checks.understood.own_checks import leads_to_check

    commands = {gate.name: gate.command for gate in named}
    for gate in more:
        if gate.name not in commands:
            yield gate
        elif leads_to_check(gate.command) and not leads_to_check(commands[gate.name]):
            yield gate._replace(name=f"{_OURS}{gate.name}")


def select(gates: tuple[Gate, ...], names: tuple[str, ...]) -> tuple[Gate, ...]:
    """The gates asked for, and those that they need, in the config's order; also one that only the catalog has."""
    if not names:
        return gates
    gates = (*gates, *_of_catalog(names, {gate.name for gate in gates}))
    known = {gate.name: gate for gate in gates}
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in known:
            raise UsageError(_unknown_gate(name, tuple(known)))
        if name not in wanted:
            wanted.add(name)
            waiting += known[name].needs
    return tuple(gate for gate in gates if gate.name in wanted)


def _of_catalog(names: tuple[str, ...], known: set[str]) -> Iterator[Gate]:
    """Who names a gate wants it judged: it is then never skipped."""
    for name in dict.fromkeys(names):
        entry = catalog.load_entry(name.removeprefix(_OURS)) if name not in known else None
        if entry is not None:
            yield config.catalog_gate(entry)._replace(name=name, requested=True)


def _unknown_gate(name: str, known: tuple[str, ...]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean `{near[0]}`? " if near else ""
    return f"no gate is called `{name}` here; {guess}The gates are: {', '.join(known)}"


def _python(root: Path, options: RunOptions, environment: Mapping[str, str], trouble: TextIO) -> Python:
    if not options.sync:
        return find_python(root, options.python, environment)
    from checks.environment import SyncFailed, sync

    base = find_python(root, options.python, environment).path if options.python else None

    def say(text: str) -> None:
        print(f"skillgate: {text}", file=trouble, flush=True)

    try:
        return Python(sync(root, base, environment, say), "the project's .venv")
    except SyncFailed as error:
        say(str(error))
        python = find_python(root, None, environment)
        return python._replace(problem=f"`--sync` did not succeed: {error}")


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C, TERM and a closed terminal end the run in order; asked twice, the second one is left to its default."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN if each != signal.SIGINT else signal.SIG_DFL)
        raise runner.Interrupted

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def _progress(stream: TextIO, total: int) -> Iterator[runner.Listener]:
    from checks.reports.progress import Progress, Silence

    progress = Progress(stream, total) if stream.isatty() else Silence()
    try:
        yield progress
    finally:
        progress.close()


def _print(
    options: RunOptions,
    result: RunResult,
    report: Mapping[str, object],
    not_asked: int,
    out: TextIO,
    trouble: TextIO,
) -> None:
    if options.format == "json":
        text = json.dumps(report, indent=2) + "\n"
    else:
        from checks.reports.text_report import render

        root = Path(result.project)
        colour = options.output is None and out.isatty() and "NO_COLOR" not in os.environ
        note = None if options.gates else _unjudged_wiring(root, result, options.again(root))
        text = render(result, again=options.again(root), colour=colour, not_asked=not_asked, note=note)
    _write(options.output, text, out, trouble)


def _unjudged_wiring(root: Path, result: RunResult, again: str) -> str | None:
    """A system whose config leaves `wiring` out: each part may be green and the whole not work."""
    entry = catalog.load_entry(WIRING)
    if entry is None or any(gate.name == WIRING for gate in result.gates):
        return None
    from checks.discovery import applies_because, project_files

    if applies_because(entry, root, project_files(root)) is None:
        return None
    return f"this is a system of several parts, and its config does not ask whether they fit: {again} --gate {WIRING}"


def _write(output: Path | None, text: str, out: TextIO, trouble: TextIO) -> None:
    """Where the file cannot be written the report goes to stdout: it is never lost."""
    if output is not None:
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            write_whole(output, text)
        except OSError as error:
            print(f"skillgate: `{output}` cannot be written: {error.strerror}", file=trouble)
        else:
            return
    with contextlib.suppress(BrokenPipeError):  # the reader has gone; the verdict stays
        out.write(text)
        out.flush()


def _refuse(options: RunOptions, error: Exception, out: TextIO, trouble: TextIO) -> int:
    message = str(error)
    print(
        f"skillgate: config error: {message}" if "\n" not in message else f"skillgate: config error\n{message}",
        file=trouble,
    )
    if options.format == "json":
        text = json.dumps(json_report.config_error(str(options.project), message, _problems(error)), indent=2) + "\n"
        _write(options.output, text, out, trouble)
    return EXIT_CODES[Verdict.CONFIG_ERROR]


def _problems(error: Exception) -> list[dict[str, object]]:
    """Every mistake of a config with its place; none for what was typed on the command line."""
    if not isinstance(error, config.ConfigError):
        return []
    return [
        {
            "file": each.place.file,
            "line": each.place.line,
            "column": each.place.column,
            "message": each.message,
            "hint": each.hint,
        }
        for each in error.problems
    ]
