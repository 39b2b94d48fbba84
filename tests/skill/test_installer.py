"""The README's own lines with the real installer, and the installed copy at work."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from skill.installing import once
from skill.support import blocks
from support.program import gates

AGENTS = {"claude": ".claude", "cursor": ".cursor", "codex": ".codex", "copilot": ".github", "clawdbot": "."}
NAME = "system-architecture"


LEFT_OUT = shutil.ignore_patterns(".git", "cases", "tests", "benchmarks")
"""Most of the files: the installer copies them as it copies the others, only for longer."""


@pytest.fixture
def target(checkout: Path, tmp_path: Path) -> Path:
    """A project of somebody, with the skill beside it."""
    folder = tmp_path / "work" / "target"
    folder.mkdir(parents=True)
    shutil.copytree(checkout, folder / NAME, ignore=LEFT_OUT)
    return folder


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its content and mode, but Python's own cache."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "__pycache__"
    }


def test_it_installs_for_every_assistant_twice_and_is_listed(target: Path, skills) -> None:
    original = files(target / NAME)
    for _ in range(2):
        done = skills("install", f"./{NAME}", "-a", *AGENTS, "-y", cwd=target)
        assert done.returncode == 0, done.stdout
        for agent, folder in AGENTS.items():
            assert files(target / folder / "skills" / NAME) == original, agent
    assert files(target / NAME) == original
    assert NAME in skills("list", cwd=target).stdout
    assert NAME in skills("check", "--json", cwd=target).stdout


def readme_lines() -> Iterator[str]:
    """The lines of the README's section on installing, in order."""
    lines = [line for block in blocks("README.md") if block.language == "sh" for line in block.text.splitlines()]
    first = next(place for place, line in enumerate(lines) if "agent-skills-cli install" in line)
    last = max(place for place, line in enumerate(lines) if line.startswith("rm -r .claude"))
    return iter(lines[first : last + 1])


def test_the_lines_of_the_readme_do_what_it_says(target: Path, skills) -> None:
    """Without those that need a remote, and without a start of skillgate, which the next test makes."""
    installed = target / ".claude" / "skills" / NAME
    done = []
    for line in readme_lines():
        words = line.split()
        if words[:2] == ["npx", "agent-skills-cli"]:
            ran = skills(*words[2:], cwd=target)
            assert ran.returncode == 0, ran.stdout
            done.append(words[2])
            if words[2] == "install":
                assert files(installed) == files(target / NAME)
        elif words[:2] == ["rm", "-r"]:
            assert (target / words[2]).resolve() == installed
            shutil.rmtree(installed)
            done.append("remove")
    assert done == ["install", "test", "remove", "install", "remove"]
    assert not installed.exists()
    assert (target / NAME / "SKILL.md").is_file()


def without_the_right_to_write_everywhere() -> list[str | Path]:
    """Root may write where a mode forbids it; without this capability it is as anybody else."""
    drop = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"] if os.geteuid() == 0 else []


@pytest.fixture
def read_only_copy(checkout: Path, tmp_path: Path, skills) -> Iterator[Path]:
    """A whole clone as it was installed for Claude Code, in folders that nobody may write to."""
    (tmp_path / "target").mkdir()
    assert skills("install", checkout, "-a", "claude", "-y", cwd=tmp_path / "target").returncode == 0
    copy = tmp_path / "target" / ".claude" / "skills" / NAME
    assert (copy / ".git").is_dir()
    everything = [copy, *copy.rglob("*")]
    for path in everything:
        path.chmod(path.stat().st_mode & ~0o222)
    yield copy
    for path in everything:
        path.chmod(path.stat().st_mode | 0o200)


def test_the_installed_copy_works_read_only_with_nothing_but_python(
    read_only_copy: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, start
) -> None:
    here = tmp_path / "somewhere else"
    project = here / "project"
    project.mkdir(parents=True)
    (project / "skillgate.yaml").write_text(gates(a="true"), encoding="utf-8")
    home = once(tmp_path_factory, "skillgate-home", Path.exists)
    bare = {
        "SKILLGATE_HOME": str(home),
        "PATH": os.pathsep.join([f"{sys.base_prefix}/bin", "/usr/bin", "/bin"]),
        "VIRTUAL_ENV": "",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    before = files(read_only_copy)

    def skillgate(*words: str):
        words = (str(read_only_copy / "scripts" / "skillgate"), *words)
        return start(*without_the_right_to_write_everywhere(), *words, cwd=here, limit=300, **bare)

    green = skillgate("run", "project")
    assert green.returncode == 0, green.stdout
    assert "skillgate: pass" in green.stdout
    (project / "skillgate.yaml").write_text(gates(a="true", b="false"), encoding="utf-8")
    assert skillgate("run", "project").returncode == 1
    made = skillgate("new", "webhook-intake", "orders", "--name", "order-desk")
    assert made.returncode == 0, made.stdout
    listed = skillgate("list", "orders")
    assert "validate" in listed.stdout and "docker-validate" in listed.stdout, listed.stdout
    assert skillgate("check", "raw", "orders").returncode == 0
    assert files(read_only_copy) == before
    assert not list(read_only_copy.rglob("__pycache__"))
