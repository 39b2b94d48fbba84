"""Which processes descend from one, and telling them to end. Starts nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36
SWEEP_S = 0.5


class Process(NamedTuple):
    """One line of the process table; `started` counts clock ticks since the machine started."""

    pid: int
    name: str
    state: str
    parent: int
    group: int
    session: int = 0
    started: int = 0

    def alive(self) -> bool:
        """Whether it is more than an entry that waits to be collected."""
        return self.state not in "ZX"

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


Table = Callable[[], Iterable[Process]]


def subreaper_switch() -> Callable[[bool], bool]:
    """What makes the calling process the new parent of its descendants' orphans; it answers whether that worked.

    Found once, before anything forks: a forked process had better not load libraries.
    """
    try:
        import _ctypes  # the whole of ctypes takes five times as long to import, for one call

        prctl = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")  # type: ignore[arg-type]  # None: what is loaded
    except (ImportError, AttributeError, OSError):
        return lambda _wanted: False
    return lambda wanted: _ctypes.call_function(prctl, (PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)) == 0


def proc_table() -> Iterator[Process]:
    """Every process, read from /proc; those that end meanwhile are left out."""
    for entry in os.listdir("/proc"):  # noqa: PTH208  a walk per few milliseconds: pathlib is too slow here
        if entry.isdecimal():
            with suppress(OSError):
                yield process_of(int(entry))


def process_of(pid: int) -> Process:
    """One process, read from /proc; raises OSError where it is gone."""
    file = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    try:
        line = os.read(file, 4096)
    finally:
        os.close(file)
    # The name stands in parentheses and may itself hold blanks and parentheses.
    head, _, tail = line.rpartition(b")")
    fields = tail.split()
    name = head.partition(b"(")[2].decode("utf-8", "backslashreplace")
    return Process(pid, name, fields[0].decode(), int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))


def parse_ps(listing: bytes) -> Iterator[Process]:
    """Every process, from what `ps -axo pid=,ppid=,pgid=,state=,comm=` prints."""
    for line in listing.decode("utf-8", "backslashreplace").splitlines():
        pid, parent, group, state, name = [*line.split(None, 4), ""][:5]
        yield Process(int(pid), os.path.basename(name.strip()), state[0], int(parent), int(group))  # noqa: PTH119


def descendants(roots: Iterable[int], table: Iterable[Process], groups: Iterable[int] = ()) -> list[Process]:
    """Whatever descends from `roots`, without these; and whatever is a member of `groups`, with its descendants."""
    children: dict[int, list[Process]] = {}
    found: dict[int, Process] = {}
    for process in table:
        children.setdefault(process.parent, []).append(process)
        if process.group in groups:
            found[process.pid] = process
    queue = [*roots, *found]
    while queue:
        for process in children.get(queue.pop(), ()):
            if process.pid not in found:
                found[process.pid] = process
                queue.append(process.pid)
    return list(found.values())


def terminate(process: Process) -> None:
    """Asks it to end. A stopped process could not answer, so it is woken as well."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process.pid, signal.SIGTERM)
        if process.state in "Tt":
            os.kill(process.pid, signal.SIGCONT)


def kill(processes: Iterable[Process]) -> None:
    """Ends them, and their process groups.

    A group is killed in one stroke that a fork cannot slip through; a list of pids is old when it is read. A group
    never reaches beyond the tree: it lies within a session, and each session here was begun by a descendant.
    """
    found = list(processes)
    for group in {process.group for process in found} - {os.getpgrp(), 0, 1}:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for process in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)


def ticks_now() -> int:
    """The moment, as `Process.started` counts; a process that is begun later has no smaller number."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) * os.sysconf("SC_CLK_TCK") // 10**9


def end_adopted(table: Table, since: tuple[int, int], spared: Collection[int]) -> tuple[str, ...]:
    """Ends what a dead keeper left to this process, and names it; `since` is when the keeper began, and its pid."""
    names: dict[int, str] = {}
    until = time.monotonic() + SWEEP_S
    while (tree := _adopted(list(table()), since, spared)) and time.monotonic() < until:
        names.update((process.pid, str(process)) for process in tree if process.alive())
        kill(tree)
        time.sleep(0.001)
        for process in tree:
            with suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
    return tuple(names.values())


def _adopted(table: list[Process], since: tuple[int, int], spared: Collection[int]) -> list[Process]:
    # This process may have children that are none of ours: they were here before, or they share its session.
    # A tick is long, so the pid decides who came first within one.
    me, session = os.getpid(), os.getsid(0)
    mine = [process for process in table if process.parent == me and process.pid not in spared]
    adopted = [process for process in mine if (process.started, process.pid) > since and process.session != session]
    return adopted + descendants((process.pid for process in adopted), table)
