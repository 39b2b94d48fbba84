"""Stages and build arguments: what is named must be there, and be known where it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from checks.deploy.dockerfile.instructions import Instruction, assignments
from checks.deploy.dockerfile.stages import Stage
from checks.deploy.dockerfile.subject import Subject
from checks.deploy.dockerfile.variables import PREDEFINED, names
from checks.model import Diagnostic

# Nobody publishes an image under these names: they are what people call a stage.
_STAGE_WORDS = frozenset(
    {"assets", "backend", "base", "build", "build-env", "builder", "build-stage", "compile", "compiler", "deps",
     "dependencies", "dev", "development", "final", "frontend", "install", "packages", "prod", "production", "publish",
     "release", "requirements", "runner", "runtime", "stage", "test", "tests", "wheels"}
)  # fmt: skip
_EXPANDED = frozenset({"ADD", "COPY", "ENV", "EXPOSE", "USER", "VOLUME", "WORKDIR"})


def staging(subject: Subject) -> Iterator[Diagnostic]:
    """Stages that are not there, twice there, and arguments that are not known where they are used."""
    seen: dict[str, int] = {}
    for stage in subject.recipe.stages:
        yield from _base(subject, stage)
        for each in stage.instructions:
            yield from _origin(subject, stage, each)
        yield from _out_of_reach(subject, stage)
        if stage.name in seen:
            message = f"stage `{stage.name}` is already named at line {seen[stage.name]}: only the last one is found"
            yield subject.warning("duplicate-stage", stage.start, message, "give each stage its own name")
        if stage.name:
            seen.setdefault(stage.name, stage.start.line)
    yield from _targets(subject)


def _base(subject: Subject, stage: Stage) -> Iterator[Diagnostic]:
    words = stage.start.value.split()
    declared = {name for each in subject.recipe.before if each.keyword == "ARG" for name, _ in assignments(each.value)}
    defaults = {
        name
        for each in subject.recipe.before
        if each.keyword == "ARG"
        for name, text in assignments(each.value)
        if text is not None
    }
    given = {name for build in subject.builds for name in build.arguments}
    for name, has_default in names(words[0] if words else ""):
        if has_default or name in PREDEFINED:
            continue
        if name not in declared:
            near = get_close_matches(name, declared, 1)
            hint = f"write `${{{near[0]}}}`" if near else f"write `ARG {name}=...` before the first `FROM`"
            message = f"`FROM {words[0]}` uses `{name}`, which no `ARG` before the first `FROM` declares"
            yield subject.error("undefined-argument", stage.start, message, hint)
        elif name not in defaults | given:
            message = f"`FROM {words[0]}` uses `{name}`, which has no default: every build must be given it"
            yield subject.warning("undefined-argument", stage.start, message, f"write `ARG {name}=...`")


def _origin(subject: Subject, stage: Stage, each: Instruction) -> Iterator[Diagnostic]:
    origin = each.flags.get("from", "") if each.keyword == "COPY" else ""
    if not origin or "$" in origin:
        return
    stages = subject.recipe.stages
    earlier = [known.name for known in stages[: stage.index] if known.name]
    if origin.isdecimal():
        if int(origin) >= stage.index:
            message = f"`--from={origin}`: before this stage there are {stage.index}, counted from 0"
            yield subject.error("undefined-stage", each, message)
        return
    if origin.lower() in earlier or any(origin.lower() in build.contexts for build in subject.builds):
        return
    later = [known for known in stages[stage.index :] if known.name == origin.lower()]
    if later:
        where = "is this stage itself" if later[0].index == stage.index else "comes only after it"
        yield subject.error("undefined-stage", each, f"`--from={origin}`: stage `{origin}` {where}")
    elif not re.search(r"[/:.@]", origin):
        yield from _unnamed(subject, each, origin, earlier)


def _unnamed(subject: Subject, each: Instruction, origin: str, earlier: list[str]) -> Iterator[Diagnostic]:
    near = get_close_matches(origin.lower(), earlier, 1)
    known = ", ".join(f"`{name}`" for name in earlier) or "none before it has a name"
    message = f"no stage is called `{origin}` (stages: {known})"
    hint = f"write `--from={near[0]}`" if near else None
    if near or origin.lower() in _STAGE_WORDS:
        yield subject.error("undefined-stage", each, f"{message}, so an image of that name would be fetched", hint)


def _targets(subject: Subject) -> Iterator[Diagnostic]:
    """Stages that commands and CI files ask for; those of Compose are judged there."""
    for build, recipe in zip(subject.builds, subject.recipes, strict=True):
        if build.service or not build.target or recipe.stage(build.target) or not build.said or not recipe.stages:
            continue
        known = ", ".join(f"`{stage.name}`" for stage in recipe.stages if stage.name) or "none has a name"
        message = f"`{subject.file}` has no stage `{build.target}` (its stages: {known})"
        found = subject.error("undefined-stage", 1, message)
        yield found._replace(file=build.said, line=build.line)


def _out_of_reach(subject: Subject, stage: Stage) -> Iterator[Diagnostic]:
    """An ARG from before the first FROM is not known in a stage that does not declare it again."""
    before = {name for each in subject.recipe.before if each.keyword == "ARG" for name, _ in assignments(each.value)}
    lineage = subject.recipe.lineage(stage)[:-1]
    declared = {
        name
        for known in lineage
        for each in known.instructions
        if each.keyword in ("ARG", "ENV")
        for name, _ in assignments(each.value)
    }
    told: set[str] = set()
    for each in stage.instructions:
        if each.keyword in ("ARG", "ENV"):
            if each.keyword == "ENV":
                yield from _unreached(subject, each, before - declared - told, told)
            declared |= {name for name, _ in assignments(each.value)}
        elif each.keyword in _EXPANDED or each.keyword == "RUN":
            yield from _unreached(subject, each, before - declared - told, told)


def _unreached(subject: Subject, each: Instruction, missing: set[str], told: set[str]) -> Iterator[Diagnostic]:
    text = each.value if each.keyword == "RUN" else re.sub(r"'[^']*'", "", each.value)
    for name, has_default in names(text):
        set_there = re.search(rf"\b{re.escape(name)}=|\bread\s+{re.escape(name)}\b|\bin\s+{re.escape(name)}\b", text)
        if name not in missing or has_default or name in told or (each.keyword == "RUN" and set_there):
            continue
        told.add(name)
        message = f"`{name}` is declared before the first `FROM` only: in this stage it is empty"
        hint = f"write `ARG {name}` in this stage, before line {each.line}"
        judge = subject.warning if each.keyword == "RUN" else subject.error
        yield judge("argument-out-of-reach", each, message, hint)
