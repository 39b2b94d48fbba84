"""Resolves every set of a project, side by side, and says what cannot be installed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checks.install import pythons
from checks.install.direct import DirectAnswer, judge_direct, known_direct, looked_up
from checks.install.mistaken import REFUSING, meant
from checks.install.model import Asked, Declared, Origin, Purpose, Resolution
from checks.install.pythons import Version
from checks.install.reasons import Reason, notes, place_of, reason_of, unreached
from checks.install.resolvers import Answer, Question, Resolver, find_resolvers
from checks.install.rules import found
from checks.model import CheckContext, Diagnostic
from checks.process import run_all

ROUNDS = 12
"""After each failure the requirement at fault is left out, so that one run names them all."""


@dataclass
class _Job:
    """A set on its way: what is still asked for, for which Python, and what was found."""

    declared: Declared
    asked: list[Asked]
    python: Version
    others: list[Version]
    builds: bool = False
    without_wheels: tuple[str, ...] = ()
    stuck: Reason | None = None
    answer: Answer | None = None
    findings: list[Diagnostic] = field(default_factory=list)
    unreached: str | None = None

    @property
    def is_open(self) -> bool:
        return self.answer is None and self.unreached is None


@dataclass(frozen=True)
class Resolved:
    """What every set came to, in order, and which program said so (None where there is none)."""

    resolutions: tuple[Resolution, ...]
    resolver: str | None


def resolve(context: CheckContext, sets: Sequence[Declared], images: Mapping[str, Version]) -> Resolved:
    """Every set for the Python of its image (`images`, by file), else for one that it declares."""
    jobs = [_job(each, images.get(each.file)) for each in sets]
    if not any(each.origin in (Origin.REGISTRY, Origin.GIT, Origin.URL) for job in jobs for each in job.declared.asked):
        return Resolved(tuple(Resolution(complete=True) for _ in sets), "not needed")
    resolver = None
    for resolver in find_resolvers(context.python, context.environment, context.root):
        for job in jobs:
            job.unreached = None
        _work_off(resolver, jobs, context)
        if not any(job.unreached for job in jobs):
            break
    if resolver is None:
        return Resolved(tuple(Resolution() for _ in sets), None)
    direct = _direct(resolver, jobs, context)
    ranges = _ranges(resolver, jobs, context)
    resolutions = [_resolution(job, direct, ranges.get(id(job), [])) for job in jobs]
    return Resolved(tuple(resolutions), resolver.title)


def _job(declared: Declared, image: Version | None) -> _Job:
    own, oldest = pythons.own_version(), pythons.lowest(declared.python)
    admitted = [each for each in (own, oldest) if each and pythons.admits(declared.python, each)]
    candidates = [image] if image and pythons.admits(declared.python, image) else list(dict.fromkeys(admitted)) or [own]
    others = candidates[1:] if image or declared.python else [each for each in pythons.KNOWN[5:1:-1] if each != own]
    asked = [each for each in declared.asked if each.origin is Origin.REGISTRY]
    return _Job(declared, asked, candidates[0], others)


def _question(job: _Job, root: Path, python: Version | None = None) -> Question:
    declared = job.declared
    return Question(
        tuple(dict.fromkeys(each.text for each in job.asked)),
        declared.options,
        tuple(root / each for each in declared.constraints),
        pythons.shown(python or job.python),
        root / declared.folder,
        job.builds,
    )


def _work_off(resolver: Resolver, jobs: Sequence[_Job], context: CheckContext) -> None:
    for _ in range(ROUNDS):
        for job in jobs:
            if job.is_open and not job.asked:
                job.answer = Answer({}, "")
        waiting = [job for job in jobs if job.is_open]
        if not waiting:
            return
        questions = [_question(job, context.root) for job in waiting]
        for job, question, answer in zip(waiting, questions, ask(resolver, questions, context), strict=True):
            if question == _question(job, context.root):  # else another set's answer has changed what to ask
                _take(job, answer, jobs)
    for job in jobs:
        if job.is_open:
            job.answer = Answer(None, "")


def ask(resolver: Resolver, questions: Sequence[Question], context: CheckContext) -> list[Answer]:
    """The answers in order; the same question is asked once."""
    distinct = list(dict.fromkeys(questions))
    with tempfile.TemporaryDirectory(prefix="skillgate-install-") as folder:
        works = [Path(folder, str(index)) for index in range(len(distinct))]
        for work in works:
            work.mkdir()
        pairs = list(zip(distinct, works, strict=True))
        commands = [resolver.command(question, work, context.environment) for question, work in pairs]
        outcomes = run_all(commands, max(2, min(4, context.jobs * 2)))
        answers = {
            question: resolver.answer(outcome, work) for (question, work), outcome in zip(pairs, outcomes, strict=True)
        }
    return [answers[question] for question in questions]


def _take(job: _Job, answer: Answer, jobs: Iterable[_Job]) -> None:
    """Notes what became of a question, and changes the job so that the next one tells more."""
    if answer.closure is not None:
        job.answer = answer
        job.findings += notes(answer.words, job.asked)
        job.findings += _built(job)
        return
    if why := "it gave no answer in time" if answer.timed_out else unreached(answer.words):
        job.unreached = why
        return
    reason = reason_of(answer.words, job.asked)
    if reason.rule == "unknown-package":
        _leave_out(reason, jobs)
    elif reason.about_wheels and not job.builds:
        job.builds, job.without_wheels, job.stuck = True, reason.names, reason
    elif reason.about_python and job.others:
        job.findings += _only_on(job, reason)
        job.python = job.others.pop(0)
    else:
        _give_up(job, reason, answer)


def _leave_out(reason: Reason, jobs: Iterable[_Job]) -> None:
    """One registry answers for all sets: what it does not know, it knows for none."""
    for job in jobs:
        place = place_of(reason.names, job.asked)
        if place is not None and job.is_open:
            job.findings.append(found(reason.rule, place, reason.message, reason.hint))
            job.asked = [each for each in job.asked if each.name not in reason.names]


def _built(job: _Job) -> list[Diagnostic]:
    if not job.builds or not job.without_wheels:
        return []
    name = job.without_wheels[-1]
    if place_of((name,), job.asked) is None:
        return []
    better = "use `psycopg2-binary`" if name == "psycopg2" else None
    message = f"`{name}` has no wheel here for Python {pythons.shown(job.python)} and must be built from source"
    return [found("needs-build", place_of((name,), job.asked), message, better)]


def _only_on(job: _Job, reason: Reason) -> list[Diagnostic]:
    known = {each.rule for each in job.findings}
    if "install.python-range" in known:
        return []
    message = f"Python {pythons.shown(job.python)} cannot install `{job.declared.title}`: {reason.message}"
    return [found("python-range", place_of(reason.names, job.asked) or job.declared.python_place, message)]


def _give_up(job: _Job, reason: Reason, answer: Answer) -> None:
    place = place_of(reason.names, job.asked)
    _go_on(job, reason, answer)
    job.findings = [each for each in job.findings if each.rule != "install.python-range"]
    if job.builds and job.stuck is not None and reason.rule == "conflict" and reason.about_wheels:
        name = reason.names[-1] if reason.names else job.without_wheels[-1]
        hint = meant(name)
        if name in REFUSING:
            job.findings.append(
                found("other-product", place, f"`{name}` on the registry refuses to be installed", hint)
            )
            return
        message = f"`{name}` has no wheel for Python {pythons.shown(job.python)}, and building it failed here"
        job.findings.append(found("needs-build", place, message, hint))
        return
    names = [name for name in reason.names if place_of((name,), job.asked)]
    where = ", ".join(f"`{name}` ({place_of((name,), job.asked)})" for name in names[:4])
    message = reason.message if len(names) < 2 else f"{where} exclude each other: {reason.message}"
    job.findings.append(found(reason.rule, place, message, reason.hint))


def _go_on(job: _Job, reason: Reason, answer: Answer) -> None:
    """Without the requirement that was asked for last, the next round tells what else is wrong."""
    last = place_of(reason.names, job.asked)
    if last is None:
        job.answer = answer
    job.asked = [each for each in job.asked if each.place != last]


def _direct(resolver: Resolver, jobs: Sequence[_Job], context: CheckContext) -> Mapping[str, DirectAnswer]:
    """What became of each address that is no registry's."""
    every = looked_up(each for job in jobs for each in job.declared.asked)
    known = {asked.text: answer for asked in every if (answer := known_direct(asked)) is not None}
    wanted = [asked for asked in every if asked.text not in known]
    questions = [
        Question((asked.text,), (), (), pythons.shown(pythons.own_version()), context.root, builds=True, direct=True)
        for asked in wanted
    ]
    answers = ask(resolver, questions, context)
    return known | {asked.text: judge_direct(asked, answer) for asked, answer in zip(wanted, answers, strict=True)}


def _ranges(resolver: Resolver, jobs: Sequence[_Job], context: CheckContext) -> Mapping[int, list[Diagnostic]]:
    """Whether the oldest Python that is admitted could install what another one can."""
    chosen = [(job, pythons.lowest(job.declared.python)) for job in jobs if job.answer and job.answer.closure]
    chosen = [
        (job, oldest)
        for job, oldest in chosen
        if oldest and oldest < job.python and job.declared.purpose in (Purpose.RUN, Purpose.SCRIPT)
    ]
    answers = ask(resolver, [_question(job, context.root, oldest) for job, oldest in chosen], context)
    ranges: dict[int, list[Diagnostic]] = {}
    for (job, oldest), answer in zip(chosen, answers, strict=True):
        if answer.closure is None and oldest and not answer.timed_out and not unreached(answer.words):
            reason = reason_of(answer.words, job.asked)
            message = f"Python {pythons.shown(oldest)}, which `requires-python` admits, cannot install this: "
            hint = f'for example `requires-python = ">={pythons.shown(job.python)}"`'
            ranges[id(job)] = [found("python-range", job.declared.python_place, message + reason.message, hint)]
    return ranges


def _resolution(job: _Job, direct: Mapping[str, DirectAnswer], more: list[Diagnostic]) -> Resolution:
    closure: dict[str, tuple[str, ...]] = dict(job.answer.closure or {}) if job.answer else {}
    versions = job.answer.versions if job.answer else {}
    findings, unverified = [*job.findings, *more], []
    complete = job.answer is not None and job.answer.closure is not None
    for asked in job.declared.asked:
        answer = direct.get(asked.text)
        if answer is not None:
            findings += answer.findings(asked)
            unverified += [answer.unverified] if answer.unverified else []
            closure = {**answer.closure, **closure}
            complete = complete and answer.complete
        elif asked.origin is not Origin.REGISTRY:
            complete = False
        if asked.name:
            closure.setdefault(asked.name, ())
    return Resolution(closure, complete, tuple(findings), job.unreached, tuple(unverified), versions)
