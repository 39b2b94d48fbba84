"""What works and is not what was meant: dead commands, relative folders, users that nobody made, secrets in layers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.dockerfile.image import Image, repository
from checks.deploy.dockerfile.instructions import Instruction, assignments
from checks.deploy.dockerfile.runs import commands_of, runs_script
from checks.deploy.dockerfile.stages import Stage
from checks.deploy.dockerfile.subject import Subject
from checks.model import Diagnostic

_SECRET = re.compile(r"(?:^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)(?:$|_)", re.IGNORECASE)
_NO_SECRET = re.compile(r"_(FILE|PATH|URL|HEADER|NAME|TTL|EXPIR\w*|LENGTH|ALGORITHM|TYPE|ENABLED|MINUTES|DAYS|ID)$")
# Users that the images named beside them have.
_SYSTEM_USERS = frozenset(
    {"root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data",
     "backup", "irc", "list", "gnats", "nobody", "operator", "guest", "adm", "shutdown", "halt", "ftp", "sshd", "at",
     "squid",
     "xfs", "cyrus", "vpopmail", "ntp", "smmsp", "postmaster", "cron", "_apt", "systemd-network", "messagebus"}
)  # fmt: skip
_INSTALLING = frozenset({"apk", "apt", "apt-get", "dnf", "microdnf", "yum"})
_KNOWN_BASES = frozenset({"python", "debian", "alpine"})


def remarks(subject: Subject) -> Iterator[Diagnostic]:
    """Warnings about each stage, and the users of the last one."""
    for stage in subject.recipe.stages:
        yield from _dead(subject, stage)
        for each in stage.instructions:
            if each.keyword == "WORKDIR" and not re.match(r"[\"']?(/|\$|[A-Za-z]:)", each.value):
                yield from _relative(subject, stage, each)
            elif each.keyword in ("ENV", "ARG"):
                yield from _secrets(subject, each)
        yield from _users(subject, stage)


def _dead(subject: Subject, stage: Stage) -> Iterator[Diagnostic]:
    for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        every = [each for each in stage.instructions if each.keyword == keyword]
        for each in every[:-1]:
            message = f"this `{keyword}` never counts: the one at line {every[-1].line} takes its place"
            yield subject.warning("dead-instruction", each, message, "remove it")
    entrypoint = next((each for each in reversed(stage.instructions) if each.keyword == "ENTRYPOINT"), None)
    command = next((each for each in reversed(stage.instructions) if each.keyword == "CMD"), None)
    in_shell = entrypoint is not None and entrypoint.words is None and "$@" not in entrypoint.value
    if entrypoint and command and in_shell and not entrypoint.value.startswith("["):
        message = f"this `CMD` never counts: the `ENTRYPOINT` at line {entrypoint.line} is in the shell form"
        yield subject.warning("dead-instruction", command, message, "write the `ENTRYPOINT` in the JSON form")


def _relative(subject: Subject, stage: Stage, each: Instruction) -> Iterator[Diagnostic]:
    before = stage.instructions[: stage.instructions.index(each)]
    if stage.parent is None and not any(known.keyword == "WORKDIR" for known in before):
        message = f"`WORKDIR {each.value}` is relative to a folder that the base image decides"
        yield subject.warning("relative-workdir", each, message, f"write `WORKDIR /{each.value.lstrip('./')}`")


def _secrets(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    for name, text in assignments(each.value):
        if text and "$" not in text and _SECRET.search(name) and not _NO_SECRET.search(name) and len(text) > 3:
            if text.lower() in ("true", "false", "none", "null"):
                continue
            message = f"`{name}` is written into the image, where everybody who has the image can read it"
            hint = "set it when the container is started, or use `RUN --mount=type=secret`"
            yield subject.warning("secret-in-image", each, message, hint)


def _users(subject: Subject, stage: Stage) -> Iterator[Diagnostic]:
    base = repository(subject.recipe.outer_base(stage))
    image: Image = subject.image(0, stage)
    for each in stage.instructions:
        said = each.value if each.keyword == "USER" else each.flags.get("chown", "")
        name = said.partition(":")[0].strip("\"'")
        if not name or "$" in name or name.isdecimal() or name in _SYSTEM_USERS or base not in _KNOWN_BASES:
            continue
        made = name in image.users or any(name in copied.source for copied in image.copied)
        if not made and not _mentions(subject, stage, name):
            message = f"user `{name}` is not in the image `{base}`, and nothing makes it"
            hint = f"write `RUN useradd --create-home {name}` before it"
            if base == "alpine" or "alpine" in (subject.recipe.outer_base(stage) or ""):
                hint = f"write `RUN adduser -D {name}` before it"
            yield subject.error("undefined-user", each, message, hint)


def _makes(each: Instruction, name: str) -> bool:
    """Whether a command has the name among its words, and is more than handing files to that user."""
    for words in commands_of(each):
        text = " ".join(words)
        if words[0] in _INSTALLING and name in text:  # a package may bring its user
            return True
        whole = re.search(rf"(?:^|[\s:=]){re.escape(name)}(?:[\s:=]|$)", text)
        if whole and words[0] not in ("chown", "install", "chgrp", "mkdir"):
            return True
    return False


def _mentions(subject: Subject, stage: Stage, name: str) -> bool:
    """Whether any step before could make the user: a RUN that says its name, or one that runs a script."""
    steps = [each for known in subject.recipe.lineage(stage) for each in known.instructions]
    for each in steps:
        text = each.value + " ".join(heredoc.text for heredoc in each.heredocs)
        makes = re.search(r"adduser|useradd", text) and "$" in text
        if each.keyword == "RUN" and (makes or runs_script(each) or _makes(each, name)):
            return True
        if each.keyword in ("COPY", "ADD") and "/etc/passwd" in text:
            return True
    return False
