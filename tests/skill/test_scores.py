"""What the installers' own judges say of the skill: the real programs, at versions that are pinned."""

from __future__ import annotations

import json
from pathlib import Path

from skill.installing import program


def test_the_specification_finds_nothing(checkout: Path, start) -> None:
    done = start(program("agentskills"), "validate", checkout, cwd=checkout.parent)
    assert done.returncode == 0, done.stdout


def test_validate_is_clean(checkout: Path, skills) -> None:
    done = skills("validate", checkout, cwd=checkout.parent)
    assert done.returncode == 0, done.stdout
    assert "Warnings" not in done.stdout and "Errors" not in done.stdout, done.stdout


def test_score_is_full(checkout: Path, skills) -> None:
    found = json.loads(skills("score", checkout, "--json", cwd=checkout.parent).stdout)
    lost = [row["check"] for row in found["details"] if row["points"] < row["maxPoints"]]
    assert (found["overall"], lost) == (100, [])


def test_test_is_full(checkout: Path, skills) -> None:
    (found,) = json.loads(last_json(skills("test", checkout, "--json", cwd=checkout.parent).stdout))
    assert found["passRate"] == 100, found


def test_bench_is_full(checkout: Path, skills) -> None:
    (found,) = json.loads(last_json(skills("bench", checkout, "--json", cwd=checkout.parent).stdout))
    assert found["quality"] == 100, found
    assert found["tokens"] < 10_000


def test_audit_finds_nothing_in_the_skill_and_nothing_high_in_the_tree(
    checkout: Path, installer: Path, start, tmp_path: Path
) -> None:
    # Into a file: the program ends without waiting until a pipe has taken all of a long output.
    line = '"$0" audit "$1" --fail-on high --format json > audit.json'
    done = start("/bin/sh", "-c", line, installer, checkout, cwd=tmp_path, HOME=str(tmp_path), DISABLE_TELEMETRY="1")
    told = (tmp_path / "audit.json").read_text(encoding="utf-8")
    findings = json.JSONDecoder().raw_decode(told[told.index("{") :])[0]["findings"]
    bad = [row for row in findings if row["file"] == "SKILL.md" or row["severity"] in ("high", "critical")]
    assert [f"{row['file']}:{row['line']}: {row['ruleId']} {row['lineContent'][:100]}" for row in bad] == []
    assert done.returncode == 0


def last_json(text: str) -> str:
    """The JSON of an output that has a progress line before it."""
    return text[text.index("[\n") :]
