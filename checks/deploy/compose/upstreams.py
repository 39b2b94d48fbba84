"""The services that a mounted nginx configuration hands requests on to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from checks.deploy.compose.places import shown
from checks.deploy.compose.services import hosts, listening, networks, own_names, published
from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity

SIZE_LIMIT = 256 * 1024
_PASSED = re.compile(
    r"^\s*(?:(?:proxy|grpc|uwsgi|fastcgi)_pass\s+(?:https?://|grpcs?://|uwsgi://)?|server\s+)"
    r"(?P<host>[A-Za-z][\w-]*)(?::(?P<port>\d+))?(?=[/;\s])",
    re.MULTILINE,
)


def upstreams(system: System) -> Iterator[Diagnostic]:
    """nginx does not start where a host of its configuration is not found."""
    for name, service in system.services.items():
        for mount in service.get("volumes") or []:
            source = Path(str(mount.get("source") or ""))
            inside = mount.get("type") == "bind" and str(mount.get("target")).startswith("/etc/nginx")
            if inside and system.inside(source):
                for file in sorted(source.rglob("*.conf")) if source.is_dir() else [source]:
                    yield from _of_file(system, name, file)


def _of_file(system: System, name: str, file: Path) -> Iterator[Diagnostic]:
    if not file.is_file() or file.stat().st_size > SIZE_LIMIT:
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    known = {**hosts(system), **{each.lower(): each for each in system.written}}
    groups = set(re.findall(r"^\s*upstream\s+([\w.-]+)", text, re.MULTILINE))
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
        elif known.get(host) in system.services:
            yield from _port(system, known[host], int(match["port"] or 80), where, line)


def _port(system: System, name: str, port: int, file: str, line: int) -> Iterator[Diagnostic]:
    there = listening(system, name)
    on_host = [target for target, host in published(system, name) if host == port and target != port]
    if there is not None and port not in there.ports | there.may and (there.said or on_host):
        message = f"nginx asks `{name}` on port `{port}`, and {there.because}"
        hint = f"write `{name}:{min(there.ports)}`"
        yield Diagnostic("compose.wrong-port", Severity.ERROR, message, file, line, hint=hint)
