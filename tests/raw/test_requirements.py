"""Dependency strings and version specifiers, held against what the standards allow."""

from __future__ import annotations

import pytest

from checks.raw.requirements import Requirement, is_specifier, lowest_version, parse_requirement

VALID = [
    ("pydantic", "pydantic", ()),
    ("Pydantic_Core>=2.0", "pydantic-core", ()),
    ("zope.interface ~= 5.0", "zope-interface", ()),
    ("rich>=13,<15", "rich", ()),
    ("rich (>=13,<15)", "rich", ()),
    ("httpx[http2, brotli]==0.27.*", "httpx", ("http2", "brotli")),
    ("x==1.0rc1", "x", ()),
    ("x==1!2.0.post1.dev3+local.7", "x", ()),
    ("x===whatever", "x", ()),
    ("x!=1.5.*", "x", ()),
    ("raw @ git+https://example.org/raw.git@main", "raw", ()),
    ("tomli>=2; python_version < '3.11'", "tomli", ()),
    ("x>=1,", "x", ()),
]
INVALID = [
    "",
    "pydantic 2",
    "pydantic=2.0",
    "pydantic => 2",
    "pydantic>=",
    "pydantic>=two",
    "-e .",
    "./local",
    "x[a",
    "x[a b]",
    "_x",
    "x~=2",
    "x>=1.*",
    "x;",
    "x>1 2",
    "pydantic>=2.0 rich",
]


@pytest.mark.parametrize(("text", "name", "extras"), VALID)
def test_valid(text: str, name: str, extras: tuple[str, ...]) -> None:
    assert parse_requirement(text) == Requirement(name, extras)


@pytest.mark.parametrize("text", INVALID)
def test_invalid(text: str) -> None:
    assert parse_requirement(text) is None


@pytest.mark.parametrize(
    ("text", "lowest"),
    [
        (">=3.10", (3, 10)),
        (">= 3.11, <4", (3, 11)),
        ("<4, >=3.12", (3, 12)),
        ("~=3.10", (3, 10)),
        ("==3.12.*", (3, 12)),
        (">3.10", (3, 10)),
        ("<4", ()),
        ("!=3.9.*", ()),
        (">=3", (3,)),
    ],
)
def test_lowest_version(text: str, lowest: tuple[int, ...]) -> None:
    assert is_specifier(text)
    assert lowest_version(text) == lowest


@pytest.mark.parametrize("text", ["", "3.10", "python>=3.10", ">=3.10 <4", "=>3.10", ">=3.x"])
def test_no_specifier(text: str) -> None:
    assert not is_specifier(text)
