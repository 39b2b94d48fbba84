"""Servers that only their own container reaches, though others are to: by their command, or by their configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.deploy.compose.mounted import files_at, mounted, text_of
from checks.deploy.compose.places import shown
from checks.deploy.compose.references import references
from checks.deploy.compose.services import hosts, image_of, known_of, networks, published, sharers, started, words
from checks.deploy.compose.system import System, remembered
from checks.deploy.compose.traefik import asked_by_traefik
from checks.deploy.compose.upstreams import asked_by_nginx
from checks.deploy.dockerfile.commanding import LOOPBACK
from checks.model import Diagnostic, Severity

_LOCAL = r"(?:-?(?:127\.0\.0\.1|::1)|localhost)"
_ONLY_LOCAL = re.compile(rf"['\"]?{_LOCAL}(?:[\s,]+{_LOCAL})*['\"]?")


@dataclass(frozen=True, slots=True)
class _Binding:
    """Where a server is told which addresses to listen on: in options of its command, in lines of its files."""

    options: str
    folders: tuple[str, ...]
    line: str


_BINDINGS = {
    "redis": _Binding(r"--bind\s+((?:[\d.:*-][\d.:]*\s*)+)", ("/usr/local/etc", "/etc/redis", "/redis", "/conf",
                      "/data", "/redis.conf"), r"bind\s+(.+)"),
    "postgres": _Binding(r"listen_addresses\s*=\s*(\S+)", ("/etc/postgresql", "/etc/postgresql.conf"),
                         r"listen_addresses\s*=\s*('[^']*')"),
    "mysql": _Binding(r"--bind[-_]address[= ](\S+)", ("/etc/mysql", "/etc/my.cnf"), r"bind[-_]address\s*=\s*(\S+)"),
    "mongo": _Binding(r"--bind_ip[= ](\S+)", ("/etc/mongo", "/etc/mongod.conf"), r"bindIp:\s*(\S+)"),
}  # fmt: skip
"""By kind of image. A bare `bind` of several lines, and a file that no command names, are not judged."""


@remembered
def asked_for(system: System) -> set[str]:
    """The services that others address."""
    known = hosts(system)
    every = (*references(system), *mounted(system))
    asked = {known[each.host] for each in every if each.host in known and known[each.host] != each.service}
    return asked | asked_by_nginx(system) | asked_by_traefik(system)


def loopbacks(system: System) -> Iterator[Diagnostic]:
    """Servers that only their own container reaches, though others are to."""
    wanted = asked_for(system)
    for name in system.services:
        servers = [each for each in started(system, name) if each.server and each.host in LOOPBACK]
        if not servers or not (published(system, name) or name in wanted):
            continue
        if networks(system, name) is None or len(sharers(system, name)) > 1:
            continue
        each = servers[0]
        named = any(option in each.words for option in ("--host", "-b", "--bind"))
        why = "" if named else f" (`{each.program}` does so where nothing is said)"
        message = f"`{each.program}` listens on `{each.host}`{why}: nobody outside its container reaches that"
        key = "command" if words(system, name, "command") else "ports"
        hint = "add `--bind 0.0.0.0:PORT`" if each.program in ("gunicorn", "hypercorn") else "add `--host 0.0.0.0`"
        yield system.places.diagnostic("loopback", ("services", name, key), message, hint)


def development_servers(system: System) -> Iterator[Diagnostic]:
    """Temporal's server for developers, which others are to reach: it listens on the loopback unless told."""
    wanted = asked_for(system)
    for name in system.services:
        given = (*(words(system, name, "entrypoint") or ()), *(words(system, name, "command") or ()))
        line = " ".join(given)
        if "server start-dev" not in line or "--ip" in line or not (published(system, name) or name in wanted):
            continue
        temporal = image_of(system, name)[0].startswith("temporalio/") or re.search(r"\btemporal\s+server\b", line)
        if temporal and networks(system, name) is not None and len(sharers(system, name)) < 2:
            message = "`temporal server start-dev` listens on `127.0.0.1`: nobody outside its container reaches that"
            yield system.places.diagnostic("loopback", ("services", name, "command"), message, "add `--ip 0.0.0.0`")


def configured_loopbacks(system: System) -> Iterator[Diagnostic]:
    """Servers whose own options or files let nobody in from another container."""
    wanted = asked_for(system)
    for name in system.services:
        if not (published(system, name) or name in wanted):
            continue
        if networks(system, name) is None or len(sharers(system, name)) > 1:
            continue
        known = known_of(system, name)
        if known is not None and known.kind in _BINDINGS:
            yield from _bound(system, name, _BINDINGS[known.kind])
        elif image_of(system, name)[0] == "eclipse-mosquitto":
            yield from _mosquitto(system, name)


def _bound(system: System, name: str, binding: _Binding) -> Iterator[Diagnostic]:
    command = " ".join((*(words(system, name, "entrypoint") or ()), *(words(system, name, "command") or ())))
    said = re.search(binding.options, command)
    if said is not None:
        if _ONLY_LOCAL.fullmatch(said[1].strip()):
            file, line = system.places.find(("services", name, "command"))
            yield _closed(name, said[1].strip(), file, line)
        return
    for folder in binding.folders:
        for config in files_at(system, name, folder, (".conf", ".cnf", ".yaml", ".yml")):
            if binding is not _BINDINGS["mysql"] and config.name not in command:
                continue  # only MySQL reads what lies in its folder by itself
            text = text_of(config)
            lines = list(re.finditer(rf"^[ \t]*{binding.line}", text, re.MULTILINE))
            value = lines[-1][1].partition("#")[0].strip() if lines else ""
            if lines and _ONLY_LOCAL.fullmatch(value):
                number = text.count("\n", 0, lines[-1].start(1)) + 1
                yield _closed(name, value, shown(config, system.root), number)


def _closed(name: str, value: str, file: str, line: int | None) -> Diagnostic:
    bare = value.strip("'\"")
    message = f"`{name}` listens on `{bare}`: nobody outside its container reaches that"
    hint = "let it listen on every address: only what is published is reached from outside"
    return Diagnostic("compose.loopback", Severity.ERROR, message, file, line, hint=hint)


def _mosquitto(system: System, name: str) -> Iterator[Diagnostic]:
    """Since version 2 Mosquitto without a listener answers its own machine only."""
    tag = image_of(system, name)[1]
    command = " ".join(words(system, name, "command") or ())
    if (tag and not re.match(r"2(?!\d)|latest|openssl", tag)) or (
        "-c" in command and "/config/mosquitto.conf" not in command
    ):
        return
    for config in files_at(system, name, "/mosquitto/config", (".conf",)):
        text = text_of(config)
        listeners = re.findall(r"^[ \t]*(?:listener|port|bind_address|include_dir)\b[ \t]*(.*)", text, re.MULTILINE)
        local = [rest for rest in listeners if re.search(rf"(?<!\S){_LOCAL}(?!\S)", rest)]
        if config.name == "mosquitto.conf" and len(local) == len(listeners):
            message = f"Mosquitto of `{name}` answers its own container only, as its configuration names no `listener`"
            where = shown(config, system.root)
            yield Diagnostic("compose.loopback", Severity.ERROR, message, where, 1, hint="add `listener 1883`")
