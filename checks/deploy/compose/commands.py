"""What services start: their commands and healthchecks, and whether what these need is in the container."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.commands import simple_commands
from checks.deploy.compose.containers import Told, container_of, started_by
from checks.deploy.compose.known import lacking
from checks.deploy.compose.listening import listening
from checks.deploy.compose.services import (
    image_of,
    known_of,
    published,
    words,
)
from checks.deploy.compose.system import System
from checks.deploy.dockerfile.health import LOCAL_PORT
from checks.deploy.dockerfile.starting import problems
from checks.model import Diagnostic, Severity

_OPERATORS = frozenset({"&&", "||", ";", "|", ">", ">>", "&"})


def commands(system: System) -> Iterator[Diagnostic]:
    """Commands that Compose cuts off, and those that start what is not there."""
    for name in system.services:
        for key in ("command", "entrypoint"):
            yield from _cut(system, name, key)
        told = container_of(system, name)
        if told is not None and (words(system, name, "command") or words(system, name, "entrypoint")):
            yield from _started(system, name, told)


def _cut(system: System, name: str, key: str) -> Iterator[Diagnostic]:
    """A text is split into words by Compose, not by a shell: what stands behind an operator is lost."""
    text = system.written.get(name, {}).get(key)
    if not isinstance(text, str):
        return
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars="&|;<>")
        lexer.whitespace_split = True
        lexer.commenters = ""
        operator = next((token for token in lexer if token in _OPERATORS), None)
    except ValueError:
        return
    if operator is not None:
        message = f"no shell reads this `{key}`: what stands behind `{operator}` is dropped"
        hint = f'write `{key}: ["sh", "-c", "..."]`'
        yield system.places.diagnostic("no-shell", ("services", name, key), message, hint)


def _started(system: System, name: str, told: Told) -> Iterator[Diagnostic]:
    key = "command" if words(system, name, "command") else "entrypoint"
    place = ("services", name, key)
    unknown_start = told.image.entrypoint is None and "/" in told.image.loose
    for each in started_by(told, words(system, name, "entrypoint"), words(system, name, "command")):
        if unknown_start and " " in each.path and words(system, name, "entrypoint") is None:
            continue  # a text for the shell that an image from elsewhere starts
        for problem in problems(each, told.container):
            yield system.places.diagnostic(problem.rule, place, problem.message, problem.hint, problem.severity)


def container_ports(system: System) -> Iterator[Diagnostic]:
    """Ports that are published, and behind which nobody listens."""
    for name in system.services:
        where = listening(system, name)
        if where is None:
            continue
        ports = system.services[name].get("ports") or []
        for index, (target, host) in enumerate(published(system, name)):
            if target in where.ports | where.may or str(ports[index].get("protocol") or "tcp") != "tcp":
                continue
            file, line = system.places.find_item(("services", name, "ports"), index, len(ports))
            message = f"port `{target}` of `{name}` is published, and {where.because}"
            right = f"{host}:{min(where.ports)}" if host else str(min(where.ports))
            severity = Severity.ERROR if len(ports) == 1 or known_of(system, name) else Severity.WARNING
            yield Diagnostic("compose.wrong-port", severity, message, file, line, hint=f"write `{right}`")


def healthchecks(system: System) -> Iterator[Diagnostic]:
    """Healthchecks that can never succeed: their program is not there, or they ask another port."""
    for name, service in system.services.items():
        test = (service.get("healthcheck") or {}).get("test")
        listed = [test] if isinstance(test, str) else [str(word) for word in test or []]
        if not listed or listed[0] == "NONE":
            continue
        shell = isinstance(test, str) or listed[0] == "CMD-SHELL"
        text = listed[-1] if shell else ""
        own = tuple(listed[1:]) if not shell else ()
        yield from _test_form(system, name, own)
        yield from _test_program(system, name, own, text)
        yield from _test_port(system, name, " ".join((*own, text)))


def _test_form(system: System, name: str, own: tuple[str, ...]) -> Iterator[Diagnostic]:
    operator = next((word for word in own if word in _OPERATORS), None)
    place = ("services", name, "healthcheck", "test")
    if operator is not None and own[0] not in ("sh", "bash", "/bin/sh", "/bin/bash"):
        message = f"`{operator}` is an argument of `{own[0]}` here: `CMD` starts no shell"
        yield system.places.diagnostic("no-shell", place, message, "write `CMD-SHELL` and the command as one text")
    elif len(own) == 1 and " " in own[0].strip():
        message = f"`{own[0]}` is one word here: no program has that name"
        yield system.places.diagnostic("no-shell", place, message, "write `CMD-SHELL`, or each word by itself")


def _test_program(system: System, name: str, own: tuple[str, ...], text: str) -> Iterator[Diagnostic]:
    asked = [own[0]] if own else _needed(text)
    lacks, image = _lacks(system, name)
    for program in asked:
        if program in lacks:
            message = f"the healthcheck needs `{program}`, which image `{image}` does not have"
            hint = _instead(program, image)
            yield system.places.diagnostic("missing-program", ("services", name, "healthcheck", "test"), message, hint)


def _needed(text: str) -> list[str]:
    """The programs without which a test cannot succeed: those before the first alternative."""
    needed: list[str] = []
    for simple in simple_commands(text):
        if simple.followed_by == "||" and needed:
            break
        needed.append(simple.words[0])
        if simple.followed_by not in ("|", "&&"):
            break
    return needed


def _instead(program: str, image: str) -> str:
    if program == "mongo":
        return "write `mongosh`, which took its place"
    if program.startswith("mysql") and "mariadb" in image:
        return "write `healthcheck.sh --connect --innodb_initialized`, or `mariadb-admin ping`"
    if "python" in image:
        return "ask with Python: `python -c \"import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health')\"`"
    if "postgres" in image:
        return "write `pg_isready`"
    return f"install `{program}` in the image, or ask with a program that it has"


def _lacks(system: System, name: str) -> tuple[frozenset[str], str]:
    """The programs that a service's image lacks; of an image that is built here, those nobody installs."""
    image, tag = image_of(system, name)
    if image:
        return lacking(image, tag), f"{image}:{tag}" if tag else image
    told = container_of(system, name)
    if told is None or not isinstance(system.services[name].get("build"), dict):
        return frozenset(), ""
    return told.lacks, told.base


def _test_port(system: System, name: str, text: str) -> Iterator[Diagnostic]:
    asked = {int(port) for port in LOCAL_PORT.findall(text)}
    where = listening(system, name)
    if not asked or where is None or asked & (where.ports | where.may):
        return
    on_host = asked & {host for _, host in published(system, name)}
    if not where.said and not on_host:
        return
    port = min(asked)
    also = " (it is the port on the host)" if port in on_host else ""
    message = f"the healthcheck asks port `{port}`{also}, and {where.because}"
    place = ("services", name, "healthcheck", "test")
    yield system.places.diagnostic("wrong-port", place, message, f"ask port `{min(where.ports)}`")
