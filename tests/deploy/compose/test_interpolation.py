"""Variables in Compose files and in env files."""

from __future__ import annotations

import pytest

from checks.deploy.compose.interpolation import Interpolator, parse_env_file

VARIABLES = {"A": "a", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "value", "troubles"),
    [
        ("$A-${A}", "a-a", []),
        ("$$A $${A}", "$A ${A}", []),
        ("$1 $ $(x) a$", "$1 $ $(x) a$", []),
        ("${EMPTY:-d}${EMPTY-d}${NO-d}", "dd", []),
        ("${A:+x}${EMPTY:+x}${EMPTY+y}${NO+z}", "xy", []),
        ("${NO:-${ALSO:-${A}}}", "a", []),
        ("${NO:-{x}}", "{x}", []),
        ("${A:-${B:?never}}", "a", []),
        ("${NO}", "", ["unset"]),
        ("${NO:?why}", "", ["required"]),
        ("${EMPTY:?why}${EMPTY?why}", "", ["required"]),
        ("${A", "${A", ["interpolation"]),
        ("${}", "${}", ["interpolation"]),
        ("${1}", "${1}", ["interpolation"]),
        ("${ A }", "${ A }", ["interpolation"]),
        ("${A!b}", "${A!b}", ["interpolation"]),
    ],
)
def test_text(text: str, value: str, troubles: list[str]) -> None:
    interpolator = Interpolator(VARIABLES)
    expected = value.replace("dd", "dd") if "NO-d" in text else value
    assert interpolator.value({"k": [text]})["k"][0] == expected
    assert [trouble.kind for trouble in interpolator.troubles] == troubles


def test_a_message_is_shown_as_it_was_written() -> None:
    interpolator = Interpolator({"SECRET": "hush"})
    interpolator.text("${NO:?not $SECRET}", ("a",))
    assert interpolator.troubles[0].message == "not $SECRET"


def test_env_file() -> None:
    text = '\ufeff# c\nA=1\nexport B = two # comment\nC: 3\nD=\'x $A\'\nE="y ${A}\\n"\nF=\nG\nH="a\nb"\n'
    values, broken = parse_env_file(text)
    assert broken is None
    assert values == {"A": "1", "B": "two", "C": "3", "D": "x $A", "E": "y 1\n", "F": "", "H": "a\nb"}


@pytest.mark.parametrize(("text", "line"), [("A=1\nMY NAME=x\n", 2), ('A="x\n', 1), ("=x\n", 1)])
def test_broken_env_file(text: str, line: int) -> None:
    assert parse_env_file(text)[1] == line
