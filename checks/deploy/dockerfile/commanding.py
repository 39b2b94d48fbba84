"""CMD and ENTRYPOINT held against the image that they are part of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.dockerfile.builds import Build
from checks.deploy.dockerfile.container import Container, Problem
from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.health import health
from checks.deploy.dockerfile.image import Image, image_of
from checks.deploy.dockerfile.instructions import Instruction
from checks.deploy.dockerfile.packages import packages_of
from checks.deploy.dockerfile.running import SHELLS, Running, running
from checks.deploy.dockerfile.runs import commands_of
from checks.deploy.dockerfile.sources import Sources
from checks.deploy.dockerfile.stages import Recipe, Stage
from checks.deploy.dockerfile.starting import problems
from checks.deploy.dockerfile.subject import Subject
from checks.model import Diagnostic, Severity

_BUILDING = re.compile(r"pip wheel[^&|;]*\s\.(?:\s|/|\[|$)|-m build\b|(?:poetry|uv|hatch|flit|pdm) build|setup\.py")
_INSTALLING = re.compile(r"\b(?:install|sync|add)\b")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def commanding(subject: Subject) -> Iterator[Diagnostic]:
    """What the last stage of each build starts, and where that listens."""
    found: dict[Diagnostic, int] = {}
    wanted = 0
    for number, recipe in enumerate(subject.recipes):
        build = subject.builds[number]
        stage = recipe.stage(build.target)
        if stage is None or subject.outside or not (subject.told or not build.said):
            continue
        wanted += 1
        image = subject.image(number, stage)
        container = container_of(image, subject.contexts[number], recipe, stage, build)
        servers = [each for each, _ in started(image, container) if each.server]
        every = (*_judged(subject, image, container), *health(subject, recipe, stage, image, servers))
        for diagnostic in every:
            found[diagnostic] = found.get(diagnostic, 0) + 1
    # Where the context is a guess, only what is wrong with every guess is wrong.
    yield from (diagnostic for diagnostic, count in found.items() if subject.builds[0].said or count == wanted)


def container_of(image: Image, sources: Sources, recipe: Recipe, stage: Stage, build: Build | None = None) -> Container:
    """The container that an image makes; folders on which a deployment mounts something are not known."""
    contents = Contents.of(image, sources, build.mounts if build is not None else ())
    steps = [each for known in recipe.lineage(stage) for each in known.instructions]
    commands = [words for each in steps if each.keyword == "RUN" for words in commands_of(each)]
    modes = [" ".join(words) for words in commands if words[0] in ("chmod", "install")]
    modes += [each.value for each in steps if each.keyword in ("COPY", "ADD") and "chmod" in each.flags]
    packed = any(_BUILDING.search(each.value) for known in recipe.stages for each in known.instructions)
    installed = any(each.brings_code or (each.local and packed and not each.bare) for each in image.installed)
    # What a Makefile installs is not followed: mostly it is the project.
    installed = installed or any(words[0] == "make" and "install" in " ".join(words) for words in commands)
    packages = packages_of(image, contents)
    every = (each.value for known in recipe.stages for each in known.instructions)
    installing = [value for value in every if _INSTALLING.search(value)]
    return Container(
        contents,
        image.workdir,
        image.variables,
        packages,
        installed,
        " ".join(modes),
        installing="\n".join(installing),
        packed=_packed(image, recipe, sources) if installed and not packed else None,
    )


def _packed(image: Image, recipe: Recipe, sources: Sources) -> tuple[tuple[Contents, str], ...] | None:
    """What lay in the image when pip installed the project; None for what reads the project later, as `-e` does."""
    lines = {each.line for each in image.installed if each.project}
    there: dict[int, tuple[Contents, str]] = {}

    def watch(each: Instruction, seen: Image) -> None:
        named = re.search(r"pip\d*\s+install\b", each.value) and not re.search(r"\s(-e|--editable)\b", each.value)
        fixed = named and not re.search(r"(^|[;&]\s*)cd\s", each.value)
        if each.line in lines and fixed and seen.workdir is not None and "mount" not in each.flags:
            there[each.line] = (Contents.of(seen, sources), seen.workdir)

    for stage in recipe.stages:
        image_of(recipe, stage, sources, watch=watch)
    return tuple(there.values()) if set(there) == lines and lines else None


def started(image: Image, container: Container) -> list[tuple[Running, str]]:
    """What the image starts, each with the instruction that says so."""
    entrypoint, command = image.entrypoint or (), image.command or ()
    first = running(entrypoint, container.variables, container.workdir)
    if not entrypoint:
        return [(each, "command") for each in running(command, container.variables, container.workdir)]
    if _hands_on(entrypoint, first):
        # One word with spaces in it is no program: the script takes it apart.
        handed = () if command and " " in command[0].strip() else command
        second = running(handed, container.variables, container.workdir)
        return [(each, "entrypoint") for each in first] + [(each, "command") for each in second]
    if _is_shell(entrypoint):
        return [(each, "entrypoint") for each in first]
    whole = running((*entrypoint, *command), container.variables, container.workdir)
    return [(each, "entrypoint" if not command else "command") for each in whole]


def _hands_on(entrypoint: tuple[str, ...], first: list[Running]) -> bool:
    """Whether the entrypoint is a script, which starts what CMD says."""
    script = len(first) == 1 and (first[0].path.endswith(".sh") or (first[0].program in SHELLS and first[0].file))
    return bool(script) or entrypoint[0].rpartition("/")[2].endswith(("entrypoint", "entrypoint.sh"))


def _is_shell(entrypoint: tuple[str, ...]) -> bool:
    return entrypoint[0].rpartition("/")[2] in SHELLS and len(entrypoint) > 1 and entrypoint[1].endswith("c")


def _judged(subject: Subject, image: Image, container: Container) -> Iterator[Diagnostic]:
    every = started(image, container)
    for each, said_by in every:
        line = image.lines.get(said_by) or image.lines.get("entrypoint") or 1
        for problem in problems(each, container):
            yield _diagnostic(subject, line, problem)
        if "--reload" in each.words and each.server:
            message = "`--reload` watches for changes, which an image never has: it costs processor time and a process"
            yield subject.warning("reload", line, message, "leave `--reload` to the Compose file of a developer")
    servers = [(each, said_by) for each, said_by in every if each.server]
    if len(servers) == 1:
        each, said_by = servers[0]
        yield from _listening(subject, image, each, image.lines.get(said_by) or 1)


def _diagnostic(subject: Subject, line: int, problem: Problem) -> Diagnostic:
    return subject.found(problem.rule, line, problem.message, problem.hint, problem.severity)


def _listening(subject: Subject, image: Image, each: Running, line: int) -> Iterator[Diagnostic]:
    exposed = sorted(image.exposed)
    if each.port is not None and exposed and each.port not in exposed:
        sure = each.said and len(exposed) == 1
        listed = ", ".join(f"`{port}`" for port in exposed)
        by_itself = "" if each.said else ", where it listens when nothing is said"
        message = f"`{each.program}` listens on port `{each.port}`{by_itself}, and the image exposes {listed}"
        where = image.exposed[exposed[0]]
        found = subject.found(
            "port-mismatch", where, message, f"write `EXPOSE {each.port}`, or change line {line}",
            Severity.ERROR if sure else Severity.WARNING,
        )  # fmt: skip
        yield found
    shared = any(build.shared for build in subject.builds)
    if each.host in LOOPBACK and not shared and (exposed or _is_published(subject)):
        named = "--host" in each.words or "-b" in each.words or "--bind" in each.words
        why = "" if named else f" (`{each.program}` does so where nothing is said)"
        message = f"`{each.program}` listens on `{each.host}`{why}: inside a container nobody else reaches that"
        hint = "add `--bind 0.0.0.0:PORT`" if each.program in ("gunicorn", "hypercorn") else "add `--host 0.0.0.0`"
        yield subject.error("loopback", line, message, hint)


def _is_published(subject: Subject) -> bool:
    return any(build.published for build in subject.builds)
