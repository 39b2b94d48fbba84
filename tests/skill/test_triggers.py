"""The description alone decides whether the skill is opened: each request names the phrase that decides it."""

from __future__ import annotations

import re

import pytest
import yaml
from skill.support import front_matter
from support.program import ROOT

TRIGGERS = yaml.safe_load((ROOT / "tests" / "skill" / "triggers.yaml").read_text(encoding="utf-8"))
FOR, NOT_FOR = front_matter()["description"].split("; ")


@pytest.mark.parametrize(("kind", "half"), [("loads", FOR), ("spares", NOT_FOR)])
def test_the_right_half_of_the_description_decides_each_request(kind: str, half: str) -> None:
    assert [row for row in TRIGGERS[kind] if row["decides"] not in half] == []


def test_there_are_enough_of_both() -> None:
    assert len(TRIGGERS["loads"]) >= 20
    assert len(TRIGGERS["spares"]) >= 10
    requests = [row["request"] for kind in TRIGGERS.values() for row in kind]
    assert len(set(requests)) == len(requests)


def test_every_phrase_of_the_description_decides_something() -> None:
    phrases = re.split(r",? or |, ", FOR.removeprefix("Use when a system ")) + re.split(r",? or |, ", NOT_FOR)
    decided = {row["decides"] for kind in TRIGGERS.values() for row in kind}
    assert [phrase for phrase in phrases if not any(word in phrase or phrase in word for word in decided)] == []


def test_the_description_does_not_tell_the_steps() -> None:
    """A model that finds the steps there follows them, and never reads the body."""
    assert not re.search(r"(?i)\b(first|then|finally|step|run skillgate|checklist)\b", front_matter()["description"])
