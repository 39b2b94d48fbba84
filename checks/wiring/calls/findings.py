"""Whether what is called exists and accepts what it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.hints import run_command
from checks.model import Diagnostic
from checks.wiring.calls.alembic_calls import Alembic
from checks.wiring.calls.in_code import calls_in_code
from checks.wiring.calls.in_deployments import calls_in_deployments
from checks.wiring.calls.in_texts import calls_of
from checks.wiring.calls.model import Call, Origin
from checks.wiring.calls.named import Named
from checks.wiring.calls.newcomer import Newcomer
from checks.wiring.calls.parameters import read_offered
from checks.wiring.calls.programs import Programs, own_names
from checks.wiring.calls.requests import Requests
from checks.wiring.calls.results import judge_results
from checks.wiring.calls.rules import RAW_RUN
from checks.wiring.calls.steps import Step, Walk
from checks.wiring.calls.temporal_calls import Temporal
from checks.wiring.calls.texts import Text, read_texts
from checks.wiring.calls.trial import UNKNOWN, Attempt, Verdict, try_all
from checks.wiring.calls.variables import judge_variables
from checks.wiring.calls.verdicts import Judge
from checks.wiring.calls.workflows import Workflows, judge_raw_command
from checks.wiring.model import Kind
from checks.wiring.system import Findings, System


def find(system: System) -> Findings:
    """Judges every call of a program of the project, and every command that its documentation tells to type."""
    named = Named(system)
    steps = [(text, step) for text in read_texts(system.root, system.files) for step in _steps(text, system, named)]
    calls = [*calls_in_code(system.code), *calls_in_deployments(system)]
    calls += [call for _, step in steps for call in calls_of(step, system.code.console_scripts)]
    found, tried = _judge_calls(system, calls)
    found += _judge_steps(system, named, steps, calls)
    return Findings(
        tuple(dict.fromkeys(found)),
        {"calls": len(calls), "calls_tried": len(tried), "commands_in_texts": len(steps)},
        blocked=_blocked(system, tried),
    )


def _steps(text: Text, system: System, named: Named) -> Iterator[Step]:
    return Walk(system.root, text, named.projects).steps()


def _judge_calls(system: System, calls: Sequence[Call]) -> tuple[list[Diagnostic], list[Verdict]]:
    """Findings about the calls, and what became of those that were tried."""
    offered = read_offered(system.root)
    workflows, programs = Workflows(system, offered), Programs(system)
    alembic, temporal = Alembic(system), Temporal(system)
    found: list[Diagnostic] = []
    tried: list[tuple[Call, Attempt]] = []
    for call in calls:
        judge: Workflows | Programs = workflows if call.started.kind is Kind.WORKFLOW else programs
        found += [*judge.judge(call), *judge_raw_command(call), *alembic.judge(call), *temporal.judge(call)]
        attempt = judge.attempt(call)
        if attempt is not None:
            tried.append((call, attempt))
    found += judge_results(system.code, calls, workflows)
    own = own_names(system.code)
    verdicts = try_all(system.context, [attempt for _, attempt in tried], own)
    trials = Judge(system.root, offered, own)
    scripts = [call for call in calls if call.origin is Origin.SCRIPT and call.place.file.endswith((".sh", ".bash"))]
    for call, attempt in tried:
        if not any(_is_of_script(call, script) for script in scripts):
            found += trials.findings(call, attempt, verdicts.get(attempt.key, UNKNOWN))
    return [*_once(found)], [verdicts.get(attempt.key, UNKNOWN) for _, attempt in tried]


def _once(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """What is wrong with a function that starts workflows is told there, and not at each of its callers."""
    told = {f"({each.file}:{each.line})" for each in found if each.rule == RAW_RUN.id}
    for each in found:
        if each.rule != RAW_RUN.id or not any(place in each.message for place in told):
            yield each


def _is_of_script(call: Call, script: Call) -> bool:
    """Whether a deployment comes to a call by way of a script, where it is told already."""
    if call.unit is None or call.started.argv != script.started.argv:
        return False
    return any(word.rpartition("/")[2] == script.place.file.rpartition("/")[2] for word in call.unit.argv)


def _judge_steps(
    system: System, named: Named, steps: Sequence[tuple[Text, Step]], calls: Sequence[Call]
) -> Iterator[Diagnostic]:
    """Findings about documentation, Makefiles and CI jobs."""
    newcomer, requests = Newcomer(named), Requests(system, calls)
    whole: dict[str, str] = {}
    for text, _ in steps:
        whole.setdefault(text.file, "")
        whole[text.file] += text.text if text.text not in whole[text.file] else ""
    for text, step in steps:
        if text.folder is not None:
            yield from newcomer.judge(step)
        yield from requests.judge(step, whole[text.file])
        if step.origin is Origin.README:
            yield from judge_variables(step, named, whole[text.file])


def _blocked(system: System, verdicts: Sequence[Verdict]) -> str | None:
    """Why a call could not be tried."""
    missing = sorted({str(verdict["missing"]) for verdict in verdicts if verdict.get("missing")})
    if not missing:
        return None
    names = ", ".join(f"`{name}`" for name in missing)
    python, sync = system.context.python, run_command(system.root, "--sync")
    return f"the project's Python (`{python}`) lacks {names}, which programs read their arguments with: run `{sync}`"
