"""`skillgate new`: what it writes, what it refuses, and that every gate is green on the result at once."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from support import programs
from support.program import ROOT, Skillgate, clean_environment

from checks.new import new_system
from checks.systems import patterns
from checks.systems.naming import Name
from checks.systems.patterns import Answers

NO_ANSWERS = Answers()
NAMES = {"hiring-process": "harbour-watch-2", "webhook-intake": "zebra", "scheduled-report": "desk"}
SYNC_LIMIT_S = 900


def new(*words: str | Path, name: str | None = None, answers: Answers = NO_ANSWERS) -> tuple[int, str, str]:
    out, trouble = io.StringIO(), io.StringIO()
    return new_system([str(word) for word in words], name, answers, out, trouble), out.getvalue(), trouble.getvalue()


def below(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def test_the_patterns_are_the_systems_in_fixtures() -> None:
    found = {folder.parent.name for folder in (ROOT / "fixtures").glob("*/.raw")}
    assert set(patterns.names()) == found
    assert "hiring-process" in found
    assert all(len(Name.read(name).words) > 1 for name in found), "spellings of one word cannot be told apart"


@pytest.fixture
def pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small pattern, with everything beside it that running one leaves."""
    root = tmp_path / "fixtures" / "night-owl"
    files: dict[str, bytes] = {
        ".raw/config.yaml": b"builder: {gates: {default: [validate]}}\n",
        ".raw/workflows/hoot/run.py": b"#!/usr/bin/env python3\n# night owl\nowl = 1\n",
        ".raw/workflows/hoot/runs/1/output.log": b"ran",
        ".raw/builds/1/logs/a.log": b"ran",
        ".gitignore": b"# ours\n*.db\n/results/\nsub/kept.txt\n",
        "pyproject.toml": b'[project]\nname = "night-owl"\ndependencies = ["some-thing>=1"]\n',
        "night_owl/__init__.py": b"class NightOwl: ...\n",
        "night_owl/night_owl.db": b"data",
        "tests/histories/NightOwl/one.json": b'{"type": "NightOwl"}',
        "picture.png": b"\x89PNG\0night-owl\xff",
        "crlf.txt": b"night-owl\r\nNIGHT_OWL\r\n",
        "results/a.txt": b"ran",
        "sub/kept.txt": b"ran",
        "sub/results.txt": b"stays",
        "__pycache__/a.pyc": b"ran",
        ".venv/bin/python": b"ran",
        ".skillgate/latest": b"ran",
        ".env": b"SECRET=1",
        ".env.example": b"OWNER=night_owl\n",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / ".raw/workflows/hoot/run.py").chmod(0o555)
    (root / "link").symlink_to("crlf.txt")
    (root.parent / "cases" / "raw").mkdir(parents=True)
    monkeypatch.setattr(patterns, "folder", lambda: root.parent)
    patterns.names.cache_clear()
    yield root
    patterns.names.cache_clear()


def test_a_system_has_what_belongs_to_the_pattern_under_its_own_name(pattern: Path, tmp_path: Path) -> None:
    target = tmp_path / "made" / "deep" / "day-lark"
    status, out, trouble = new("night-owl", target)
    assert (status, trouble) == (0, "")
    assert [path.as_posix() for path in below(target)] == [
        ".env.example",
        ".gitignore",
        ".raw/config.yaml",
        ".raw/workflows/hoot/run.py",
        "crlf.txt",
        "day_lark/__init__.py",
        "picture.png",
        "pyproject.toml",
        "sub/results.txt",
        "tests/histories/DayLark/one.json",
    ]
    assert (target / "crlf.txt").read_bytes() == b"day-lark\r\nDAY_LARK\r\n"
    assert (target / "picture.png").read_bytes() == (pattern / "picture.png").read_bytes()
    assert (target / ".raw/workflows/hoot/run.py").stat().st_mode & 0o777 == 0o755
    assert (target / "crlf.txt").stat().st_mode & 0o777 == 0o644
    assert "wrote `day-lark`" in out
    assert "10 files" in out
    assert f"skillgate run {target} --sync" in out
    assert "README.md" in out


def test_an_empty_folder_that_is_there_is_filled(
    pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "day-lark"
    here.mkdir()
    inode = here.stat().st_ino
    monkeypatch.chdir(here)
    assert new("night-owl", ".")[0] == 0
    assert here.stat().st_ino == inode
    assert "day-lark" in (here / "pyproject.toml").read_text()
    assert [path.name for path in here.iterdir() if path.name.startswith(".skillgate")] == []


def test_the_same_name_is_a_copy(pattern: Path, tmp_path: Path) -> None:
    assert new("night-owl", tmp_path / "copy", name="night-owl")[0] == 0
    for path in below(tmp_path / "copy"):
        assert (tmp_path / "copy" / path).read_bytes() == (pattern / path).read_bytes()


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("some-thing", "a package that night-owl depends on"),
        ("hoot", "already names `.raw/workflows/hoot/run.py`"),
        ("owl", "already means something in night-owl (`.raw/workflows/hoot/run.py:3`)"),
        ("validate", "already means something in night-owl (`.raw/config.yaml:1`)"),
        ("email", "module of Python"),
        ("Day Lark", "`day-lark` would do"),
    ],
)
def test_a_name_that_would_mean_two_things_is_refused(pattern: Path, tmp_path: Path, name: str, because: str) -> None:
    status, out, trouble = new("night-owl", tmp_path / "x", name=name)
    assert (status, out) == (2, "")
    assert because in trouble
    assert not (tmp_path / "x").exists()


def test_a_folder_whose_name_will_not_do_needs_a_name(pattern: Path, tmp_path: Path) -> None:
    for folder in ("email", "注文"):
        status, _, trouble = new("night-owl", tmp_path / folder)
        assert status == 2
        assert "hint: --name" in trouble
        assert new("night-owl", tmp_path / folder, name="day-lark")[0] == 0


def test_what_is_there_is_left_alone(pattern: Path, tmp_path: Path) -> None:
    full, file, dangling = tmp_path / "full", tmp_path / "file", tmp_path / "dangling"
    full.mkdir()
    (full / ".hidden").write_text("mine")
    file.write_text("mine")
    dangling.symlink_to(tmp_path / "nowhere")
    for target, because in (
        (full, "not empty"),
        (file, "no folder"),
        (file / "below" / "it", "is a file"),
        (dangling, "no folder"),
    ):
        status, out, trouble = new("night-owl", target, name="day-lark")
        assert (status, out) == (2, ""), target
        assert because in trouble
    assert (full / ".hidden").read_text() == file.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "fixtures", "full"]


def test_a_place_that_cannot_be_written_is_told(pattern: Path) -> None:
    status, out, trouble = new("night-owl", "/proc/day-lark")
    assert (status, out) == (2, "")
    assert "cannot be written" in trouble
    assert "Traceback" not in trouble


def test_the_nearest_pattern_is_named(skillgate: Skillgate, tmp_path: Path) -> None:
    ran = skillgate("new", "hirng-proces", tmp_path / "x")
    assert (ran.status, ran.out) == (2, "")
    assert "no pattern is called `hirng-proces`; did you mean `hiring-process`?" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [(), ("order-desk",)])
def test_without_a_pattern_the_tree_is_printed(skillgate: Skillgate, words: tuple[str, ...]) -> None:
    ran = skillgate("new", *words)
    assert (ran.status, ran.out) == (2, "")
    assert patterns.TREE in ran.err
    assert "skillgate new --days --webhooks" in ran.err


@pytest.mark.parametrize(
    ("words", "because"),
    [(("hiring-process",), "needs a folder"), (("hiring-process", "a", "b"), "one folder, not 3")],
)
def test_a_pattern_takes_one_folder(words: tuple[str, ...], because: str) -> None:
    status, _, trouble = new(*words)
    assert status == 2
    assert because in trouble


@pytest.mark.parametrize("answers", [Answers(*each) for each in product((True, False, None), repeat=3)], ids=str)
def test_the_tree_leads_to_a_pattern(answers: Answers) -> None:
    if not answers.given():
        return
    status, out, trouble = new(answers=answers)
    assert (status, trouble) == (0, "")
    if answers.days:
        expected = "hiring-process"
    elif answers.webhooks:
        expected = "webhook-intake"
    else:
        expected = "scheduled-report" if answers.schedule else "no system: a single RAW workflow"
    assert f"-> {expected}: " in out
    assert patterns.choose(answers).why in out
    assert ("state across days? no (not said)" in out) == (answers.days is None)


def test_every_pattern_of_the_tree_is_there() -> None:
    chosen = {patterns.choose(Answers(*each)).pattern for each in product((True, False), repeat=3)}
    assert chosen - {None} == set(patterns.names())
    assert all(name in patterns.TREE for name in patterns.names())


def test_answers_write_the_system_that_they_lead_to(skillgate: Skillgate, tmp_path: Path) -> None:
    ran = skillgate("new", "--days", "--webhooks", tmp_path / "order-desk")
    assert (ran.status, ran.err) == (0, "")
    assert "state across days? yes\nwebhooks? yes\n-> hiring-process: " in ran.out
    assert (tmp_path / "order-desk" / "order_desk" / "raw.py").is_file()


def test_a_single_workflow_needs_no_system(skillgate: Skillgate, tmp_path: Path) -> None:
    ran = skillgate("new", "--no-days", "--no-webhooks", tmp_path / "x")
    assert ran.status == 0
    assert "no system: a single RAW workflow" in ran.out
    assert "run.py, dry_run.py, config.yaml" in ran.out
    (models,) = re.findall(r"^models: +(\S+)$", ran.out, re.MULTILINE)
    assert list(Path(models).glob("*/run.py"))
    assert list(tmp_path.iterdir()) == []


def test_answers_and_a_pattern_are_one_too_many() -> None:
    status, _, trouble = new("hiring-process", "x", answers=Answers(days=True))
    assert status == 2
    assert "either the pattern `hiring-process` or answers" in trouble


def test_help_has_an_example(skillgate: Skillgate) -> None:
    ran = skillgate("new", "--help")
    assert ran.status == 0
    assert "Example: skillgate new hiring-process order-desk" in ran.out


def test_the_wheel_brings_the_patterns_as_they_are(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(words, check=True, capture_output=True, env=clean_environment())
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {each.filename: each.external_attr >> 16 for each in archive.infolist()}
    prefix = "checks/fixtures/"
    expected = {f"{prefix}{name}/{path.as_posix()}" for name in patterns.names() for path in patterns.files(name)}
    assert {name for name in held if name.startswith(prefix)} == expected
    assert held[f"{prefix}hiring-process/.raw/workflows/analyze-cv/run.py"] & 0o111


@pytest.fixture(params=patterns.names())
def system(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A pattern and a new system from it, in a folder of another name."""
    target = tmp_path / "somewhere else"
    status, _, trouble = new(request.param, target, name=NAMES.get(request.param, "harbour-watch-2"))
    assert (status, trouble) == (0, "")
    return request.param, target


def test_nothing_of_the_old_name_is_left(system: tuple[str, Path]) -> None:
    pattern, target = system
    old = re.compile(r"[-_\s#|]*".join(Name.read(pattern).words), re.IGNORECASE)
    traces = []
    for path in below(target):
        text = (target / path).read_text(encoding="utf-8", errors="replace")
        hidden = " ".join(decoded(each) for each in re.findall(r'"([A-Za-z0-9+/]{8,}={0,2})"', text))
        traces += [f"{path}: {found[0]}" for found in old.finditer(f"{path}\n{text}\n{hidden}")]
    assert traces == []


def decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", errors="replace")
    except ValueError:
        return ""


def test_deployments_under_the_new_name_render(system: tuple[str, Path], tmp_path: Path) -> None:
    _, target = system
    for words in (
        [programs.kubectl(), "kustomize", "k8s"],
        [programs.helm(), "lint", "--strict", "chart"],
        [programs.helm(), "template", "chart", "--values", "chart/values-production.yaml"],
    ):
        done = programs.run(words, target, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_code_under_the_new_name_is_clean(system: tuple[str, Path], tmp_path: Path) -> None:
    """As the next steps say: format, because names have another length; imports are in order without."""
    _, target = system
    ruff = [sys.executable, "-m", "ruff"]
    environment = clean_environment(RUFF_CACHE_DIR=str(tmp_path / "ruff"))
    for words in (["check", "--select", "I,F"], ["format", "--quiet"], ["check"]):
        done = subprocess.run([*ruff, *words, "."], cwd=target, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode()


def test_every_gate_is_green_at_once(system: tuple[str, Path], skillgate: Skillgate) -> None:
    _, target = system
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    words = ("run", target, "--sync", "--jobs", "1", "--format", "json")
    ran = skillgate(*words, env={"PATH": path}, limit=SYNC_LIMIT_S)
    assert ran.status == 0, ran.out[-6000:] + ran.err[-2000:]
    assert ran.json["verdict"] == "pass"
    gates: list[dict[str, Any]] = ran.json["gates"]
    assert {"validate", "dry"} < {gate["name"] for gate in gates}
    for gate in gates:
        assert gate["status"] == "passed", json.dumps(gate)
        counts = {kind: count for kind, count in gate["evidence"].items() if isinstance(count, int)}
        assert any(counts.values()), gate["name"]
        assert all(counts.get(kind, 0) >= least for kind, least in gate["floor"].items()), gate["name"]
