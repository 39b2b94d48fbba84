"""How a Dockerfile is split into instructions."""

from __future__ import annotations

import pytest

from checks.deploy.dockerfile.instructions import assignments, parse
from checks.deploy.dockerfile.stages import read_recipe
from checks.deploy.dockerfile.variables import expand


def words(text: str) -> list[tuple[str, int, str]]:
    return [(each.keyword, each.line, " ".join(each.value.split())) for each in parse(text).instructions]


def test_lines_are_joined_without_comments_and_empty_lines() -> None:
    text = "FROM a\n\n# about it\nRUN one \\\n  # inside\n\n  two \\   \n  three\nUSER x\n"
    assert words(text) == [("FROM", 1, "a"), ("RUN", 4, "one two three"), ("USER", 9, "x")]


def test_another_escape_character() -> None:
    assert words("# escape=`\nFROM a\nRUN dir c:\\ `\n  more\n") == [("FROM", 2, "a"), ("RUN", 3, "dir c:\\ more")]


def test_the_directive_counts_only_at_the_top() -> None:
    assert len(words("FROM a\n# escape=`\nRUN x `\nUSER y\n")) == 3


def test_here_documents_belong_to_their_instruction() -> None:
    parsed = parse('FROM a\nCOPY <<ONE <<-"TWO" /x/\nCMD a\nONE\n\tb\n\tTWO\nRUN cat <<<word\nCMD c\n')
    assert [each.keyword for each in parsed.instructions] == ["FROM", "COPY", "RUN", "CMD"]
    assert [(each.name, each.text) for each in parsed.instructions[1].heredocs] == [("ONE", "CMD a"), ("TWO", "\tb")]
    assert parsed.faults == ()


def test_a_here_document_without_end_is_a_fault() -> None:
    (fault,) = parse("FROM a\nRUN <<END\necho\n").faults
    assert (fault.rule, fault.line) == ("unreadable", 2)


def test_flags_and_json_words() -> None:
    _, copy, command = parse('FROM a\nCOPY --from=build --chmod=755 a b\nCMD ["x", "-y"]\n').instructions
    assert dict(copy.flags) == {"from": "build", "chmod": "755"}
    assert copy.value == "a b"
    assert command.words == ("x", "-y")


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A=1 B='two $X' C=\"three four\"", [("A", "1"), ("B", "two \\$X"), ("C", "three four")]),
        ("NAME some text", [("NAME", "some text")]),
        ("A", [("A", None)]),
    ],
)
def test_assignments(text: str, pairs: list[tuple[str, str | None]]) -> None:
    assert list(assignments(text)) == pairs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$A/${A}", "1/1"),
        ("${EMPTY:-x}${EMPTY-y}", "x"),
        ("${A:+set}", "set"),
        ("\\$A", "$A"),
        ("$UNSET", None),
        ("${UNSET:-z}", "z"),
        ("$OPEN", None),
    ],
)
def test_variables_are_put_in(text: str, value: str | None) -> None:
    assert expand(text, {"A": "1", "EMPTY": "", "OPEN": None}) == value


def test_stages_know_what_they_start_from() -> None:
    recipe = read_recipe("ARG V=3\nFROM python:$V AS Base\nFROM base AS api\nFROM alpine\n", {"V": "4"})
    assert [(stage.name, stage.base, stage.parent) for stage in recipe.stages] == [
        ("base", "python:4", None),
        ("api", "base", 0),
        (None, "alpine", None),
    ]
    assert recipe.outer_base(recipe.stages[1]) == "python:4"
    assert recipe.stage("API") is recipe.stages[1]
    assert recipe.stage("nope") is None
