"""What a command prints goes into its log: all of it, in order, as it is, up to the cap."""

from __future__ import annotations

import os
import threading
import time

import pytest

from checks.process import run

MIB = 1024 * 1024
GARBAGE = bytes(range(256)) * 40 + b"\0" * 5000 + b"\xff\xfe" + b"x" * 200_000


def test_garbage_arrives_as_it_is(children, tmp_path):
    text = "data = bytes(range(256)) * 40 + b'\\0' * 5000 + b'\\xff\\xfe' + b'x' * 200_000\nos.write(1, data)"
    outcome = run(children.python(text, log=tmp_path / "log"))
    assert outcome.exit_code == 0
    assert outcome.output == b""
    assert (tmp_path / "log").read_bytes() == GARBAGE


def test_stdout_and_stderr_stay_in_order(children):
    outcome = run(children.command("sh", "-c", "for n in 1 2 3; do echo out $n; echo err $n >&2; done"))
    assert outcome.output == b"out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"


def test_the_log_is_made_with_its_folders_and_for_its_owner_only(children, tmp_path):
    log = tmp_path / "a" / "b" / "log"
    run(children.command("echo", "hello", log=log))
    assert log.read_text() == "hello\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_log_from_before_is_replaced(children, tmp_path):
    (tmp_path / "log").write_text("much older output")
    run(children.command("echo", "new", log=tmp_path / "log"))
    assert (tmp_path / "log").read_text() == "new\n"


def test_output_without_a_log_is_head_and_tail(children):
    outcome = run(children.python("os.write(1, b'head' + b'.' * 3_000_000 + b'tail')"))
    assert not outcome.capped
    assert len(outcome.output) == MIB
    assert outcome.output.startswith(b"head...")
    assert outcome.output.endswith(b"...tail")
    assert b"cut the output here" in outcome.output


@pytest.mark.parametrize(("size", "capped"), [(10_000, False), (10_001, True), (25_000, True)])
def test_the_cap_to_the_byte(children, tmp_path, size, capped):
    log = tmp_path / "log"
    outcome = run(children.python(f"os.write(1, b'head' + b'.' * ({size} - 8) + b'tail')", log=log, log_cap=10_000))
    assert outcome.capped is capped
    assert log.stat().st_size == 10_000
    assert log.read_bytes().startswith(b"head")
    assert log.read_bytes().endswith(b"tail")
    assert (b"cut the output here" in log.read_bytes()) is capped


@pytest.mark.parametrize("cap", [0, 1, 50, 200])
@pytest.mark.parametrize("text", ["seq 500", "printf %201s; exec sleep 20"])
def test_a_cap_smaller_than_the_mark_it_leaves(children, tmp_path, cap, text):
    outcome = run(children.command("sh", "-c", text, log=tmp_path / "log", log_cap=cap))
    assert outcome.capped
    assert (tmp_path / "log").stat().st_size == cap


def test_a_flood_ends_the_command_and_everything_with_it(children, tmp_path):
    text = "child(lambda: (os.setsid(), stay()))\nwait_for(1)\nwhile True: os.write(1, b'flood ' * 20000)"
    began = time.monotonic()
    outcome = run(children.python(text, log=tmp_path / "log", log_cap=4 * MIB))
    assert time.monotonic() - began < 10
    assert outcome.capped
    assert not outcome.timed_out
    assert (tmp_path / "log").stat().st_size == 4 * MIB
    assert children.survivors() == []


def test_a_sparse_log_counts_by_its_length(children, tmp_path):
    outcome = run(children.python("os.ftruncate(1, 10 ** 10)\nstay()", log=tmp_path / "log"))
    assert outcome.capped
    assert (tmp_path / "log").stat().st_size == 64 * MIB


def test_300_MB_cost_little_memory_and_disk(children, tmp_path, runner_script):
    """In a runner of its own: under 80 MiB of memory, and never 100 MB of disk."""
    import subprocess

    log = tmp_path / "log"
    script = runner_script(
        "flood = 'block = b\"y\" * 1048576\\nfor _ in range(300): os.write(1, block)'\n"
        "outcomes = run_all([python(flood, log=HERE / 'log'), python(flood)], 2)\n"
        "peak = [line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1]\n"
        "print(peak, *[outcome.capped for outcome in outcomes])\n"
    )
    most = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.002):
            if log.exists():
                most = max(most, log.stat().st_blocks * 512)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        printed = subprocess.run(script, capture_output=True, text=True, timeout=60)
    finally:
        over.set()
        watcher.join()
    assert printed.stderr == ""
    peak_kib, *capped = printed.stdout.split()
    assert capped == ["True", "True"]
    assert int(peak_kib) < 80 * 1024
    assert 60_000_000 < most < 100_000_000
    assert log.stat().st_size == 64 * MIB


def test_a_log_that_cannot_be_written_is_the_callers_trouble(children, tmp_path):
    (tmp_path / "file").write_text("")
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="Not a directory"):
        run(children.command("true", log=tmp_path / "file" / "log"))
    assert os.listdir("/proc/self/fd") == before


def test_no_folder_for_temporary_files_costs_nothing(children, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    assert run(children.command("echo", "still here")).output == b"still here\n"
