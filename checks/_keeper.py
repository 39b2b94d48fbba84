"""The keeper: a small process between the runner and one command, which ends whatever the command started.

It is the new parent of every orphan below it, so it can tell when nothing is left: it has no child any more. It
watches a pipe that the runner holds open: when that closes, the runner wants an end or is dead, and everything ends.
"""

from __future__ import annotations

import gc
import marshal
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Literal, NamedTuple

from checks._process_tree import Process, Table, descendants, kill, terminate
from checks._startable import NotStartableError, enter, explain, locate

SETTLE_S = 0.1
"""How long what the command left behind may take to end by itself: helpers that see their pipe close."""
GRACE_S = 0.5
"""How long processes have between TERM and KILL."""
SWEEP_S = 0.5
"""How long KILL is repeated before what is left is handed to the runner."""
LOOK_S = 0.005
LOOK_SOON_S = 0.001
FAST_GROWTH = 64 * 1024
NAMES_AT_MOST = 20
DEAF_TO = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
)
"""What the terminal, the runner's handlers or a command that signals its parent could stop a keeper with."""

Reason = Literal["exited", "timed_out", "capped", "interrupted", "not_started"]
Spawn = Callable[[str, tuple[str, ...], Mapping[str, str]], int]


class Report(NamedTuple):
    """What the keeper tells the runner: small enough to go through a pipe in one piece."""

    reason: Reason
    status: int | None = None
    duration_s: float = 0.0
    ended: tuple[str, ...] = ()
    not_started: str | None = None
    clean: bool = True

    def encoded(self) -> bytes:
        """The bytes that `decoded` reads."""
        return marshal.dumps(tuple(self))

    @classmethod
    def decoded(cls, data: bytes) -> Report:
        """The report in `data`, which came from our own process."""
        return cls(*marshal.loads(data))


class Assignment(NamedTuple):
    """What a keeper has to do, and with which open files: its ends of the pipes, and the log.

    No file of a keeper's has a number above `highest`.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    limit_s: float
    log_cap: int
    control: int
    result: int
    log: int
    highest: int


class System(NamedTuple):
    """What the keeper needs from the room that may start programs."""

    spawn: Spawn
    table: Table
    set_subreaper: Callable[[bool], bool]


def keep(assignment: Assignment, system: System) -> None:
    """The whole life of a keeper, in a process just forked with all signals blocked; the caller ends it."""
    _detach(assignment)
    report = _start_and_watch(assignment, system)
    with suppress(BrokenPipeError):  # the runner is dead
        os.write(assignment.result, report.encoded())


def _detach(assignment: Assignment) -> None:
    """Leaves the runner's session, signals and files: only the log, the pipes and /dev/null remain."""
    gc.disable()  # nothing of the runner's may be finalised here
    os.setsid()
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (assignment.log, 1), (assignment.log, 2)):
        os.dup2(source, target)
        os.set_inheritable(target, True)  # dup2 onto itself changes nothing
    # A pipe of another keeper held open here would hide the runner's death from that keeper.
    low = 3
    for kept in sorted((assignment.control, assignment.result, max(assignment.highest, 255) + 1)):
        os.closerange(low, kept)
        low = kept + 1


def _start_and_watch(assignment: Assignment, system: System) -> Report:
    program = assignment.argv[0] if assignment.argv else ""
    adopts = system.set_subreaper(True)
    wakeup = _wake_on_child()
    try:
        enter(assignment.cwd, program)
        file = locate(program, assignment.env)
    except NotStartableError as problem:
        return Report("not_started", not_started=str(problem))
    began = time.monotonic()
    try:
        leader = system.spawn(file, assignment.argv, assignment.env)
    except (OSError, ValueError) as error:
        return Report("not_started", not_started=str(NotStartableError(explain(error, program, file))))
    return Watch(leader, began, assignment.control, wakeup, system.table, adopts).through(assignment)


def _wake_on_child() -> int:
    """A file that can be read as soon as a child has ended."""
    wakeup, written = os.pipe()
    os.set_blocking(wakeup, False)
    os.set_blocking(written, False)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return wakeup


class Watch:
    """One command from its start until nothing of it is left."""

    def __init__(self, leader: int, began: float, control: int, wakeup: int, table: Table, adopts: bool) -> None:
        self.leader = leader
        self.began = began
        self.control = control
        self.wakeup = wakeup
        self.table = table
        self.adopts = adopts
        self.status: int | None = None
        self.ended_at: float | None = None
        self.childless = False
        self.pause_s = LOOK_S
        self.groups = set() if adopts else {leader}
        self.left_behind: dict[int, str] = {}

    def through(self, assignment: Assignment) -> Report:
        """Waits for the end, sees to it that everything ends, and says how it went."""
        reason = self._until_reason(assignment.limit_s, assignment.log_cap)
        self._end(reason)
        return Report(
            reason,
            self.status,
            (self.ended_at or time.monotonic()) - self.began,
            self._names() if reason == "exited" else (),
            clean=self.childless,
        )

    def _until_reason(self, limit_s: float, log_cap: int) -> Reason:
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        poller.register(self.wakeup, select.POLLIN)
        size = 0
        while True:
            self._collect()
            last, size = size, os.fstat(1).st_size
            left = self.began + limit_s - time.monotonic()
            if self.status is not None:
                return "exited"
            if size > log_cap:
                return "capped"
            if left <= 0:
                return "timed_out"
            look = LOOK_SOON_S if size - last > FAST_GROWTH else LOOK_S
            if any(file == self.control for file, _ in poller.poll(1000 * min(look, left))):
                return "interrupted"
            self._drain()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            os.read(self.wakeup, 4096)

    def _collect(self) -> None:
        """Collects whatever has ended: adopted orphans too, or they would look alive to the command."""
        while not self.childless:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.childless = True
                return
            if pid == 0:
                return
            if pid == self.leader:
                self.status, self.ended_at = status, time.monotonic()

    def _end(self, reason: Reason) -> None:
        if reason == "exited":
            for _ in self._rounds(SETTLE_S):
                pass
        if reason == "capped":  # whoever floods the disk gets no grace, not even a look at the process table
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.leader, signal.SIGKILL)
        else:
            self._terminate()
        self._kill()

    def _rounds(self, seconds: float) -> Iterator[None]:
        """Turns until `seconds` are over or nothing is left; each waits a little, less when a child ends."""
        poller = select.poll()
        poller.register(self.wakeup, select.POLLIN)
        until = time.monotonic() + seconds
        while not self._gone() and time.monotonic() < until:
            yield
            poller.poll(1000 * self.pause_s)
            self._drain()

    def _gone(self) -> bool:
        self._collect()
        return self.childless and (self.adopts or not self._tree())

    def _tree(self) -> list[Process]:
        tree = descendants((os.getpid(),), self.table(), self.groups)
        if not self.adopts:  # an orphan is then found by its group only
            self.groups |= {process.group for process in tree} - {os.getpgrp()}
        return tree

    def _terminate(self) -> None:
        told: set[int] = set()
        for _ in self._rounds(GRACE_S):
            for process in self._tree():
                if process.pid not in told and process.alive():
                    told.add(process.pid)
                    self._note(process)
                    terminate(process)

    def _kill(self) -> None:
        for _ in self._rounds(SWEEP_S):
            tree = self._tree()
            # Something forks still: look again without a pause, to be faster than it is.
            self.pause_s = LOOK_S if all(process.pid in self.left_behind for process in tree) else 0.0
            for process in tree:
                self._note(process)
            kill(tree)

    def _note(self, process: Process) -> None:
        if process.alive():
            self.left_behind.setdefault(process.pid, str(process))

    def _names(self) -> tuple[str, ...]:
        names = tuple(self.left_behind.values())
        more = len(names) - NAMES_AT_MOST
        return names if more <= 0 else (*names[:NAMES_AT_MOST], f"{more} more")
