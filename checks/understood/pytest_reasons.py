"""Why a gate with pytest in it has failed, in words, from what its sessions recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from checks.model import Rule
from checks.understood.pytest_rules import CONTRADICTION, NOT_FINISHED, NOTHING_RAN
from checks.understood.pytest_sessions import Problem, Session, total

_REASON_SHOWN = 120
_EATEN = "a pipe or `|| true` ate the status"
_LAST_WORD_HINT = "let the command end with pytest itself, without a pipe or `|| true`; the log keeps its whole output"
_HOOK_HINT = "look for `pytest_sessionfinish`, `pytest_unconfigure` or a report hook in the conftest files"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it failed. `rule` is None where the single findings already say it."""

    text: str
    rule: Rule | None = None
    hint: str | None = None


def why_failed(sessions: Sequence[Session], exit_code: int | None) -> Reason | None:
    """The first reason that holds; None where everything passed and the command says so, too."""
    return next(_reasons(sessions, exit_code), None)


def unseen(exit_code: int | None, *, asked: bool) -> str:
    """Why there is no evidence at all."""
    if asked:
        return "no pytest session was seen: pytest only showed its version or help"
    if exit_code is None:
        return "the command ended before any pytest session began"
    if exit_code == 4:
        return "pytest refused its arguments or its configuration before any session began (exit 4); the log says which"
    if exit_code:
        return f"the command exited {exit_code} before any pytest session began; the log says why"
    return (
        "no pytest session was seen, yet the command exited 0: pytest never started, or something in between "
        "(`env -i`, `python -I`, `-p no:skillgate_evidence`, a container) kept the runner from watching it"
    )


def counted(count: int, noun: str) -> str:
    """`1 test`, `2 tests`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shown_reasons(sessions: Sequence[Session]) -> str:
    """The reasons for skipping, the most frequent first: `needs docker (2), flaky`."""
    counts: dict[str, int] = {}
    for session in sessions:
        for reason, count in session.reasons.items():
            counts[reason] = counts.get(reason, 0) + count
    ordered = sorted(counts.items(), key=lambda item: -item[1])[:3]
    shown = [
        f"{reason[:_REASON_SHOWN]} ({count})" if count > 1 else reason[:_REASON_SHOWN] for reason, count in ordered
    ]
    return "; ".join(shown) + ("; ..." if len(counts) > len(ordered) else "")


def _reasons(sessions: Sequence[Session], exit_code: int | None) -> Iterator[Reason]:
    per_session: tuple[Callable[[Session], Reason | None], ...] = (_unfinished, _interrupted)
    for judge in per_session:
        yield from filter(None, map(judge, sessions))
    yield from filter(None, [_failures(sessions, exit_code), *map(_ran_nothing, sessions), _none_passed(sessions)])
    yield from filter(None, [_turned(sessions), *map(_left_out, sessions), _statuses(sessions, exit_code)])


def _unfinished(session: Session) -> Reason | None:
    if session.finished:
        return None
    obstacle = next((problem for problem in session.problems if problem.kind == "obstacle"), None)
    if obstacle is not None:
        return _stopped_by(obstacle)
    if session.stage != "running" or session.closed:
        told = "it refused its arguments, or a conftest or plug-in ended the process; the log says which"
        return Reason(f"pytest stopped before any test: {told}", NOT_FINISHED)
    where = f" inside `{session.now}`" if session.now else ""
    told = f"the test session did not finish: the process ended{where}"
    done = f", after {counted(session.tests, 'test')}" if session.tests else ""
    return Reason(told + done, NOT_FINISHED, "nothing in a test may end the process (`os._exit`, a crash, a signal)")


def _stopped_by(obstacle: Problem) -> Reason:
    first_line = obstacle.message.split("\n", 1)[0]
    return Reason(
        f"pytest refused its arguments: {first_line}" if obstacle.refused else f"pytest could not start: {first_line}"
    )


def _interrupted(session: Session) -> Reason | None:
    obstacle = next((problem for problem in session.problems if problem.kind == "obstacle"), None)
    if obstacle is not None:
        return (
            _stopped_by(obstacle)
            if obstacle.refused
            else Reason(f"pytest broke off: {obstacle.message}".split("\n")[0])
        )
    if session.interrupted is None or session.uncollected:
        return None
    left = f"; {counted(session.never_ran, 'collected test')} never ran" if session.never_ran else ""
    return Reason(f"the test session was interrupted ({session.interrupted}){left}", NOT_FINISHED)


def _failures(sessions: Sequence[Session], exit_code: int | None) -> Reason | None:
    failed, errors = total(sessions, "failed"), total(sessions, "error")
    uncollected = sum(session.uncollected for session in sessions)
    tests = sum(session.tests for session in sessions)
    parts = [f"{failed} of {counted(tests, 'test')} failed"] if failed else []
    parts += [f"{errors} of {counted(tests, 'test')} could not be judged (a fixture failed)"] if errors else []
    parts += [f"{counted(uncollected, 'file')} could not be collected"] if uncollected else []
    if not parts:
        return None
    left = sum(session.never_ran for session in sessions)
    text = ", ".join(parts) + (f" (stopped early: {left} more never ran)" if left and not uncollected else "")
    if exit_code != 0:
        return Reason(text)
    by_hook = all(session.exit == 0 for session in sessions)
    cause = "a hook made pytest exit 0" if by_hook else _EATEN
    return Reason(
        f"{text}, yet the command exited 0: {cause}", CONTRADICTION, _HOOK_HINT if by_hook else _LAST_WORD_HINT
    )


def _ran_nothing(session: Session) -> Reason | None:
    if session.mode == "collectonly":
        return Reason(f"pytest only collected {counted(session.collected, 'test')} and ran none", NOTHING_RAN)
    if session.mode is not None:
        return Reason("pytest only set up fixtures and ran no test (`--setup-only`, `--setup-plan`)", NOTHING_RAN)
    if session.tests or session.uncollected:
        return None
    if session.collected:
        return Reason(f"{counted(session.collected, 'test')} collected, and none of them ran", NOTHING_RAN)
    if session.deselected and not session.dropped:
        number = f"all {session.deselected} tests were" if session.deselected > 1 else "the only test was"
        return Reason(f"{number} deselected (`-k`, `-m`, or a plug-in)", NOTHING_RAN)
    if session.dropped:
        lost = session.dropped + session.deselected
        return Reason(f"{counted(lost, 'test')} collected, and a hook removed them all", NOTHING_RAN)
    return Reason("pytest found no tests", NOTHING_RAN)


def _none_passed(sessions: Sequence[Session]) -> Reason | None:
    if total(sessions, "passed") or total(sessions, "xpassed"):
        return None
    skipped, expected = total(sessions, "skipped"), total(sessions, "xfailed")
    if expected:
        parts = ([f"{skipped} skipped"] if skipped else []) + [f"{expected} expected to fail"]
        return Reason(f"no test passed: {', '.join(parts)}", NOTHING_RAN)
    number = f"all {skipped} tests were" if skipped > 1 else "the only test was"
    return Reason(f"{number} skipped ({shown_reasons(sessions) or 'no reason given'})", NOTHING_RAN)


def _turned(sessions: Sequence[Session]) -> Reason | None:
    turned = sum(problem.kind == "turned-passed" for session in sessions for problem in session.problems)
    if not turned:
        return None
    return Reason(f"a hook turned {counted(turned, 'failure')} into {'a pass' if turned == 1 else 'passes'}")


def _left_out(session: Session) -> Reason | None:
    if not session.never_ran or session.exit != 0:
        return None
    text = f"{session.never_ran} of {counted(session.collected, 'collected test')} never ran, yet pytest exited 0"
    return Reason(text, CONTRADICTION, "look for `pytest_runtest_protocol` in the conftest files")


def _statuses(sessions: Sequence[Session], exit_code: int | None) -> Reason | None:
    """No test failed; then the statuses of pytest and of the command must both say so."""
    if exit_code is None:
        return None
    good = total(sessions, "passed") + total(sessions, "xpassed")
    worst = max((session.exit or 0 for session in sessions), default=0)
    if worst and exit_code == 0:
        return Reason(
            f"pytest itself exited {worst}, yet the command exited 0: {_EATEN}", CONTRADICTION, _LAST_WORD_HINT
        )
    if worst:
        told = "a plug-in or hook failed the session (a coverage bar, for instance); the log says which"
        return Reason(f"no test failed ({good} passed), yet pytest exited {worst}: {told}")
    if exit_code:
        return Reason(f"no test failed ({good} passed), yet the command exited {exit_code}: another part of it failed")
    return None
