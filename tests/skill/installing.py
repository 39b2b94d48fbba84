"""The skill as its users get it: a folder `system-architecture` with what git knows, and the real installers."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.program import ROOT, clean_environment

INSTALLER = "agent-skills-cli@1.1.9"
IDENTITY = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false")


def once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """A folder that is built once in a test run, by whichever worker comes first."""
    shared = factory.getbasetemp().parent if os.environ.get("PYTEST_XDIST_WORKER") else factory.getbasetemp()
    folder = shared / f"shared-{name}"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            (folder / "ready").touch()
    return folder


def copy_tree(target: Path) -> Path:
    """What a clone would hold: what git knows, and what it would take up."""
    words = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def commit(tree: Path) -> str:
    """Gives a tree a history; the name of its only commit."""
    for words in (["init", "-q"], ["add", "-A", "-f"], [*IDENTITY, "commit", "-q", "-m", "The tree"]):
        subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True, env=clean_environment())
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tree, check=True, capture_output=True, text=True)
    return head.stdout.strip()


def install_the_installer(folder: Path) -> None:
    words = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), INSTALLER]
    subprocess.run(words, check=True, capture_output=True, timeout=300, cwd=folder)


def program(name: str) -> str:
    """A program of the tests' environment, or of the machine."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(name, path=path)
    assert found is not None, f"`{name}` is missing: scripts/test installs it"
    return found
