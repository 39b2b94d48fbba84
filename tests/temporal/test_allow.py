"""`# skillgate: allow RULE -- reason`: what it silences, and what it does not."""

from __future__ import annotations

from pathlib import Path

from checks.model import Diagnostic, Severity
from checks.temporal import allow
from checks.temporal.discovery import discover

RULES = ("temporal.print", "temporal.hash")
HEAD = "from temporalio import workflow\n"


def left(root: Path, text: str, *found: tuple[str, int]) -> tuple[list[tuple[str, int | None]], int]:
    (root / "hiring.py").write_text(HEAD + text, encoding="utf-8")
    findings = [Diagnostic(rule, Severity.WARNING, "said", "hiring.py", line) for rule, line in found]
    kept, allowed = allow.apply(findings, discover(root), RULES)
    return [(each.rule, each.line) for each in kept], allowed


def test_on_its_line(tmp_path: Path) -> None:
    text = "print(1)  # skillgate: allow temporal.print -- for a while\nprint(2)\n"
    assert left(tmp_path, text, ("temporal.print", 2), ("temporal.print", 3)) == ([("temporal.print", 3)], 1)


def test_alone_it_covers_the_next_line(tmp_path: Path) -> None:
    text = "# skillgate: allow temporal.print -- for a while\nprint(1)\nprint(2)\n"
    assert left(tmp_path, text, ("temporal.print", 3), ("temporal.print", 4)) == ([("temporal.print", 4)], 1)


def test_only_the_rule_named(tmp_path: Path) -> None:
    text = "print(1)  # skillgate: allow temporal.hash -- for a while\n"
    assert left(tmp_path, text, ("temporal.print", 2)) == ([("temporal.print", 2)], 0)


def test_without_reason_rule_or_known_rule(tmp_path: Path) -> None:
    for comment in ("allow temporal.print", "allow temporal.print --", "allow -- why", "allow temporal.pint -- why"):
        kept, allowed = left(tmp_path, f"print(1)  # skillgate: {comment}\n", ("temporal.print", 2))
        assert (kept, allowed) == ([("temporal.print", 2), ("temporal.allow", 2)], 0), comment


def test_a_text_is_no_comment(tmp_path: Path) -> None:
    text = "note = '# skillgate: allow temporal.print'\n"
    assert left(tmp_path, text) == ([], 0)


def test_the_near_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "hiring.py").write_text(HEAD + "x = 1  # skillgate: allow temporal.pint -- why\n", encoding="utf-8")
    (found,), _ = allow.apply([], discover(tmp_path), RULES)
    assert "`temporal.pint`" in found.message and found.hint == "did you mean `temporal.print`?"
