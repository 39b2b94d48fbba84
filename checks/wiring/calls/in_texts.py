"""Calls of programs in documentation, Makefiles, scripts and CI jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from checks.wiring.calls.model import Call, Origin
from checks.wiring.calls.steps import Step, is_invented
from checks.wiring.calls.wordlists import words_in
from checks.wiring.model import Kind
from checks.wiring.started import started

_INSIDE = {"exec": 1, "run": 1}
_COMPOSE_VALUED = words_in(
    "-e --env -u --user -w --workdir --index -p --publish -v --volume --name --entrypoint -l --label --env-file "
    "-f --file --profile --project-name --project-directory --env-from-file --scale --ansi --progress"
)


def calls_of(step: Step, scripts: Mapping[str, str]) -> Iterator[Call]:
    """What one step starts on this machine, or inside of a container."""
    words, folder = step.words, None if step.nested else step.folder
    inner = container_command(step)
    if inner is not None:
        words, folder = inner, None
    variables = {name: value for name, _, value in (one.partition("=") for one in step.assigned) if "$" not in value}
    for one in started(words, scripts) if words else ():
        if one.workdir is not None and not one.workdir.startswith("/"):
            folder = None
        if step.origin is Origin.README and one.kind is not Kind.WORKFLOW and any(map(_is_blank, one.arguments)):
            continue
        if folder not in (None, ".") and one.workdir is None:
            one = replace(one, workdir=folder)
        yield Call(one, step.place, step.origin, folder, variables=variables)


def _is_blank(word: str) -> bool:
    """Whether a word of an example is for the reader to fill in; a variable of the shell is only unknown."""
    return "$" not in word and is_invented(word) and not _is_json(word)


def _is_json(word: str) -> bool:
    """Whether the brackets of a word are those of JSON that can be sent as it stands."""
    if word[:1] not in ("{", "[") or "..." in word:
        return False
    try:
        json.loads(word)
    except ValueError:
        return False
    return True


def container_command(step: Step) -> tuple[str, ...] | None:
    """The command inside `docker compose exec SERVICE ...` or `kubectl exec ... -- ...`; None for anything else."""
    words = list(step.words)
    if step.program == "kubectl" and "exec" in words:
        return tuple(words[words.index("--") + 1 :]) if "--" in words else ()
    rest = compose_words(step)
    if rest is None:
        return None
    at, skip = 0, False
    verb = next((index for index, word in enumerate(rest) if word in _INSIDE), None)
    if verb is None:
        return None
    plain = 0
    for at, word in enumerate(rest[verb + 1 :], verb + 1):
        if skip:
            skip = False
        elif word.startswith("-") and plain == 0:
            skip = word in _COMPOSE_VALUED
        else:
            plain += 1
            if plain == 1:
                return tuple(rest[at + 1 :])
    return ()


def compose_words(step: Step) -> tuple[str, ...] | None:
    """The words behind `docker compose` or `docker-compose`; None for another program."""
    if step.program == "docker-compose":
        return step.words[1:]
    if step.program in ("docker", "podman") and step.words[1:2] == ("compose",):
        return step.words[2:]
    return None
