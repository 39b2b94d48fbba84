"""Ctrl-C, TERM or `kill -9` of the runner: nothing it started survives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from checks._process_tree import process_of
from checks.process import run

STUBBORN = (
    "for name in ('TERM', 'INT', 'HUP'): signal.signal(getattr(signal, 'SIG' + name), signal.SIG_IGN)\n"
    "child(lambda: (os.setsid(), child(stay)))\n"
    "os.wait()\nstay()"
)
TWO = f"commands = [python({STUBBORN!r}), python({STUBBORN!r})]\n"


@pytest.fixture
def started(children):
    """Starts a runner and waits until what it starts is there."""
    runners = []

    def start(script, count=4):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        runners.append(subprocess.Popen(script, text=True, start_new_session=True, **pipes))
        children.wait_for(count)
        return runners[-1]

    yield start
    for runner in runners:
        runner.kill()
        runner.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_runner_that_dies_takes_everything_along(children, started, runner_script, number):
    runner = started(runner_script("signal.signal(signal.SIGINT, signal.SIG_DFL)\n" + TWO + "run_all(commands, 2)"))
    runner.send_signal(number)
    assert runner.communicate(timeout=10) == ("", "")
    assert runner.returncode == -number
    assert children.no_survivors_within(5)


def test_one_keeper_does_not_hide_the_death_of_the_runner_from_another(children, started, runner_script):
    """Each holds a pipe of the runner's; none may hold the other's."""
    script = runner_script(TWO + "commands *= 3\nrun_all(commands, 6)")
    runner = started(script, 12)
    runner.kill()
    runner.communicate(timeout=10)
    assert children.no_survivors_within(5)


def test_ctrl_c_propagates_once_everything_has_ended(children, started, runner_script):
    script = runner_script(
        TWO + "try:\n    run_all(commands, 2)\nexcept KeyboardInterrupt:\n    print('interrupted')\n    sys.exit(130)"
    )
    runner = started(script)
    began = time.monotonic()
    os.killpg(runner.pid, signal.SIGINT)  # as a terminal does: the whole foreground group
    out, err = runner.communicate(timeout=10)
    assert time.monotonic() - began < 5
    assert (out, err, runner.returncode) == ("interrupted\n", "", 130)
    assert children.survivors() == []


def test_an_exception_out_of_a_handler_leads_to_outcomes(children, started, runner_script):
    script = runner_script(
        "import json\nclass Stop(Exception): pass\n"
        "def stop(*_): raise Stop\n"
        "signal.signal(signal.SIGTERM, stop)\n" + TWO + "with Supervisor() as supervisor:\n"
        "    supervisor.start('a', commands[0])\n    supervisor.start('b', commands[1])\n"
        "    try:\n        supervisor.wait()\n"
        "    except Stop:\n        ended = supervisor.cancel()\n"
        "print(json.dumps(sorted([key, outcome.interrupted, outcome.timed_out] for key, outcome in ended)))"
    )
    runner = started(script)
    runner.terminate()
    out, err = runner.communicate(timeout=10)
    assert err == ""
    assert json.loads(out) == [["a", True, False], ["b", True, False]]
    assert children.survivors() == []


def test_a_second_ctrl_c_changes_nothing(children, started, runner_script):
    runner = started(runner_script(TWO + "run_all(commands, 2)"))
    for _ in range(20):
        runner.send_signal(signal.SIGINT)
        time.sleep(0.01)
    runner.communicate(timeout=10)
    assert runner.returncode != 0
    assert children.no_survivors_within(5)


def test_a_runner_without_stdin_stdout_stderr(children, runner_script, tmp_path):
    script = runner_script(
        "outcome = run(Command(('sh', '-c', 'echo out; echo err >&2; exit 3'), HERE, ENV, 10))\n"
        "(HERE / 'result').write_text(repr((outcome.exit_code, outcome.output)))"
    )
    subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *script], check=True, timeout=20)
    assert (tmp_path / "result").read_text() == repr((3, b"out\nerr\n"))


def test_a_keeper_does_not_hold_the_output_of_the_runner(children, started, runner_script):
    """`skillgate run | tail` must end when the runner does, whoever is left."""
    runner = started(runner_script("run(python('stay()'))"), 1)
    assert runner.stdout is not None
    keeper = process_of(children.pids()[0]).parent
    held = [os.readlink(file.path) for file in os.scandir(f"/proc/{keeper}/fd")]
    assert len(held) == 7  # stdin, the log twice, two pipes to the runner, and both ends of its own
    assert os.readlink(f"/proc/self/fd/{runner.stdout.fileno()}") not in held
    runner.kill()
    runner.communicate(timeout=10)
    assert children.no_survivors_within(5)


@pytest.mark.parametrize("limit_s", [20, 1.5])
def test_a_runner_inside_a_gate(children, runner_script, limit_s):
    """A gate may itself be a skillgate, with keepers and orphans of its own."""
    script = runner_script(f"run(python({STUBBORN!r}, 60 if {limit_s} < 5 else 0.8))\nprint('judged')\nsys.exit(6)")
    began = time.monotonic()
    outcome = run(children.command(*script, limit_s=limit_s))
    assert time.monotonic() - began < 5
    assert len(children.pids()) == 2
    assert children.survivors() == []
    if limit_s == 20:
        assert (outcome.exit_code, outcome.output, outcome.ended) == (6, b"judged\n", ())
    else:
        assert outcome.timed_out


def test_handlers_of_the_runner_do_not_run_in_its_keepers(children, runner_script, tmp_path):
    script = runner_script(
        "signal.signal(signal.SIGTERM, lambda *_: (HERE / 'handled').touch())\n"
        "sys.exit(run(python('os.kill(os.getppid(), signal.SIGTERM)')).exit_code)"
    )
    assert subprocess.run([sys.executable, *script[1:]], timeout=20).returncode == 0
    assert not (tmp_path / "handled").exists()
