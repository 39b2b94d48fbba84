"""No process that a command started survives it, whatever it does to get away."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from checks.process import Supervisor, run, run_all

LIMIT_S = 2.0
BAR_S = 2.0
"""A verdict comes within the limit and this."""

# name: (text, how many processes it must have had at its limit)
AT_THE_LIMIT = {
    "grandchildren": ("child(lambda: (child(stay), stay()))\nstay()", 3),
    "setsid": ("child(lambda: (os.setsid(), stay()))\nstay()", 2),
    "daemon": ("child(lambda: (os.setsid(), child(stay)))\nos.wait()\nstay()", 2),
    "daemon without environment": (
        "def daemon():\n"
        "    here()\n"
        "    os.setsid()\n"
        "    os.execve('/bin/sh', ['sh', '-c', 'while :; do sleep 5; done'], {})\n"
        "child(lambda: child(daemon))\nos.wait()\nstay()",
        2,
    ),
    "deaf": (
        "for name in ('TERM', 'INT', 'HUP', 'QUIT'): signal.signal(getattr(signal, 'SIG' + name), signal.SIG_IGN)\n"
        "child(lambda: (os.setsid(), stay()))\nstay()",
        2,
    ),
    "stopped": (
        "def halt():\n    here()\n    os.kill(os.getpid(), signal.SIGSTOP)\n    time.sleep(60)\n"
        "def deaf():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    halt()\n"
        "child(halt)\nchild(deaf)\nhalt()",
        3,
    ),
    "subreaper": (
        "import ctypes\n"
        "def reaper():\n    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"
        "    child(lambda: (os.setsid(), child(stay)))\n    os.wait()\n    stay()\n"
        "child(reaper)\nstay()",
        3,
    ),
    "respawns at TERM": (
        "def again(*_):\n    child(live)\n    os._exit(0)\n"
        "def live():\n    signal.signal(signal.SIGTERM, again)\n    os.setsid()\n    stay()\n"
        "child(live)\nwait_for(1)\nstay()",
        2,
    ),
    "a crowd": ("for _ in range(40): child(lambda: (os.setsid(), stay()))\nstay()", 41),
    "stops its keeper": ("os.kill(os.getppid(), signal.SIGSTOP)\nchild(lambda: (os.setsid(), stay()))\nstay()", 2),
    "a moving target": (
        "def hop():\n"
        "    while os.fork() == 0:\n        os.setsid()\n        time.sleep(0.002)\n"
        "    os._exit(0)\n"
        "child(hop)\nstay()",
        1,
    ),
}


@pytest.fixture(scope="module")
def at_the_limit(tmp_path_factory, new_children):
    """All of them side by side: they only sleep."""
    made = {}
    outcomes = {}
    with Supervisor() as supervisor:
        for name, (text, _) in AT_THE_LIMIT.items():
            made[name] = new_children(tmp_path_factory.mktemp("escape"))
            supervisor.start(name, made[name].python(text, limit_s=LIMIT_S))
        began = time.monotonic()
        while ended := supervisor.wait():
            survivors = made[ended[0]].survivors()
            outcomes[ended[0]] = (ended[1], time.monotonic() - began, survivors, len(made[ended[0]].pids()))
    return outcomes


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_nothing_survives_the_limit(at_the_limit, name):
    outcome, took_s, survivors, were_there = at_the_limit[name]
    assert survivors == []
    assert took_s < LIMIT_S + BAR_S
    assert outcome.timed_out
    assert outcome.exit_code is None
    assert outcome.not_started is None
    assert were_there >= AT_THE_LIMIT[name][1]


def test_whoever_ends_at_TERM_gets_no_KILL(children):
    outcome = run(children.python("signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nstay()", limit_s=1))
    assert (outcome.timed_out, outcome.exit_code, outcome.signal) == (True, 7, None)
    assert len(children.pids()) == 1


def test_a_stopped_command_is_woken_to_hear_TERM(children):
    text = "signal.signal(signal.SIGTERM, lambda *_: os._exit(7))\nhere()\nos.kill(os.getpid(), signal.SIGSTOP)\nstay()"
    assert run(children.python(text, limit_s=1)).exit_code == 7


def test_a_command_that_passes_leaves_nothing_and_what_it_left_is_named(children):
    text = "child(lambda: (os.setsid(), signal.signal(signal.SIGTERM, signal.SIG_IGN), stay()))\nwait_for(1)"
    began = time.monotonic()
    outcome = run(children.python(text))
    assert time.monotonic() - began < BAR_S + 2
    assert outcome.exit_code == 0
    assert not outcome.timed_out
    assert len(outcome.ended) == 1
    assert f"(pid {children.pids()[0]})" in outcome.ended[0]
    assert children.survivors() == []


def test_helpers_that_end_by_themselves_are_not_named(children):
    outcome = run(children.python("child(lambda: time.sleep(0.02))\nsys.exit(3)"))
    assert (outcome.exit_code, outcome.ended) == (3, ())


def test_a_long_list_of_left_processes_is_cut(children):
    outcome = run(children.python("for _ in range(50): child(stay)\nwait_for(50)"))
    assert outcome.exit_code == 0
    assert len(outcome.ended) == 21
    assert outcome.ended[-1] == "30 more"


def test_orphans_are_collected_while_the_command_runs(children):
    # Else a daemon that ended would look alive to a command which waits for its pid to vanish.
    text = (
        "def daemon():\n    here()\n"
        "child(lambda: child(daemon))\nos.wait()\nwait_for(1)\n"
        "pid = int([name for name in os.listdir('.') if name.startswith('here-')][0][5:])\n"
        "while os.path.exists(f'/proc/{pid}'): time.sleep(0.005)\n"
    )
    assert run(children.python(text, limit_s=10)).exit_code == 0


def test_a_command_that_kills_its_keeper_ends_with_it(children):
    text = "child(lambda: (os.setsid(), stay()))\nwait_for(1)\nos.kill(os.getppid(), signal.SIGKILL)\nstay()"
    began = time.monotonic()
    outcome = run(children.python(text, limit_s=30))
    assert time.monotonic() - began < 10
    assert (outcome.exit_code, outcome.signal, outcome.not_started) == (None, signal.SIGKILL, None)
    assert outcome.ended
    assert children.survivors() == []


def test_signals_to_the_parent_do_not_reach_the_runner_or_disarm_the_keeper(children):
    text = (
        "for name in ('TERM', 'INT', 'HUP', 'USR1'): os.kill(os.getppid(), getattr(signal, 'SIG' + name))\nsys.exit(4)"
    )
    assert run(children.python(text)).exit_code == 4


def test_kill_0_ends_the_command_only(children):
    outcome = run(children.command("sh", "-c", "kill -KILL 0"))
    assert (outcome.exit_code, outcome.signal) == (None, signal.SIGKILL)
    assert not outcome.timed_out


def test_children_of_our_own_process_are_spared(children):
    ours = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        run(children.python("os.kill(os.getppid(), signal.SIGKILL)\nstay()"))
        assert ours.poll() is None
    finally:
        ours.kill()
        ours.wait()


def test_a_keeper_that_is_killed_takes_no_other_command_with_it(children):
    with Supervisor() as supervisor:
        supervisor.start(
            "bad", children.python("here()\nwait_for(2)\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)")
        )
        supervisor.start("good", children.python("here()\nwait_for(3)\nsys.exit(5)"))
        bad = supervisor.wait()
        assert bad is not None
        assert bad[0] == "bad"
        (children.folder / "here-0").touch()
        good = supervisor.wait()
    assert good is not None
    assert good[1].exit_code == 5


def test_without_subreaper_the_groups_lead_to_the_rest(children, monkeypatch):
    """As on a system that lacks subreapers: what can be seen from the tree is still ended."""
    from checks import process
    from checks._keeper import System
    from checks._process_tree import proc_table

    monkeypatch.setattr(process, "_system_found", System(process._spawn, proc_table, lambda _wanted: False))
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    in_time, late = children.python(deaf + "child(stay)\nwait_for(1)"), "child(lambda: (os.setsid(), stay()))\nstay()"
    outcomes = run_all([in_time, children.python(deaf + late, limit_s=1)], 2)
    assert [outcome.timed_out for outcome in outcomes] == [False, True]
    assert len(outcomes[0].ended) == 1
    assert len(children.pids()) == 3
    assert children.survivors() == []


def test_nothing_of_ours_stays_open_and_no_child_stays(children):
    def state() -> tuple[int, list[str]]:
        me = str(os.getpid())
        stats = []
        for entry in filter(str.isdecimal, os.listdir("/proc")):
            with suppress(OSError):
                stats.append(Path(f"/proc/{entry}/stat").read_text(errors="replace").rpartition(")"))
        return len(os.listdir("/proc/self/fd")), [name for name, _, rest in stats if rest.split()[1] == me]

    run(children.command("true"))
    before = state()
    run(children.command("true"))
    run(children.command("nothing-of-this-name"))
    run(children.python("os.kill(os.getppid(), signal.SIGKILL)\nstay()"))
    assert state() == before
