"""Addresses that lead to a service, and still not to an answer: another protocol, no name, a profile that is off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.compose.databases import SCANNED_BYTES
from checks.deploy.compose.listening import consoles
from checks.deploy.compose.references import Reference
from checks.deploy.compose.services import found_at, image_of, known_of, own_names, settings, words
from checks.deploy.compose.system import System
from checks.discovery import project_files
from checks.model import Diagnostic, Severity

_STORAGE = re.compile(r"(?:^|_)S3(?:_|$)|AWS_ENDPOINT|BOTO|MINIO_(?:ENDPOINT|URL|SERVER|HOST|API)|OBJECT_STOR")
_NAMELESS = frozenset({"host", "none", "bridge"})
_TEXTS = (".md", ".rst", ".txt", ".sh", ".yml", ".yaml", "Makefile", "justfile", ".env", ".env.example")


def other_protocol(system: System, each: Reference, name: str) -> Iterator[Diagnostic]:
    """A port on which the service listens, for other clients than the one that asks."""
    known = known_of(system, name)
    if known is None or each.port is None or not each.said:
        return
    answers = known.answers(each.scheme)
    repo = image_of(system, name)[0]
    if answers and each.port not in answers:
        message = f"`{each.setting.name}` speaks `{each.scheme}` to port `{each.port}` of `{name}`, and image `{repo}` "
        message += f"does so on {', '.join(f'`{port}`' for port in answers)}"
        yield found_at(each.setting, "wrong-port", message, f"write `{each.host}:{answers[0]}`")
    elif known.kind == "minio" and _STORAGE.search(each.setting.name) and each.port not in known.ports:
        command = words(system, name, "command") or ()
        if each.port in consoles(command):
            message = (
                f"`{each.setting.name}` asks `{name}` on port `{each.port}`, where MinIO has its console for people"
            )
            yield found_at(each.setting, "wrong-port", message, f"write `{each.host}:9000`")
    if known.kind == "elasticsearch" and each.scheme == "http" and each.port == 9200:
        yield from _encrypted(system, each, name)


def _encrypted(system: System, each: Reference, name: str) -> Iterator[Diagnostic]:
    """Elasticsearch 8 and later make certificates for themselves where nobody says anything of security."""
    said = {key.lower().removeprefix("es_setting_").replace("__", "_").replace("_", "."): value
            for key, value in settings(system, name).items()}  # fmt: skip
    newer = re.match(r"(\d+)\.", image_of(system, name)[1])
    told = any(key.startswith(("xpack.security", "cluster.initial", "discovery.seed")) for key in said)
    command = words(system, name, "command")
    if newer is None or int(newer[1]) < 8 or told or command is not None:
        return
    alone = said.get("discovery.type")
    sure = alone is not None and alone.value == "single-node"
    message = (
        f"`{each.setting.name}` asks `{name}` without encryption, and Elasticsearch {newer[1]} answers `https` only"
    )
    hint = (
        "write `https://` and hand on its certificate, or set `xpack.security.enabled=false` for a developer's machine"
    )
    yield found_at(each.setting, "wrong-scheme", message, hint, Severity.ERROR if sure else Severity.WARNING)


def nameless(system: System, each: Reference, name: str) -> bool:
    """Whether the asking service, or the one that is asked, is in a network without names of services."""
    ours, theirs = (str(system.services[one].get("network_mode") or "") for one in (each.service, name))
    if not ({ours, theirs} & _NAMELESS) or name == each.service or each.outward or not each.certain:
        return False
    if each.host in set(own_names(system, each.service)):
        return False
    return bool(each.scheme or each.said or ours in _NAMELESS)


def profile_off(system: System, each: Reference, name: str) -> Iterator[Diagnostic]:
    """An address of a service that is only there with a profile nobody speaks of."""
    profiles = [str(profile) for profile in system.written[name].get("profiles") or []]
    asking = system.services[each.service].get("profiles")
    if asking or not profiles or each.outward or not each.certain or not (each.scheme or each.said):
        return
    if _is_told(system, profiles):
        return
    message = f"`{each.setting.name}` names `{name}`, which is only there with the profile `{profiles[0]}`"
    hint = f"set `COMPOSE_PROFILES={profiles[0]}` in `.env`, or take the profile away"
    yield found_at(each.setting, "inactive-service", message, hint, Severity.WARNING)


def _is_told(system: System, profiles: list[str]) -> bool:
    wanted = re.compile("|".join(rf"--profile[= ]{re.escape(one)}|COMPOSE_PROFILES" for one in profiles).encode())
    files = [*(name for name in project_files(system.root) if name.endswith(_TEXTS)), ".env", ".env.example"]
    paths = (system.root / name for name in files)
    return any(wanted.search(path.read_bytes()[:SCANNED_BYTES]) for path in paths if path.is_file())
