"""The hook under the real pre-commit and the real prek: a commit of a green project passes, of a red one does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from skill.installing import IDENTITY, program
from support.program import ROOT, gates


def test_the_hook_is_described_as_pre_commit_wants_it() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["entry"], hook["language"]) == ("skillgate", "skillgate run", "python")
    assert (hook["pass_filenames"], hook["always_run"], hook["require_serial"]) == (False, True, True)
    assert hook["stages"] == ["pre-commit", "pre-push", "manual"]


@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
def test_the_hook_lets_green_pass_and_stops_red(runner: str, checkout: Path, tmp_path: Path, start, project) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True)
    hooks = {"repos": [{"repo": str(checkout), "rev": head.stdout.strip(), "hooks": [{"id": "skillgate"}]}]}
    root = project({"skillgate.yaml": gates(a="true"), ".pre-commit-config.yaml": yaml.safe_dump(hooks)})
    caches = {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "PREK_HOME": str(tmp_path / "cache"), "VIRTUAL_ENV": ""}
    for words in (["init", "-q"], ["add", "-A"]):
        assert start("git", *words, cwd=root).returncode == 0
    installed = start(program(runner), "install", cwd=root, **caches)
    assert installed.returncode == 0, installed.stdout

    def commit() -> subprocess.CompletedProcess[str]:
        return start("git", *IDENTITY, "commit", "-a", "-m", "A change", cwd=root, limit=300, **caches)

    green = commit()
    assert green.returncode == 0, green.stdout
    (root / "skillgate.yaml").write_text(gates(a="true", b="false"), encoding="utf-8")
    red = commit()
    assert red.returncode != 0, red.stdout
    assert "skillgate: fail" in red.stdout
