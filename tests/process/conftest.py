"""Real children, and a count of those that survived."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checks.process import Command

PRELUDE = """
import os, signal, sys, time
def here():
    open(f"here-{os.getpid()}", "w").close()
def stay():
    here()
    time.sleep(60)
def child(do):
    pid = os.fork()
    if pid == 0:
        try:
            do()
        finally:
            os._exit(0)
    return pid
def wait_for(count):
    while sum(name.startswith("here-") for name in os.listdir(".")) < count:
        time.sleep(0.005)
"""
MARK = "PROCESS_TEST_MARK"
ROOT = Path(__file__).parents[2]


class Children:
    """Makes commands out of Python text that run in one folder, and finds what is left of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", MARK: self.mark}

    def python(self, text: str, *, limit_s: float = 20, **more: object) -> Command:
        return self.command(sys.executable, "-S", "-c", PRELUDE + text, limit_s=limit_s, **more)

    def command(self, *argv: str, limit_s: float = 20, **more: object) -> Command:
        return Command(argv, self.folder, self.env, limit_s, **more)

    def pids(self) -> list[int]:
        """Everything that said `here()`."""
        return [int(file.name[5:]) for file in self.folder.glob("here-*")]

    def wait_for(self, count: int) -> None:
        until = time.monotonic() + 20
        while len(self.pids()) < count:
            assert time.monotonic() < until, "the children did not get ready"
            time.sleep(0.005)

    def survivors(self) -> list[str]:
        """What is alive and carries the mark in its environment, or once said `here()`."""
        found = (self._living(int(entry)) for entry in os.listdir("/proc") if entry.isdecimal())
        return [line for line in found if line]

    def no_survivors_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.survivors():
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def _living(self, pid: int) -> str | None:
        try:
            line = Path(f"/proc/{pid}/stat").read_text(errors="replace")
            marked = f"{MARK}={self.mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return None
        alive = line.rpartition(")")[2].split()[0] not in "ZX"
        return line if alive and pid != os.getpid() and (marked or pid in self.pids()) else None


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    made = Children(tmp_path)
    yield made
    assert made.survivors() == []


@pytest.fixture(scope="session")
def new_children() -> Callable[[Path], Children]:
    return Children


@pytest.fixture
def runner_script(tmp_path: Path, children: Children) -> Callable[[str], list[str]]:
    """The words that start a runner process of its own, made of Python text."""

    def write(text: str) -> list[str]:
        file = tmp_path / "runner.py"
        head = f"import os, sys, signal\nfrom pathlib import Path\nsys.path.insert(0, {str(ROOT)!r})\n"
        head += "from checks.process import *\n"
        # A shell starts what it puts into the background deaf to INT, and these tests may run there.
        head += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        head += f"ENV, HERE, PRELUDE = {children.env!r}, Path({str(tmp_path)!r}), {PRELUDE!r}\n"
        head += "def python(text, limit_s=20, **more):\n"
        head += "    return Command((sys.executable, '-S', '-c', PRELUDE + text), HERE, ENV, limit_s, **more)\n"
        file.write_text(head + text)
        return [sys.executable, str(file)]

    return write
