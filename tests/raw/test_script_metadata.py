"""PEP 723 blocks, well and badly framed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.raw.script_metadata import BlockFault, ScriptMetadata, read_metadata


def block(*lines: str, before: str = "#!/usr/bin/env python3\n") -> str:
    return before + "\n".join(("# /// script", *lines, "# ///")) + "\nimport os\n"


def test_what_it_says_and_where() -> None:
    found = read_metadata(block('# requires-python = ">=3.10"', "#", '# dependencies = ["rich"]'))
    assert isinstance(found, ScriptMetadata)
    assert found.values == {"requires-python": ">=3.10", "dependencies": ["rich"]}
    assert (found.line, found.line_of("dependencies"), found.line_of("absent")) == (2, 5, 2)


@pytest.mark.parametrize(
    "text", ["", "import os\n", 'TEXT = "# /// script"\n', "  # /// script\n# ///\n", "#/// script\n# ///"]
)
def test_no_block(text: str) -> None:
    assert read_metadata(text) is None


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("# /// script\n# x = 1\n", 1, "closes"),
        ("# /// script\n# x = 1\n\n# ///\n", 1, "closes"),
        ("# /// script\n#x = 1\n# ///\n", 1, "closes"),
        ("# /// script\n# x = 1\n# ///\n\n# /// script\n# ///\n", 5, "second"),
    ],
)
def test_broken_frames(text: str, line: int, word: str) -> None:
    found = read_metadata(text)
    assert isinstance(found, BlockFault)
    assert found.line == line
    assert word in found.message


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["# x = 1", "# dependencies = [rich]"], 4),
        (['# dependencies = ["rich"'], 3),
        (["# x = 1", "# x = 2"], 4),
        (["# just words"], 3),
    ],
)
def test_no_toml_names_the_line(lines: list[str], line: int) -> None:
    found = read_metadata(block(*lines))
    assert isinstance(found, ScriptMetadata)
    assert found.fault
    assert found.fault_line == line


def test_the_last_closing_line_of_the_comment_closes() -> None:
    found = read_metadata('# /// script\n# x = """\n# ///\n# """\n# ///\nimport os\n')
    assert isinstance(found, ScriptMetadata)
    assert found.values == {"x": "///\n"}


@given(st.lists(st.sampled_from(["# /// script", "# ///", "#", "# x = 1", "", "x", "# [", "#y"]), max_size=12))
def test_any_order_of_lines_gives_an_answer(lines: list[str]) -> None:
    read_metadata("\n".join(lines))
