"""Parts of a model that contradict each other, or that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.deploy.compose.services import image_of, known_of, started, words
from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity


def endless_jobs(system: System) -> Iterator[Diagnostic]:
    """Services that others wait for to be done, and that never are."""
    for name, service in system.services.items():
        for needed, how in (service.get("depends_on") or {}).items():
            if how.get("condition") == "service_completed_successfully" and needed in system.services:
                why = _never_done(system, needed)
                if why:
                    message = f"`{name}` waits for `{needed}` to be done, {why}"
                    place = ("services", name, "depends_on", needed)
                    yield system.places.diagnostic("endless-job", place, message)


def _never_done(system: System, name: str) -> str | None:
    service = system.services[name]
    restart = str(service.get("restart") or "")
    if restart in ("always", "unless-stopped"):
        return f"which is started again whenever it ends (`restart: {restart}`)"
    plain = service.get("entrypoint") is None and words(system, name, "command") is None
    if plain and known_of(system, name) is not None:
        return f"and image `{image_of(system, name)[0]}` runs until it is stopped"
    every = started(system, name)
    if every and every[-1].server:
        return f"and `{every[-1].program}` runs until it is stopped"
    return None


def covered_mounts(system: System) -> Iterator[Diagnostic]:
    """Two mounts on one folder: Compose keeps the last one, without a word."""
    for name in system.services:
        mounts = system.written.get(name, {}).get("volumes") or []
        seen: dict[str, int] = {}
        for index, mount in enumerate(mounts):
            target = str(mount.get("target") or "").rstrip("/")
            if target and target in seen and mount.get("source") != mounts[seen[target]].get("source"):
                file, line = system.places.find_item(("services", name, "volumes"), index, len(mounts))
                other = mounts[seen[target]].get("source") or "an unnamed volume"
                message = f"`{target}` of `{name}` is mounted twice: `{other}` is left out"
                yield Diagnostic("compose.covered-mount", Severity.ERROR, message, file, line)
            seen[target] = index


def unused(system: System) -> Iterator[Diagnostic]:
    """Volumes, networks, secrets and configs that no service uses."""
    used = _used(system)
    first = system.places.documents[0].value if system.places.documents else {}
    for kind in ("volumes", "networks", "secrets", "configs"):
        # `config` leaves out what nobody uses, so what was written is looked at.
        for name in first.get(kind) or {}:
            if (kind, name) not in used and name != "default":
                message = f"no service uses the {kind[:-1]} `{name}`"
                yield system.places.diagnostic(
                    "unused-definition", (kind, name), message, "remove it", Severity.WARNING
                )


def _used(system: System) -> set[tuple[str, Any]]:
    """Also by services whose profile is off, which are in what was written."""
    used: set[tuple[str, Any]] = set()
    for service in (*system.services.values(), *system.written.values()):
        used |= {("networks", name) for name in service.get("networks") or {}}
        used |= {("volumes", mount.get("source")) for mount in service.get("volumes") or [] if isinstance(mount, dict)}
        for kind in ("secrets", "configs"):
            listed = [*(service.get(kind) or []), *((service.get("build") or {}).get(kind) or [])]
            used |= {(kind, item.get("source") if isinstance(item, dict) else item) for item in listed}
    return used
