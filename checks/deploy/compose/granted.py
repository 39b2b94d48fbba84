"""Secrets that a service reads are given to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.compose.services import Setting, known_of, settings, words
from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity

_PATH = re.compile(r"/run/secrets/([\w.-]+)")


def granted(system: System) -> Iterator[Diagnostic]:
    """Files of `/run/secrets` that a service names and that are not there."""
    for name, service in system.services.items():
        targets = [str(mount.get("target")) for mount in service.get("volumes") or []]
        if any(target.startswith(("/run/secrets", "/var/run/secrets")) or target == "/run" for target in targets):
            continue
        given = _given(service)
        for setting in _texts(system, name):
            for secret in dict.fromkeys(_PATH.findall(setting.value or "")):
                if secret not in given:
                    yield _not_given(system, name, setting, secret)


def _texts(system: System, name: str) -> Iterator[Setting]:
    yield from settings(system, name).values()
    for key in ("command", "entrypoint"):
        file, line = system.places.find(("services", name, key))
        yield Setting(key, " ".join(words(system, name, key) or ()), file, line)
    test = (system.services[name].get("healthcheck") or {}).get("test")
    file, line = system.places.find(("services", name, "healthcheck", "test"))
    yield Setting("healthcheck", test if isinstance(test, str) else " ".join(map(str, test or [])), file, line)


def _given(service: Mapping[str, Any]) -> set[str]:
    """The names under which secrets lie in `/run/secrets`."""
    found: set[str] = set()
    for item in service.get("secrets") or []:
        source, target = (item.get("source"), item.get("target")) if isinstance(item, dict) else (item, None)
        found.add(str(target or source).rpartition("/")[2])
    return found


def _not_given(system: System, name: str, setting: Setting, secret: str) -> Diagnostic:
    message = f"`{setting.name}` of `{name}` reads `/run/secrets/{secret}`, and the service is not given that secret"
    others = [other for other, service in system.services.items() if secret in _given(service)]
    message += f" (`{others[0]}` is)" if others else ""
    shared = known_of(system, name) is None and any(setting.name in settings(system, other) for other in others)
    message += "; it may not use the variable" if shared else ""
    hint = f"add `secrets: [{secret}]` to `{name}`"
    path = ("services", name)
    file, line = (setting.file, setting.line) if setting.line is not None else system.places.find(path)
    severity = Severity.WARNING if shared else Severity.ERROR  # variables are shared, and read by one of them
    found = system.places.diagnostic("ungranted-secret", path, message, hint, severity)
    return found._replace(file=file, line=line)
