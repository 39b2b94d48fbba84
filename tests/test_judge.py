"""From outcome and evidence to status, from statuses to verdict."""

from __future__ import annotations

from itertools import product

import pytest

from checks.judge import judge, verdict
from checks.model import Diagnostic, Gate, Severity, Status, Verdict
from checks.process import Outcome
from checks.understood.collected import Collected

GATE = Gate("g", "tool", 60.0)
ERROR = Diagnostic("x.y", Severity.ERROR, "broken")
WARNING = Diagnostic("x.y", Severity.WARNING, "odd")
FLOOR = {"items": 1}


def outcome(exit_code: int | None = 0, **more: object) -> Outcome:
    return Outcome(exit_code, None, 0.1, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ended", "found", "status", "words"),
    [
        (outcome(0), Collected({"items": 3}), Status.PASSED, "items 3"),
        (outcome(0), Collected({"items": 3}, (WARNING,)), Status.PASSED, "items 3"),
        (outcome(0), Collected({"items": 0}), Status.FAILED, "nothing was checked"),
        (outcome(0), Collected({}), Status.FAILED, "nothing was checked"),
        (outcome(0), Collected({"items": 3}, (ERROR,)), Status.FAILED, "1 error"),
        (outcome(0), Collected({"items": 3}, failure="2 of 3 failed"), Status.FAILED, "2 of 3 failed"),
        (outcome(1), Collected({"items": 3}), Status.FAILED, "exited 1"),
        (outcome(3), Collected({"items": 3}, blocked="install x"), Status.ERROR, "install x"),
        (outcome(3), Collected({"items": 3}, (ERROR,), blocked="install x"), Status.FAILED, "1 error"),
        (outcome(None, timed_out=True), Collected({}, (ERROR,)), Status.TIMED_OUT, "timed out (60 s)"),
        (outcome(None, capped=True), Collected({}), Status.FAILED, "cap"),
        (outcome(None, not_started="`x` is missing"), Collected({}), Status.ERROR, "`x` is missing"),
        (Outcome(None, 9, 0.1), Collected({"items": 3}), Status.FAILED, "signal 9"),
        (outcome(None, interrupted=True), Collected({"items": 3}), Status.ERROR, "interrupted"),
    ],
)
def test_status(ended: Outcome, found: Collected, status: Status, words: str) -> None:
    judged = judge(GATE, ended, found, FLOOR)
    assert judged.status is status
    assert words in judged.reason


def test_a_floor_of_nought_is_the_way_out() -> None:
    assert judge(GATE, outcome(0), Collected({"items": 0}), {"items": 0}).status is Status.PASSED


def test_every_floor_counts() -> None:
    judged = judge(GATE, outcome(0), Collected({"workflows": 4, "steps": 0}), {"workflows": 1, "steps": 1})
    assert judged.status is Status.FAILED
    assert "steps 0" in judged.reason


@pytest.mark.parametrize("statuses", list(product(Status, repeat=2)))
def test_verdict_of_two(statuses: tuple[Status, Status]) -> None:
    expected = Verdict.PASS if set(statuses) <= {Status.PASSED, Status.SKIPPED} else Verdict.UNVERIFIED
    if set(statuses) & {Status.FAILED, Status.TIMED_OUT}:
        expected = Verdict.FAIL
    if set(statuses) == {Status.SKIPPED}:
        expected = Verdict.UNVERIFIED
    assert verdict(statuses) is expected


def test_nothing_ran_is_no_pass() -> None:
    assert verdict([]) is Verdict.UNVERIFIED


def test_interrupted_wins() -> None:
    assert verdict([Status.FAILED], interrupted=True) is Verdict.INTERRUPTED
