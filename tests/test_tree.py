"""What may not stand in the repository, because installers or users would stumble over it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from support.program import ROOT


def files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    return [ROOT / row for row in listed.stdout.decode().split("\0") if row and (ROOT / row).is_file()]


def test_the_skill_is_the_only_skill() -> None:
    assert [path for path in files() if path.name.lower() == "skill.md" and path.parent != ROOT] == []


def test_no_symlinks() -> None:
    assert [path for path in files() if path.is_symlink()] == []


def test_no_large_files() -> None:
    assert [path for path in files() if path.stat().st_size > 300_000] == []


@pytest.mark.parametrize(
    "pattern",
    [
        # Registries by the last two labels of their hosts, written so that this file does not name them.
        r"(?:pypi|pythonhosted|npmjs|debian)[.](?:org|com)\b",
        r"pip install skillgate\b",
    ],
)
def test_words_that_no_file_may_hold(pattern: str) -> None:
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8", errors="replace")
        if path != Path(__file__) and re.search(pattern, text):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_programs_are_executable() -> None:
    for name in ("scripts/skillgate", "scripts/test", ".ci/run"):
        assert (ROOT / name).stat().st_mode & 0o111, name
