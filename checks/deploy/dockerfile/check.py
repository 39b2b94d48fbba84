"""The check `dockerfile`: every Dockerfile of the project, with the contexts and deployments that it is built for."""

from __future__ import annotations

from collections.abc import Iterator

from checks.deploy.dockerfile.builds import find_builds
from checks.deploy.dockerfile.commanding import commanding
from checks.deploy.dockerfile.copying import copying
from checks.deploy.dockerfile.lacking import lacking
from checks.deploy.dockerfile.programs import find_hadolint, lint, parser_title, refused, remarked
from checks.deploy.dockerfile.reading import read_text
from checks.deploy.dockerfile.remarks import remarks
from checks.deploy.dockerfile.staging import staging
from checks.deploy.dockerfile.subject import Subject
from checks.deploy.dockerfile.syntax import syntax
from checks.deploy.dockerfile.volumes import volumes
from checks.model import CheckContext, CheckResult, Diagnostic, Severity

_FAMILIES = (staging, copying, commanding, remarks, lacking, volumes)


def check(context: CheckContext) -> CheckResult:
    """Judges each Dockerfile: its text, its stages, its sources, and the command of its image."""
    subjects, found = _subjects(context)
    hadolint = find_hadolint(context) if subjects else None
    linted = lint(hadolint, subjects, context) if hadolint else None
    evidence: dict[str, int | str] = {"dockerfiles": len(subjects) + len(found), "stages": 0}
    evidence["parser"] = parser_title() or "embedded"
    if linted is not None:
        evidence["linter"] = linted.title if linted.broken is None else f"none: {linted.title} {linted.broken}"
    for subject in subjects:
        evidence["stages"] = int(evidence["stages"]) + len(subject.recipe.stages)
        own = list(judged(subject))
        more = list(remarked(subject, linted)) if linted is not None else []
        said = {each.line for each in own}
        found += own + [each for each in more if each.line not in said]
    return CheckResult("dockerfile", evidence, tuple(dict.fromkeys(found)))


def _subjects(context: CheckContext) -> tuple[list[Subject], list[Diagnostic]]:
    subjects: list[Subject] = []
    unread: list[Diagnostic] = []
    root = context.root.resolve()
    for path, builds in sorted(find_builds(context).items()):
        text = read_text(path)
        subject = Subject(path, root, text or "", builds)
        if text is None:
            unread.append(subject.error("unreadable", 1, "the file cannot be read, is too large, or is no UTF-8"))
        else:
            subjects.append(subject)
    return subjects, unread


def judged(subject: Subject) -> Iterator[Diagnostic]:
    """What our own rules say of a Dockerfile with its builds."""
    said = list(syntax(subject))
    yield from said
    fatal = [each for each in said if each.severity is Severity.ERROR and each.rule != "dockerfile.malformed-list"]
    theirs = refused(subject.text)
    if theirs is not None and not fatal:
        yield subject.error("unreadable", theirs.line or 1, f"BuildKit's parser says: {theirs.message}")
    elif not fatal:
        for family in _FAMILIES:
            yield from family(subject)
