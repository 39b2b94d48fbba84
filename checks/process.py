"""The one room where programs are started and ended.

Each command has a keeper (`checks/_keeper.py`), a fork of this process that starts it and ends all it leaves. Whatever
becomes of the command, of its keeper or of this process, nothing that a command started survives it.
"""

from __future__ import annotations

import os
import select
import signal
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from checks._keeper import Assignment, Report, System, keep
from checks._logfile import head_and_tail, highest_file, open_log, open_pipe, trim
from checks._process_tree import Process, Table, end_adopted, parse_ps, proc_table, subreaper_switch, ticks_now

KEEPER_MAY_TAKE_S = 1.25
"""A keeper needs up to 1 s after its limit; one that takes longer has been stopped by its own command."""
LONGEST_POLL_S = 60.0


class Command(NamedTuple):
    """A program to run: its words, its working directory, its whole environment, and how long it may take.

    Its stdout and stderr go into `log` in order (None: an unlinked temporary file), at most `log_cap` bytes.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    limit_s: float
    log: Path | None = None
    log_cap: int = 64 * 1024 * 1024


class Outcome(NamedTuple):
    """What became of a command.

    Either `exit_code`, or the `signal` that ended it, or `not_started` says how. `ended` names the processes which a
    command left behind when it ended by itself. `output` is what it printed where it had no log: head and tail.
    """

    exit_code: int | None
    signal: int | None
    duration_s: float
    timed_out: bool = False
    capped: bool = False
    not_started: str | None = None
    interrupted: bool = False
    ended: tuple[str, ...] = ()
    output: bytes = b""


def run(command: Command) -> Outcome:
    """Runs one command to its end. Raises OSError where its log cannot be written."""
    return run_all((command,), 1)[0]


def run_all(commands: Sequence[Command], jobs: int) -> list[Outcome]:
    """Runs commands side by side, at most `jobs` at a time; outcomes come in the order of the commands."""
    outcomes: dict[str, Outcome] = {}
    waiting = [(str(index), command) for index, command in enumerate(commands)][::-1]
    with Supervisor() as supervisor:
        while waiting or supervisor.running():
            while waiting and supervisor.running() < max(jobs, 1):
                supervisor.start(*waiting.pop())
            if ended := supervisor.wait():
                outcomes[ended[0]] = ended[1]
    return [outcomes[str(index)] for index in range(len(commands))]


class _Job:
    """A command that runs: its keeper, the runner's ends of the pipes, its log."""

    def __init__(self, key: str, command: Command, keeper: int, ticks: int, files: tuple[int, int, int]) -> None:
        self.key = key
        self.command = command
        self.keeper = keeper
        self.ticks = ticks
        self.control, self.result, self.log = files
        self.began = time.monotonic()
        self.dismissed = False
        self.report: Report | None = None
        self.orphans: tuple[str, ...] = ()
        self.overdue_at = self.began + command.limit_s + KEEPER_MAY_TAKE_S
        self.cancelled = False

    def let_go(self) -> None:
        """Tells the keeper to end everything."""
        if not self.cancelled:
            self.cancelled = True
            os.close(self.control)
            self.overdue_at = min(self.overdue_at, time.monotonic() + KEEPER_MAY_TAKE_S)

    def close(self) -> None:
        """Closes what is open still."""
        self.let_go()
        os.close(self.result)
        os.close(self.log)


class Supervisor:
    """Commands that run side by side, for a single-threaded scheduler. Leaving the context ends what still runs."""

    def __init__(self) -> None:
        self._jobs: dict[int, _Job] = {}
        self._ready: list[tuple[str, Outcome]] = []

    def __enter__(self) -> Supervisor:
        _adopt_orphans(1)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self.cancel()
        finally:
            _adopt_orphans(-1)

    def start(self, key: str, command: Command) -> None:
        """Starts a command. Raises OSError where its log cannot be written: then nothing was started."""
        log = open_log(command.log)
        control, let_go = open_pipe()
        result, told = open_pipe()
        # A signal in here would leave a keeper that nobody knows, or a pipe that never closes.
        with _signals_held():
            try:
                ticks = ticks_now()
                keeper = _fork_keeper(command, control, told, log)
                self._jobs[result] = _Job(key, command, keeper, ticks, (let_go, result, log))
                _keepers.add(keeper)
            except OSError as error:
                why = f"`{_program(command)}` cannot be started: {error.strerror}"
                self._ready.append((key, Outcome(None, None, 0.0, not_started=why)))
                for file in (let_go, result, log):
                    os.close(file)
            os.close(control)
            os.close(told)

    def running(self) -> int:
        """How many commands were started and not yet handed out by `wait`."""
        return len(self._jobs) + len(self._ready)

    def wait(self, timeout_s: float | None = None) -> tuple[str, Outcome] | None:
        """The next command that ended; None when the time is up or nothing runs."""
        give_up = None if timeout_s is None else time.monotonic() + timeout_s
        while self._jobs and not self._ready:
            if job := self._next_ended(give_up):
                self._settle(job)
            elif give_up is not None and time.monotonic() >= give_up:
                break
        return self._ready.pop(0) if self._ready else None

    def cancel(self) -> list[tuple[str, Outcome]]:
        """Ends everything that runs; who had not ended by then has `interrupted` in its outcome."""
        for job in self._jobs.values():
            with _signals_held():
                job.let_go()
        outcomes = []
        while ended := self.wait():
            outcomes.append(ended)
        return outcomes

    def _next_ended(self, give_up: float | None) -> _Job | None:
        poller = select.poll()
        for result in self._jobs:
            poller.register(result, select.POLLIN)
        overdue = min(self._jobs.values(), key=lambda job: job.overdue_at)
        until = overdue.overdue_at if give_up is None else min(give_up, overdue.overdue_at)
        wait_s = min(max(0.0, until - time.monotonic()), LONGEST_POLL_S)
        for result, _ in poller.poll(1000 * wait_s + 1):
            return self._jobs[result]
        return overdue if time.monotonic() >= overdue.overdue_at else None

    def _settle(self, job: _Job) -> None:
        """Turns a command that ended into its outcome."""
        with _signals_held():
            _dismiss(job)
        cut = trim(job.log, job.command.log_cap)
        output = head_and_tail(job.log) if job.command.log is None else b""
        with _signals_held():
            self._ready.append((job.key, _outcome(job, cut, output)))
            del self._jobs[job.result]
            job.close()


def _outcome(job: _Job, cut: bool, output: bytes) -> Outcome:
    report = job.report
    if report is None:  # the keeper was killed or stopped, and the command lost with it
        late = time.monotonic() - job.began
        return Outcome(
            None,
            int(signal.SIGKILL),
            late,
            timed_out=late >= job.command.limit_s,
            capped=cut,
            interrupted=job.cancelled,
            ended=job.orphans,
            output=output,
        )
    code = None if report.status is None else os.waitstatus_to_exitcode(report.status)
    return Outcome(
        exit_code=code if code is not None and code >= 0 else None,
        signal=-code if code is not None and code < 0 else None,
        duration_s=report.duration_s,
        timed_out=report.reason == "timed_out",
        capped=cut or report.reason == "capped",
        not_started=report.not_started,
        interrupted=report.reason == "interrupted",
        ended=report.ended,
        output=output,
    )


# -- starting ---------------------------------------------------------------------------------------------------------

_keepers: set[int] = set()
_supervisors = 0
_system_found: System | None = None


def _system() -> System:
    global _system_found  # found once: a walk through the loader is not for each start
    if _system_found is None:
        table: Table = proc_table if os.access("/proc/self/stat", os.R_OK) else _ps_table
        _system_found = System(_spawn, table, subreaper_switch())
    return _system_found


def _adopt_orphans(change: int) -> None:
    """While a supervisor is there, the orphans of a keeper that was killed become children of this process."""
    global _supervisors  # the attribute belongs to the whole process, too
    _supervisors += change
    if _supervisors <= 1:
        _system().set_subreaper(_supervisors > 0)


def _fork_keeper(command: Command, control: int, result: int, log: int) -> int:
    system = _system()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about forks among threads: the keeper takes no lock
        pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        env = dict(command.env)
        cwd = os.fspath(command.cwd)
        files = (control, result, log, highest_file())
        keep(Assignment(command.argv, cwd, env, command.limit_s, command.log_cap, *files), system)
        status = 0
    except BaseException as error:  # nothing may return into a copy of the runner
        fault = f"`{_program(command)}` could not be kept: {error!r} (an internal fault of skillgate)"
        with suppress(OSError):
            os.write(result, Report("not_started", not_started=fault[:500], clean=False).encoded())
    finally:
        os._exit(status)


def _program(command: Command) -> str:
    return command.argv[0] if command.argv else ""


def _spawn(file: str, argv: tuple[str, ...], env: Mapping[str, str]) -> int:
    """Starts a program in a session of its own, with every signal as at the start of the world."""
    defaults = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    try:
        return os.posix_spawn(file, argv, env, setsid=True, setsigmask=(), setsigdef=defaults)
    except NotImplementedError:  # an old system library; a group serves nearly as well
        return os.posix_spawn(file, argv, env, setpgroup=0, setsigmask=(), setsigdef=defaults)


def _ps_table() -> Iterator[Process]:
    """Every process, where there is no /proc."""
    readable, written = open_pipe()
    argv = ("ps", "-axo", "pid=,ppid=,pgid=,state=,comm=")
    pid = os.posix_spawnp("ps", argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, written, 1)])
    os.close(written)
    with open(readable, "rb") as listing:  # noqa: PTH123  a file that is open already
        text = listing.read()
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return (process for process in parse_ps(text) if process.pid != pid)


@contextmanager
def _signals_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- ending -----------------------------------------------------------------------------------------------------------


def _dismiss(job: _Job) -> None:
    """Takes the keeper's report, if it could still give one; then neither it nor anything of its command is left."""
    if job.dismissed:
        return
    os.set_blocking(job.result, False)
    with suppress(BlockingIOError):
        if data := os.read(job.result, 65536):
            job.report = Report.decoded(data)
    with suppress(ProcessLookupError):
        os.kill(job.keeper, signal.SIGKILL)  # it has nothing left to do, and may be stopped
    with suppress(ChildProcessError):
        os.waitpid(job.keeper, 0)
    _keepers.discard(job.keeper)
    if job.report is None or not job.report.clean:
        job.orphans = end_adopted(_system().table, (job.ticks, job.keeper), _keepers)
    job.dismissed = True
