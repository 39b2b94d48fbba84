"""Images that are built for services: they can be built, and what they start by themselves is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from checks.deploy.compose.system import System
from checks.deploy.dockerfile.builds import Build, build_of
from checks.deploy.dockerfile.check import judged
from checks.deploy.dockerfile.reading import read_text
from checks.deploy.dockerfile.subject import Subject
from checks.model import Diagnostic, Severity

# Said by rules of our own, which know the whole system, or no reason to fail.
_ELSEWHERE = frozenset({"dockerfile.loopback", "dockerfile.port-mismatch"})
_OF_COMMAND = frozenset(
    f"dockerfile.{name}"
    for name in ("missing-attribute", "missing-module", "missing-program", "missing-script", "no-shebang", "no-shell",
                 "not-executable", "windows-line-ends")
)  # fmt: skip
_SECRET = re.compile(r"^(?!\s*#).*?--mount=(\S*\btype=secret\b\S*)", re.MULTILINE)


def built(system: System) -> Iterator[Diagnostic]:
    """What keeps an image from being built, or from starting by what it says itself."""
    said: set[tuple[str | None, int | None, str]] = set()
    for name in system.services:
        for found in _of_service(system, name):
            if (found.file, found.line, found.message) not in said:
                said.add((found.file, found.line, found.message))
                message = f"{found.message}; service `{name}` is built from it"
                yield found._replace(rule="compose.broken-image", message=message)


def _of_service(system: System, name: str) -> Iterator[Diagnostic]:
    build = build_of(system, name)
    text = read_text(build.dockerfile) if build is not None else None
    if build is None or text is None:
        return
    service = system.services[name]
    told_otherwise = service.get("command") is not None or service.get("entrypoint") is not None
    for found in _judged_once(system, build, text):
        passed_over = found.rule in _ELSEWHERE or (told_otherwise and found.rule in _OF_COMMAND)
        if found.severity is Severity.ERROR and not passed_over:
            yield found


def _judged_once(system: System, build: Build, text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a build; services are often built alike."""
    key = ("built", repr(replace(build, line=None, service=None)))
    if key not in system.memory:
        system.memory[key] = tuple(judged(Subject(build.dockerfile, system.root.resolve(), text, [build])))
    found: tuple[Diagnostic, ...] = system.memory[key]
    return found


def build_secrets(system: System) -> Iterator[Diagnostic]:
    """Secrets that a RUN asks for and the build is not given: those of the service are there at run time only."""
    for name, service in system.services.items():
        build = build_of(system, name)
        text = read_text(build.dockerfile) if build is not None else None
        if build is None or text is None:
            continue
        given = {_name(item) for item in service["build"].get("secrets") or []}
        for flag in _SECRET.findall(text):
            options = dict(part.partition("=")[::2] for part in flag.split(","))
            wanted = options.get("id") or (options.get("target") or options.get("dst") or "").rpartition("/")[2]
            if not wanted or "$" in wanted or wanted in given:
                continue
            sure = options.get("required", "false") in ("true", "")
            # What is not insisted on is only missed where the command reads its file.
            if sure or f"/run/secrets/{wanted}" in text:
                yield _not_given(system, name, wanted, sure and build.target is None)


def _name(item: object) -> str:
    return str(item.get("target") or item.get("source")) if isinstance(item, dict) else str(item)


def _not_given(system: System, name: str, wanted: str, sure: bool) -> Diagnostic:
    listed = [_name(item) for item in system.services[name].get("secrets") or []]
    while_running = "; the service has it only while it runs" if wanted in listed else ""
    message = f"the Dockerfile of `{name}` asks for the build secret `{wanted}`, which `build` is not given"
    severity = Severity.ERROR if sure else Severity.WARNING
    hint = f"add `secrets: [{wanted}]` to `build`"
    path = ("services", name, "build")
    return system.places.diagnostic("missing-build-secret", path, message + while_running, hint, severity)
