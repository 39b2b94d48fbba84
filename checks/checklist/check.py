"""The check `checklist`: the skill's eight code-generation steps, each met, not needed, or missing."""

from __future__ import annotations

from checks.checklist.model import State
from checks.checklist.reading import read_project
from checks.checklist.steps import judge_steps
from checks.model import CheckContext, CheckResult


def check(context: CheckContext) -> CheckResult:
    """Judges each step on the project's files; nothing is run."""
    steps = judge_steps(read_project(context.root))
    counts = {state: sum(step.state is state for step in steps) for state in State}
    evidence: dict[str, int | str] = {
        "steps": len(steps),
        "met": counts[State.MET],
        "not_needed": counts[State.NOT_NEEDED],
    }
    for number, step in enumerate(steps, 1):
        evidence[f"{number} {step.key}"] = f"{step.state.value} ({step.why})"
    return CheckResult("checklist", evidence, tuple(each for step in steps for each in step.findings))
