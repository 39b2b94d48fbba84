"""What no builder can read, whatever lies around the Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

from checks.deploy.dockerfile.image import copies
from checks.deploy.dockerfile.instructions import KEYWORDS, Instruction, assignments
from checks.deploy.dockerfile.subject import Subject
from checks.model import Diagnostic

FLAGS = {
    "COPY": frozenset({"from", "chown", "chmod", "link", "parents", "exclude"}),
    "ADD": frozenset({"chown", "chmod", "link", "keep-git-dir", "checksum", "exclude", "unpack"}),
    "FROM": frozenset({"platform"}),
    "HEALTHCHECK": frozenset({"interval", "timeout", "start-period", "start-interval", "retries"}),
    "RUN": frozenset({"mount", "network", "security", "device"}),
}


def syntax(subject: Subject) -> Iterator[Diagnostic]:
    """Everything that stops the builder before it builds."""
    recipe = subject.recipe
    for fault in recipe.faults:
        yield subject.error(fault.rule, fault.line, fault.message, fault.hint)
    if not recipe.stages and not any(_unknown(subject, each) for each in recipe.before):
        yield subject.error("no-stage", 1, "there is no `FROM`: no image is built", "begin with `FROM image:tag`")
    for each in recipe.before:
        yield from _instruction(subject, each)
        if each.keyword in KEYWORDS - {"ARG"} and recipe.stages:
            yield subject.error("no-stage", each, f"`{each.keyword}` stands before the first `FROM`")
    for stage in recipe.stages:
        yield from _instruction(subject, stage.start)
        for each in stage.instructions:
            yield from _instruction(subject, each)


def _instruction(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    unknown = _unknown(subject, each)
    if unknown is not None:
        yield unknown
        return
    if not each.value and not each.heredocs:
        yield subject.error("unreadable", each, f"`{each.keyword}` has nothing behind it")
        return
    for flag in each.flags:
        if flag not in FLAGS.get(each.keyword, {flag}):
            near = get_close_matches(flag, FLAGS[each.keyword], 1)
            hint = f"write `--{near[0]}`" if near else None
            yield subject.error("unreadable", each, f"`{each.keyword}` knows no option `--{flag}`", hint)
    judge = _JUDGES.get(each.keyword)
    if judge is not None:
        yield from judge(subject, each)


def _unknown(subject: Subject, each: Instruction) -> Diagnostic | None:
    if each.keyword in KEYWORDS:
        return None
    near = get_close_matches(each.keyword, sorted(KEYWORDS), 1)
    hint = f"write `{near[0]}`" if near else "join it to the line above with `\\` where it continues that line"
    return subject.error("unknown-instruction", each, f"there is no instruction `{each.keyword}`", hint)


def _from(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    words = each.value.split()
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):
        yield subject.error("unreadable", each, f"`FROM {each.value}` is not of the form `FROM image [AS name]`")
    elif len(words) == 3 and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", words[2]) and "$" not in words[2]:
        yield subject.error("unreadable", each, f"`{words[2]}` is no name for a stage: it must begin with a letter")


def _copy(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    if copies(each, {}) is None:
        message = f"`{each.keyword}` needs at least one source and a target"
        yield subject.error("unreadable", each, message, f"write `{each.keyword} {each.value or 'source'} ./`")


def _expose(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    for word in each.value.split():
        number, _, protocol = word.partition("/")
        numbers = number.split("-")
        if "$" in word:
            continue
        if ":" in number:
            message = f"`EXPOSE {word}` names two ports: the host's port is chosen when the container is started"
            yield subject.error("unreadable", each, message, f"write `EXPOSE {word.rpartition(':')[2]}`")
        elif not all(part.isdecimal() and 0 < int(part) <= 65535 for part in numbers) or len(numbers) > 2:
            yield subject.error("unreadable", each, f"`{word}` is no port from 1 to 65535")
        elif protocol and protocol.lower() not in ("tcp", "udp", "sctp"):
            yield subject.error("unreadable", each, f"`{word}` has an unknown protocol: tcp, udp and sctp are known")


def _environment(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    pairs = list(assignments(each.value))
    bad = next((name for name, text in pairs if text is None or not name), None)
    if bad is not None:
        message = f"`{each.keyword}` needs `NAME=value`, and `{bad}` has no value"
        yield subject.error("unreadable", each, message, f'write `{each.keyword} {bad}=""` where it is to be empty')


def _command(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    if each.value.startswith("[") and each.words is None:
        quotes = "'" in each.value and '"' not in each.value
        why = "single quotes are no JSON" if quotes else "this is no JSON list of texts"
        message = f"`{each.keyword} {each.value}` is not in the JSON form ({why}), so the shell gets it as it stands"
        right = each.value.replace("'", '"') if quotes else '["program", "argument"]'
        yield subject.error("malformed-list", each, message, f"write `{each.keyword} {right}`")
    elif each.words == ():
        return
    elif each.words and " " in each.words[0].strip() and len(each.words) == 1 and not _is_handed_on(subject, each):
        message = f"`{each.words[0]}` is one word here: no program has that name"
        right = ", ".join(f'"{word}"' for word in each.words[0].split())
        yield subject.error("malformed-list", each, message, f"write `{each.keyword} [{right}]`")


def _is_handed_on(subject: Subject, each: Instruction) -> bool:
    """Whether what CMD says is an argument of an ENTRYPOINT, which may take it apart."""
    steps = (step for stage in subject.recipe.stages for step in stage.instructions)
    return each.keyword == "CMD" and any(step.keyword == "ENTRYPOINT" for step in steps)


def _shell(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    if each.words is None:
        yield subject.error("unreadable", each, "`SHELL` needs the JSON form", 'write `SHELL ["/bin/bash", "-c"]`')


def _healthcheck(subject: Subject, each: Instruction) -> Iterator[Diagnostic]:
    head = each.value.split(maxsplit=1)[0].upper()
    if head not in ("CMD", "NONE"):
        message = f"`HEALTHCHECK` needs `CMD` or `NONE` behind its options, not `{head.lower()}`"
        yield subject.error("unreadable", each, message, f"write `HEALTHCHECK CMD {each.value}`")


_JUDGES: dict[str, Callable[[Subject, Any], Iterator[Diagnostic]]] = {
    "FROM": _from,
    "COPY": _copy,
    "ADD": _copy,
    "EXPOSE": _expose,
    "ENV": _environment,
    "CMD": _command,
    "ENTRYPOINT": _command,
    "SHELL": _shell,
    "HEALTHCHECK": _healthcheck,
}
