"""The services that a mounted nginx configuration hands requests on to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from checks.deploy.compose.listening import listening
from checks.deploy.compose.mounted import files_at, text_of
from checks.deploy.compose.places import shown
from checks.deploy.compose.services import hosts, networks, own_names, published
from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity

_PASSED = re.compile(
    r"^\s*(?:(?:proxy|grpc|uwsgi|fastcgi)_pass\s+(?:https?://|grpcs?://|uwsgi://)?|server\s+)"
    r"(?P<host>[A-Za-z][\w-]*)(?::(?P<port>\d+))?(?=[/;\s])",
    re.MULTILINE,
)


def upstreams(system: System) -> Iterator[Diagnostic]:
    """nginx does not start where a host of its configuration is not found."""
    every = list(configurations(system))
    groups = {name: set[str]() for name, _ in every}
    for name, file in every:
        groups[name] |= set(re.findall(r"^\s*upstream\s+([\w.-]+)", text_of(file), re.MULTILINE))
    for name, file in every:
        yield from _of_file(system, name, file, groups[name])


def asked_by_nginx(system: System) -> set[str]:
    """The services that some nginx hands requests on to."""
    known = hosts(system)
    texts = [text_of(file) for _, file in configurations(system)]
    return {
        known[host] for text in texts for match in _PASSED.finditer(text) if (host := match["host"].lower()) in known
    }


def configurations(system: System) -> Iterator[tuple[str, Path]]:
    """The files of the project that are mounted as a service's nginx configuration."""
    for name in system.services:
        for file in files_at(system, name, "/etc/nginx", (".conf", ".template")):
            yield name, file


def _of_file(system: System, name: str, file: Path, groups: set[str]) -> Iterator[Diagnostic]:
    """What one file hands on; `groups` are the names that `upstream` gives in any file, which go before services."""
    text = text_of(file)
    known = {**hosts(system), **{each.lower(): each for each in system.written}}
    outside = {"localhost", *own_names(system, name)} | groups
    if networks(system, name) is None:
        return
    for match in _PASSED.finditer(text):
        host, line = match["host"].lower(), text.count("\n", 0, match.start("host")) + 1
        where = shown(file, system.root)
        if host not in known and match["host"] not in outside:
            near = get_close_matches(host, known, 1) or sorted(known)
            message = f"nginx of `{name}` hands requests on to `{match['host']}`, and no service is called so"
            yield Diagnostic("compose.unknown-host", Severity.ERROR, message, where, line, hint=f"write `{near[0]}`")
        elif known.get(host) in system.services and (match["port"] or match["host"] not in groups):
            port = int(match["port"] or (443 if "https://" in match[0] else 80))
            yield from _port(system, known[host], port, where, line)


def _port(system: System, name: str, port: int, file: str, line: int) -> Iterator[Diagnostic]:
    there = listening(system, name)
    on_host = [target for target, host in published(system, name) if host == port and target != port]
    if there is not None and port not in there.ports | there.may and (there.said or on_host):
        message = f"nginx asks `{name}` on port `{port}`, and {there.because}"
        hint = f"write `{name}:{min(there.ports)}`"
        yield Diagnostic("compose.wrong-port", Severity.ERROR, message, file, line, hint=hint)
