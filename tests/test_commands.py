"""How a gate's command is read."""

from __future__ import annotations

import pytest

from checks import commands


@pytest.mark.parametrize(
    "command",
    [
        "pytest api/tests/ -v",
        "docker-compose config",
        "python -c 'print(1|2)'",
        "pytest -k 'a and not b'",
        'echo "two words"',
        "./scripts/lint --level=2",
    ],
)
def test_plain_words_need_no_shell(command: str) -> None:
    assert not commands.needs_shell(command)


@pytest.mark.parametrize(
    "command",
    [
        "cd api && pytest",
        "pytest | tail",
        "echo $HOME",
        'echo "$HOME"',
        "ruff check *.py",
        "A=1 pytest",
        "pytest; true",
        "ls ~/x",
        "cat < in > out",
        "echo 'unclosed",
        "cd api",
        "if true; then false; fi",
        "echo `date`",
    ],
)
def test_shell_syntax_needs_a_shell(command: str) -> None:
    assert commands.needs_shell(command)
    assert commands.argv(command) == ("/bin/sh", "-c", command)


def test_quotes_are_split_as_a_shell_would() -> None:
    assert commands.argv("pytest -k 'a and b' \"c d\"") == ("pytest", "-k", "a and b", "c d")


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        ("pytest", ("pytest",)),
        ("cd api && pytest | tail -3", ("pytest", "tail")),
        ("A=1 B=2 ruff check . > out.txt 2>&1; mypy .", ("ruff", "mypy")),
        ("if true; then foo; fi", ("foo",)),
        ("$TOOL check && foo", ("foo",)),
        ("(cd x; make) || exit 1", ("make",)),
        ("echo 'a | b'", ()),
    ],
)
def test_programs_started_by_name(command: str, programs: tuple[str, ...]) -> None:
    assert commands.programs(command) == programs


@pytest.mark.parametrize(
    ("command", "hidden"),
    [
        ("ruff check . | tail -5", "`ruff`"),
        ("ruff check . || true", "`ruff`"),
        ("ruff check . || :", "`ruff`"),
        ("ruff check . && mypy .", None),
        ("ruff check . || exit 1", None),
        ("ruff check 'a|b'", None),
        ("ruff check . > out.txt 2>&1", None),
    ],
)
def test_a_hidden_exit_status_is_seen(command: str, hidden: str | None) -> None:
    said = commands.hides_status(command)
    assert (said is None) if hidden is None else (said is not None and hidden in said)
