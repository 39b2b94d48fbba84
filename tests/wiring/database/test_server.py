"""A private PostgreSQL, from its start to its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.program import ROOT
from support.servers import wait_until

from checks.wiring.database.client import Lost, Session
from checks.wiring.database.installations import choose, find_installations
from checks.wiring.database.server import ROLE, Server, serve

HOLD = """
import os, sys, time
from pathlib import Path
from checks.wiring.database.installations import choose, find_installations
from checks.wiring.database.server import serve
with serve(choose(find_installations(Path(sys.executable), os.environ), None), os.environ) as server:
    print(server.port, flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    installation = choose(find_installations(Path(sys.executable), os.environ), None)
    assert installation is not None
    with serve(installation, os.environ) as started:
        started.create("app", ("app",))
        yield started
    with pytest.raises(Lost):
        started.session()


def test_rows_and_refusals_come_back(server: Server) -> None:
    with server.session("app") as session:
        assert session.rows("SELECT 1, NULL, 'ä'") == [("1", None, "ä")]
        rows, refusal = session.run("SELEC 1")
        assert (rows, refusal and refusal.code, refusal and refusal.position) == ([], "42601", 1)
        assert session.rows("SELECT 2") == [("2",)]


def test_a_statement_is_analysed_and_not_run(server: Server) -> None:
    with server.session("app") as session:
        session.rows("CREATE TABLE IF NOT EXISTS items (id int PRIMARY KEY)")
        assert session.prepare("INSERT INTO items VALUES ($1)") is None
        refusal = session.prepare("SELECT nam FROM items")
        assert refusal is not None
        assert refusal.code == "42703"
        assert session.rows("SELECT count(*) FROM items") == [("0",)]


def test_it_asks_for_its_password(server: Server) -> None:
    with pytest.raises(Lost, match="password"):
        Session(server.port, ROLE, "wrong", "postgres")


def test_it_ends_with_whoever_started_it_also_when_that_is_killed() -> None:
    # Not below pytest's own folder, which nobody but its owner may enter: as root, another user runs the server.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        environment = {**os.environ, "TMPDIR": folder}
        argv = [sys.executable, "-c", HOLD]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as holder:
            assert holder.stdout is not None
            port = int(holder.stdout.readline())
            socket.create_connection(("127.0.0.1", port), 5).close()
            holder.send_signal(signal.SIGKILL)
        wait_until(lambda: not _listens(port), "the server's end", 10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
