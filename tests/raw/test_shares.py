"""Many workflows are judged side by side, and nothing of what is found depends on it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checks.model import CheckContext
from checks.raw import shares
from checks.raw.validate import check, judge_folders

BROKEN = "def (\n"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(shares.WORTH_A_PROCESS * 2 + 7):
        folder = tmp_path / ".raw" / "workflows" / f"w{number:04}"
        folder.mkdir(parents=True)
        (folder / "run.py").write_text(BROKEN if number % 50 == 0 else f"x = {number}\n")
    return tmp_path


def test_the_same_is_found_by_one_and_by_three_processes(many: Path) -> None:
    alone, together = (check(CheckContext(many, Path(sys.executable), jobs)) for jobs in (1, 3))
    assert together == alone
    assert alone.evidence["workflows"] == shares.WORTH_A_PROCESS * 2 + 7


def test_a_share_whose_process_is_lost_is_judged_here(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = check(CheckContext(many, Path(sys.executable), 1))
    monkeypatch.setattr(shares, "_PROGRAM", "import os; os._exit(1)")
    assert check(CheckContext(many, Path(sys.executable), 2)) == alone


def test_few_workflows_start_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(shares, "Supervisor")
    folders = [tmp_path / ".raw" / "workflows" / "a"]
    folders[0].mkdir(parents=True)
    assert (
        shares.judge_side_by_side(CheckContext(tmp_path, Path(sys.executable), 8), folders, judge_folders).workflows
        == 1
    )
