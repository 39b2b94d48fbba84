"""What SKILL.md may say and how, and that every path that the pages name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from skill.support import PAGES, front_matter, prose
from support.program import ROOT

ALLOWED = {"name", "description", "license", "allowed-tools", "metadata", "compatibility"}
OURS = ("checks/", "docs/", "fixtures/", "gates/", "references/", "scripts/", ".claude-plugin/")
TEXTS = (*PAGES, "README.md", "docs/trying-the-skill.md")
SYSTEMS = [path for path in sorted((ROOT / "fixtures").iterdir()) if path.name != "cases"]


def skill() -> str:
    return (ROOT / "SKILL.md").read_text(encoding="utf-8")


def test_the_front_matter_keeps_to_the_specification() -> None:
    said = front_matter()
    assert set(said) <= ALLOWED
    assert said["name"] == "system-architecture"
    assert 50 <= len(said["description"]) <= 200
    assert said["description"].startswith("Use when ")
    assert not set("<>\n") & set(said["description"])
    assert isinstance(said["metadata"]["version"], str)


def test_it_is_short_enough_to_be_read_whole() -> None:
    text = skill()
    assert text.count("\n") < 300
    assert len(text) / 4 < 5000  # tokens, as the installers count them
    assert max(len(line) for page in PAGES for line in (ROOT / page).read_text(encoding="utf-8").splitlines()) < 400


def test_it_has_no_word_that_an_installer_stumbles_over() -> None:
    assert re.findall(r"(?i)todo|fixme|placeholder|change\s+me|insert\s+here|stan|dan", skill()) == []
    assert "\r" not in skill()
    assert "\n\n\n" not in skill()


@pytest.mark.parametrize(
    "heading",
    [
        "When to use it, and when not",
        "Decision tree",
        "The four components",
        "Three patterns, three systems that run",
        "The loop",
        "Code-generation checklist",
        "Gates",
        "Claim, requires, not sufficient",
        "Questions that are often guessed wrong",
        "Wrong and right",
        "Key principles",
        "Pitfalls and red flags",
        "References",
        "Changelog",
    ],
)
def test_it_has_its_sections(heading: str) -> None:
    assert f"\n## {heading}\n" in skill()


def test_the_tree_comes_before_the_prose() -> None:
    text = skill()
    assert text.index("Principle") < text.index("Iron law") < text.index("## Decision tree")
    assert text.index("## Decision tree") < text.index("## The four components")


def test_the_checklist_has_eight_steps() -> None:
    part = skill().partition("## Code-generation checklist\n")[2].partition("\n## ")[0]
    assert re.findall(r"^(\d)\. ", part, re.MULTILINE) == list("12345678")


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    dead = []
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose(page)):
        if "://" not in target and not is_there(folder / target):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("page", TEXTS)
def test_paths_are_there(page: str) -> None:
    dead = [path for path in named_paths(page) if not any(is_there(root / path) for root in roots(path))]
    assert dead == []


def named_paths(page: str) -> Iterator[str]:
    """What looks like a path in backticks and begins with a folder of ours or of a reference system.

    Not those with a part to fill in, which is in capital letters.
    """
    first = {entry.name for folder in (ROOT, *SYSTEMS) for entry in folder.iterdir()}
    for words in re.findall(r"`([^`\n]+)`", prose(page)):
        looks = re.fullmatch(r"\.?[A-Za-z0-9_-][A-Za-z0-9_./-]*", words)
        if looks and "/" in words and words.partition("/")[0] in first and not re.search(r"[A-Z]{2,}(?![.]md)", words):
            yield words


def roots(path: str) -> list[Path]:
    """Ours are in the package; what a project has, one of the reference systems has; `tests/` is in both."""
    return [ROOT] if path.startswith(OURS) else [ROOT, *SYSTEMS]


def is_there(path: Path) -> bool:
    """With exactly this case, also where the file system does not care."""
    if not path.exists():
        return False
    return path.resolve().name in {entry.name for entry in path.resolve().parent.iterdir()}
