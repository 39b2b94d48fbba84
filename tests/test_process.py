"""`run`, `run_all` and `Supervisor`: what a command gets, and what its caller gets back."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from checks.process import Command, Supervisor, run, run_all

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def shell(text: str, folder: Path, limit_s: float = 20) -> Command:
    return Command(("sh", "-c", text), folder, ENV, limit_s)


def python(text: str, folder: Path, limit_s: float = 20) -> Command:
    return Command((sys.executable, "-S", "-c", text), folder, ENV, limit_s)


def test_exit_status_signal_and_time(tmp_path):
    outcome = run(shell("exit 3", tmp_path))
    assert (outcome.exit_code, outcome.signal, outcome.not_started, outcome.ended) == (3, None, None, ())
    assert 0 < outcome.duration_s < 5
    outcome = run(shell("kill -SEGV $$", tmp_path))
    assert (outcome.exit_code, outcome.signal) == (None, signal.SIGSEGV)
    assert not outcome.timed_out


def test_a_command_gets_a_clean_start(tmp_path):
    text = (
        "import json, os, signal, sys\n"
        "print(json.dumps({'env': dict(os.environ), 'cwd': os.getcwd(), 'stdin': os.read(0, 10).decode(),\n"
        "  'leads': os.getsid(0) == os.getpid() == os.getpgrp(), 'files': sorted(os.listdir('/proc/self/fd'))[:3],\n"
        "  'blocked': list(signal.pthread_sigmask(signal.SIG_BLOCK, ())),\n"
        "  'ignored': [line for line in open('/proc/self/status') if line.startswith('SigIgn')][0].split()[1]}))"
    )
    held, other = os.pipe()
    os.set_inheritable(other, True)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        found = json.loads(run(python(text, tmp_path)._replace(env={**ENV, "A": "ä"})).output)
    finally:
        signal.signal(signal.SIGHUP, before)
        os.close(held)
        os.close(other)
    assert {key: found["env"][key] for key in ("PATH", "A")} == {**ENV, "A": "ä"}
    assert set(found["env"]) <= {"PATH", "A", "LC_CTYPE"}
    assert (found["cwd"], found["stdin"], found["leads"]) == (str(tmp_path), "", True)
    assert found["blocked"] == []
    ignored = {number for number in range(1, 65) if int(found["ignored"], 16) >> number - 1 & 1}
    # Python itself ignores PIPE and XFSZ; 32 and 33 belong to the C library, nobody can reach them.
    assert ignored <= {signal.SIGPIPE, signal.SIGXFSZ, 32, 33}


def test_no_file_of_the_runner_reaches_a_command(tmp_path):
    held, other = os.pipe()
    os.set_inheritable(other, True)
    try:
        listed = run(shell("ls /proc/self/fd", tmp_path)).output.split()
    finally:
        os.close(held)
        os.close(other)
    assert len(listed) == 4  # stdin, stdout, stderr, and the folder that ls reads


def test_the_limit(tmp_path):
    began = time.monotonic()
    outcome = run(shell("echo so far; exec sleep 60", tmp_path, limit_s=0.5))
    assert time.monotonic() - began < 2.5
    assert (outcome.timed_out, outcome.exit_code, outcome.signal) == (True, None, signal.SIGTERM)
    assert outcome.output == b"so far\n"
    assert 0.5 <= outcome.duration_s < 2


def test_a_limit_beyond_all_clocks(tmp_path):
    assert run(shell("exit 0", tmp_path, limit_s=1e15)).exit_code == 0
    assert run(shell("exit 0", tmp_path, limit_s=float("inf"))).exit_code == 0


def test_outcomes_come_in_the_order_of_the_commands(tmp_path):
    commands = [shell(f"sleep 0.{9 - n}; exit {n}", tmp_path) for n in range(6, 9)]
    assert [outcome.exit_code for outcome in run_all([*commands, shell("exit 9", tmp_path)], 4)] == [6, 7, 8, 9]
    assert run_all([], 4) == []


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_no_more_than_the_jobs_run_at_once(tmp_path, jobs):
    text = "import time; a = time.monotonic(); time.sleep(0.15); print(a, time.monotonic())"
    outcomes = run_all([python(text, tmp_path) for _ in range(6)], jobs)
    spans = [tuple(map(float, outcome.output.split())) for outcome in outcomes]
    assert max(sum(a <= begin < b for a, b in spans) for begin, _ in spans) <= max(jobs, 1)
    if jobs == 3:
        assert max(sum(a <= begin < b for a, b in spans) for begin, _ in spans) > 1


def test_seven_small_commands_cost_little(tmp_path):
    commands = [Command(("true",), tmp_path, ENV, 20, tmp_path / str(n)) for n in range(7)]
    times = []
    for _ in range(10):
        began = time.monotonic()
        run_all(commands, 2)
        times.append(time.monotonic() - began)
    assert min(times) < 0.3  # 20 ms on an idle machine; a wait for nothing, once per command, would be 0.4 s


def test_a_supervisor_hands_out_what_ends_first(tmp_path):
    with Supervisor() as supervisor:
        assert supervisor.wait() is None
        supervisor.start("slow", shell("while [ ! -e go ]; do sleep 0.01; done; exit 1", tmp_path))
        supervisor.start("fast", shell("exit 2", tmp_path))
        assert supervisor.running() == 2
        first = supervisor.wait()
        assert first is not None
        assert (first[0], first[1].exit_code) == ("fast", 2)
        assert supervisor.running() == 1
        began = time.monotonic()
        assert supervisor.wait(0.1) is None
        assert 0.1 <= time.monotonic() - began < 2
        (tmp_path / "go").touch()
        second = supervisor.wait(20)
        assert second is not None
        assert (second[0], second[1].exit_code) == ("slow", 1)
        assert supervisor.running() == 0


def test_cancel_ends_what_runs(tmp_path):
    with Supervisor() as supervisor:
        supervisor.start("a", shell("exec sleep 60", tmp_path))
        supervisor.start("b", shell("trap '' TERM; touch ready; sleep 60; sleep 60", tmp_path))
        until = time.monotonic() + 20
        while not (tmp_path / "ready").exists():
            assert time.monotonic() < until
            time.sleep(0.005)
        began = time.monotonic()
        outcomes = dict(supervisor.cancel())
        assert time.monotonic() - began < 2
        assert supervisor.running() == 0
        assert supervisor.cancel() == []
    assert {key: outcome.interrupted for key, outcome in outcomes.items()} == {"a": True, "b": True}
    assert not any(outcome.timed_out or outcome.ended for outcome in outcomes.values())


def test_an_exception_ends_what_runs(tmp_path):
    began = time.monotonic()
    with pytest.raises(ZeroDivisionError), Supervisor() as supervisor:
        supervisor.start("a", shell("exec sleep 60", tmp_path))
        raise ZeroDivisionError
    assert time.monotonic() - began < 3
    assert supervisor.running() == 0


def test_the_process_table_in_both_spellings():
    from checks._process_tree import Process, descendants, parse_ps, process_of

    listing = b"    1     0     1 Ss   /sbin/init\n  10     1    10 S+   /usr/bin/my tool\n  11 10 10 Z    (gone)\n"
    listing += b"  12  1  12 T    \n"
    table = list(parse_ps(listing))
    assert table == [
        Process(1, "init", "S", 0, 1),
        Process(10, "my tool", "S", 1, 10),
        Process(11, "(gone)", "Z", 10, 10),
        Process(12, "", "T", 1, 12),
    ]
    assert [process.pid for process in descendants((1,), table)] == [10, 12, 11]
    assert [process.pid for process in descendants((10,), table, {12})] == [12, 11]
    me = process_of(os.getpid())
    assert (me.pid, me.parent, me.session) == (os.getpid(), os.getppid(), os.getsid(0))
