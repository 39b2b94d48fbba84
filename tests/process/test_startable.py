"""What cannot be started says why, to a person."""

from __future__ import annotations

import os

import pytest

from checks.process import run


def script(folder, name, text, mode=0o755):
    file = folder / name
    file.write_bytes(text)
    file.chmod(mode)
    return file


def why(outcome):
    assert (outcome.exit_code, outcome.signal, outcome.output) == (None, None, b"")
    assert not outcome.timed_out
    return outcome.not_started


def test_a_program_that_is_not_on_path(children):
    outcome = run(children.command("no-such-program", "x"))
    assert why(outcome) == "`no-such-program` is not installed: no folder on PATH holds it"


def test_the_path_of_the_command_counts_not_that_of_the_runner(children, tmp_path):
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin", "mine", b"#!/bin/sh\necho mine\n")
    command = children.command("mine")
    assert run(command).not_started is not None
    assert run(command._replace(env={"PATH": str(tmp_path / "bin")})).output == b"mine\n"
    assert run(command._replace(env={"PATH": "bin"})).output == b"mine\n"
    assert run(children.command("sh", "-c", "echo default")._replace(env={})).output == b"default\n"


def test_paths_are_seen_from_the_working_directory(children, tmp_path):
    script(tmp_path, "here.sh", b"#!/bin/sh\necho here\n")
    assert run(children.command("./here.sh")).output == b"here\n"
    assert why(run(children.command("./gone.sh"))) == f"`./gone.sh` does not exist (seen from `{tmp_path}`)"


def test_a_file_that_is_not_executable(children, tmp_path):
    file = script(tmp_path, "plain", b"#!/bin/sh\n", 0o644)
    assert why(run(children.command("./plain"))) == "`./plain` is not executable; `chmod +x ./plain` mends that"
    on_path = children.command("plain")._replace(env={"PATH": str(tmp_path)})
    assert why(run(on_path)) == f"`plain` is not executable; `chmod +x {file}` mends that"


def test_a_later_folder_on_path_serves_where_an_earlier_one_cannot(children, tmp_path):
    (tmp_path / "sh").mkdir()
    command = children.command("sh", "-c", "echo ok")._replace(env={"PATH": f"{tmp_path}:/bin:/usr/bin"})
    assert run(command).output == b"ok\n"


def test_a_folder(children, tmp_path):
    assert why(run(children.command(str(tmp_path)))) == f"`{tmp_path}` is a folder, not a program"


def test_a_missing_interpreter(children, tmp_path):
    script(tmp_path, "tool", b"#!/no/such/python -u\n")
    expected = "`./tool` needs the interpreter `/no/such/python`, which does not exist (first line of `./tool`)"
    assert why(run(children.command("./tool"))) == expected


def test_windows_line_ends(children, tmp_path):
    script(tmp_path, "tool", b"#!/bin/sh\r\necho x\r\n")
    expected = "`./tool` has Windows line ends in its first line; `dos2unix ./tool` mends that"
    assert why(run(children.command("./tool"))) == expected


def test_no_program_at_all(children, tmp_path):
    script(tmp_path, "text", b"just words\n")
    assert "`./text` is no program for this machine" in why(run(children.command("./text")))
    script(tmp_path, "empty", b"")
    assert "`./empty` is no program for this machine" in why(run(children.command("./empty")))


def test_a_working_directory_that_is_not_there(children, tmp_path):
    command = children.command("true")
    gone = command._replace(cwd=tmp_path / "gone")
    assert why(run(gone)) == f"`true` cannot start in the folder `{tmp_path / 'gone'}`: it does not exist"
    (tmp_path / "file").write_text("")
    assert (
        why(run(command._replace(cwd=tmp_path / "file")))
        == f"`true` cannot start in `{tmp_path / 'file'}`: it is not a folder"
    )


def test_arguments_beyond_what_the_system_takes(children):
    outcome = run(children.command("true", "x" * 5_000_000))
    assert why(outcome) == "`true` cannot be started: its arguments and environment are too long for this system"


@pytest.mark.parametrize(
    "argv", [(), ("",), ("true", "a\0b"), ("a\0b",), ("x/a\0b",), ("n" * 5000,), ("true", "\ud800")]
)
def test_words_that_no_system_takes(children, argv):
    text = why(run(children.command(*argv)))
    assert text
    assert len(text) < 600
    assert "internal fault" not in text


def test_an_environment_that_no_system_takes(children):
    outcome = run(children.command("true")._replace(env={"PATH": os.defpath, "A=B": "x"}))
    assert "`true` cannot be started: " in why(outcome)
