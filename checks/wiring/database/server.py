"""A private PostgreSQL: on the loopback, below a temporary folder, ended with whoever started it."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from checks.process import Command, Outcome, Supervisor, run
from checks.wiring.database.client import Lost, Session
from checks.wiring.database.installations import Installation
from checks.wiring.database.stand_ins import STAND_INS_SINCE, write_stand_ins

LIFE_S = 300.0
START_LIMIT_S = 60.0
ROLE = "skillgate"
_UNPRIVILEGED = ("postgres", "nobody")
_AS_USER = Path(__file__).with_name("as_user.py")
_INITDB = ("-A", "password", "-U", ROLE, "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
# Nothing that it writes has to outlive it; and nothing may run on when the project's code does not.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "50",
    "shared_buffers": "16MB",
    "statement_timeout": "20s",
    "lock_timeout": "10s",
    "timezone": "UTC",
}


class Unavailable(Exception):
    """Why no server could be started, in words for a person."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on `port`, where `ROLE` may do everything."""

    port: int
    password: str
    version: str

    def session(self, database: str = "postgres") -> Session:
        """A connection of our own."""
        return Session(self.port, ROLE, self.password, database)

    def create(self, database: str, owners: Sequence[str] = ()) -> None:
        """An empty database of that name, and roles that may do everything."""
        with self.session() as session:
            there = {name for (name,) in session.rows("SELECT rolname FROM pg_roles")}
            for owner in dict.fromkeys(owners):
                if owner not in there:
                    session.rows(f"CREATE ROLE {quoted(owner)} LOGIN SUPERUSER PASSWORD '{self.password}'")
            if database != "postgres":
                session.rows(f"DROP DATABASE IF EXISTS {quoted(database)} WITH (FORCE)")
                session.rows(f"CREATE DATABASE {quoted(database)} TEMPLATE template0")


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def serve(installation: Installation, environment: Mapping[str, str]) -> Iterator[Server]:
    """Starts a server; raises Unavailable where that does not succeed."""
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="skillgate-postgres-"))
    try:
        place = _Place(folder, _readable(installation, folder, user), installation.major, user, environment)
        password = secrets.token_hex(16)
        _create_cluster(place, password)
        with Supervisor() as supervisor:
            yield _start(supervisor, place, password)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Place:
    folder: Path
    programs: Path
    major: int
    user: str | None
    environment: Mapping[str, str]

    def command(self, name: str, words: Sequence[str], limit_s: float) -> Command:
        argv = (str(self.programs / name), *words)
        if self.user is not None:
            argv = (sys.executable, "-I", "-S", str(_AS_USER), self.user, *argv)
        env = {"PATH": self.environment.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder)}
        return Command(argv, self.folder, env, limit_s)


def _create_cluster(place: _Place, password: str) -> None:
    secret = place.folder / "password"
    secret.write_text(password, encoding="utf-8")
    secret.chmod(0o600)
    if place.user is not None:
        owner = pwd.getpwnam(place.user)
        for path in (place.folder, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    words = ("-D", str(place.folder / "data"), "--pwfile", str(secret), *_INITDB)
    outcome = run(place.command("initdb", words, START_LIMIT_S))
    if outcome.exit_code != 0:
        raise Unavailable(f"`{place.programs / 'initdb'}` failed: {_last_words(outcome)}")


def _start(supervisor: Supervisor, place: _Place, password: str) -> Server:
    """Another program may take the free port first: then once more."""
    trouble = ""
    for attempt in range(3):
        port = _free_port()
        settings = {**_SETTINGS, "port": str(port)}
        if place.major >= STAND_INS_SINCE:
            extensions = place.folder / "extensions"
            settings["extension_control_path"] = f"$system:{extensions if attempt else write_stand_ins(extensions)}"
        words = ["-D", str(place.folder / "data")]
        words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        supervisor.start(f"postgres-{attempt}", place.command("postgres", words, LIFE_S))
        ended = _wait_for(supervisor, port, password)
        if ended is None:
            with Session(port, ROLE, password, "postgres") as session:
                return Server(port, password, str(session.rows("SHOW server_version")[0][0]).split()[0])
        trouble = _last_words(ended)
    raise Unavailable(f"`{place.programs / 'postgres'}` did not start: {trouble}")


def _wait_for(supervisor: Supervisor, port: int, password: str) -> Outcome | None:
    """None as soon as it answers, else what became of it."""
    give_up = time.monotonic() + START_LIMIT_S
    while time.monotonic() < give_up:
        ended = supervisor.wait(0.01)
        if ended is not None:
            return ended[1]
        try:
            Session(port, ROLE, password, "postgres", 2.0).close()
        except Lost:
            continue
        return None
    ((_, outcome),) = supervisor.cancel() or [("", Outcome(None, None, START_LIMIT_S, timed_out=True))]
    return outcome


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in _UNPRIVILEGED if name in known), None)
    if user is None:
        raise Unavailable("PostgreSQL refuses to run as root, and there is no user `nobody`: start skillgate as a user")
    return user


def _readable(installation: Installation, folder: Path, user: str | None) -> Path:
    """The programs where they are; a copy where the other user could not read them."""
    if user is None or installation.wheel is None or _open_to_all(installation.folder):
        return installation.folder
    # Programs of a wheel find their libraries in the folder beside the package.
    package = folder / installation.wheel.name
    libraries = installation.wheel.with_name(f"{installation.wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    installed = installation.folder.parent
    shutil.copytree(installed, package / installed.name)
    return package / installed.name / installation.folder.name


def _open_to_all(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.resolve().parents))


def _last_words(outcome: Outcome) -> str:
    if outcome.not_started is not None:
        return outcome.not_started
    lines = outcome.output.decode("utf-8", "backslashreplace").strip().splitlines()
    return " ".join(lines[-2:]) or ("no answer in time" if outcome.timed_out else f"status {outcome.exit_code}")
