"""The open files of the process room: pipes, and the log that a command writes into. Starts nothing."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

OUTPUT_AT_MOST = 1024 * 1024
CUT = b"\n\n[... skillgate cut the output here: it passed the limit of its log ...]\n\n"
CHUNK = 1024 * 1024

_highest = 0


def highest_file() -> int:
    """No file opened here ever had a greater number."""
    return _highest


def open_pipe() -> tuple[int, int]:
    """The end to read from and the end to write to."""
    first, second = os.pipe()
    return _above_stdio(first), _above_stdio(second)


def open_log(path: Path | None) -> int:
    """An empty log that only its owner may read; None: one without a name. Raises OSError where that cannot be."""
    if path is None:
        return _above_stdio(_unnamed_file())
    how = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    try:
        file = os.open(path, how, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, how, 0o600)
    return _above_stdio(file)


def trim(log: int, cap: int) -> bool:
    """Cuts the middle out of a log that passed its cap; answers whether it did. Needs little memory."""
    size = os.fstat(log).st_size
    if size <= cap:
        return False
    fcntl.fcntl(log, fcntl.F_SETFL, os.O_RDWR)  # what is to be moved must not be appended
    to = cap // 2
    left = cap - to - len(CUT)
    if left <= 0:  # no room for the mark
        os.ftruncate(log, cap)
        return True
    source = size - left  # beyond `to` and the mark, since the size is beyond the cap: nothing is read after its change
    to += os.pwrite(log, CUT, to)
    while left and (chunk := os.pread(log, min(left, CHUNK), source)):
        source, left = source + len(chunk), left - len(chunk)
        to += os.pwrite(log, chunk, to)
    os.ftruncate(log, to)
    return True


def head_and_tail(log: int) -> bytes:
    """What the log holds, without its middle where that is much."""
    size = os.fstat(log).st_size
    if size <= OUTPUT_AT_MOST:
        return os.pread(log, size, 0)
    half = OUTPUT_AT_MOST // 2
    tail = half - len(CUT)
    return os.pread(log, half, 0) + CUT + os.pread(log, tail, size - tail)


def _above_stdio(file: int) -> int:
    """`file` under a number that is not stdin, stdout or stderr, which the runner may have been started without."""
    global _highest
    if file <= 2:
        low, file = file, fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 3)
        os.close(low)
    _highest = max(_highest, file)
    return file


def _unnamed_file() -> int:
    folder = os.environ.get("TMPDIR") or "/tmp"
    path = f"{folder}/skillgate-{os.getpid()}-{time.monotonic_ns()}"
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except OSError:
        if not hasattr(os, "memfd_create"):
            raise
        file = os.memfd_create("skillgate")  # a machine without a folder to write to; the cap bounds it
        fcntl.fcntl(file, fcntl.F_SETFL, os.O_RDWR | os.O_APPEND)
        return file
    os.unlink(path)  # noqa: PTH108
    return file
