from __future__ import annotations

import pytest

from checks.install.poetry import specifier
from checks.install.pythons import admits, admits_any, lowest


@pytest.mark.parametrize(
    ("said", "version", "wanted"),
    [
        (">=3.11", (3, 11), True),
        (">=3.12", (3, 11), False),
        (">=3.11,<3.13", (3, 13), False),
        ("~=3.11", (3, 13), True),
        ("~=3.11.2", (3, 12), False),
        ("==3.11.*", (3, 11), True),
        ("==3.11", (3, 11), True),
        ("!=3.11.*", (3, 11), False),
        (">3.11", (3, 11), True),
        ("<4", (3, 9), True),
        (None, (3, 9), True),
    ],
)
def test_admits(said: str | None, version: tuple[int, int], wanted: bool) -> None:
    assert admits(said, version) is wanted


def test_none_at_all() -> None:
    assert not admits_any(">=3.12,<3.11")
    assert not admits_any(">=4")
    assert admits_any(">=3.8,!=3.9.*")


def test_lowest() -> None:
    assert lowest(">=3.10,<4") == (3, 10)
    assert lowest("<4") is None
    assert lowest(None) is None


@pytest.mark.parametrize(
    ("poetry", "wanted"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        (">=1,<2", ">=1,<2"),
        ("1.2", "==1.2"),
    ],
)
def test_specifiers_of_poetry(poetry: str, wanted: str) -> None:
    assert specifier(poetry) == wanted
