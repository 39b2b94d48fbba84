"""The models that others hold against code."""

from __future__ import annotations

import sys
from pathlib import Path

from support.program import ROOT

from checks.deploy.compose.services import settings
from checks.deploy.compose.system import System
from checks.deploy.compose.systems import read_systems
from checks.model import CheckContext


def systems(root: Path, files: dict[str, str] | None = None) -> tuple[System, ...]:
    for name, text in (files or {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_systems(CheckContext(root, Path(sys.executable)))


def test_the_reference_systems() -> None:
    (system,) = systems(ROOT / "fixtures" / "scheduled-report")
    assert list(system.services) == ["postgres", "s3", "bucket", "migrate", "report"]


def test_env_files_stand_below_the_environment(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    image: x:1\n    env_file: [a.env]\n    environment:\n      - B=own\n",
        "a.env.example": "A=1\n\nB=file\n",
    }
    (system,) = systems(tmp_path, files)
    assert system.services["a"]["environment"] == {"A": "1", "B": "own"}
    found = settings(system, "a")
    assert (found["A"].file, found["A"].line) == ("a.env.example", 1)
    assert (found["B"].value, found["B"].file, found["B"].line) == ("own", "compose.yaml", 6)


def test_own_lines_win_over_those_that_are_merged_in(tmp_path: Path) -> None:
    text = "x-a: &a\n  A: 1\n  B: 2\nservices:\n  s:\n    image: x:1\n    environment:\n      <<: *a\n      B: 3\n"
    (system,) = systems(tmp_path, {"compose.yaml": text})
    found = settings(system, "s")
    assert [(found[name].value, found[name].line) for name in ("A", "B")] == [("1", 2), ("3", 9)]


def test_broken_sets_are_left_out_and_variants_stand_alone(tmp_path: Path) -> None:
    good = "services:\n  a:\n    image: x:1\n"
    assert len(systems(tmp_path, {"compose.yaml": good, "compose.prod.yaml": good})) == 2
    assert systems(tmp_path / "other", {"compose.yaml": "services: [\n"}) == ()
