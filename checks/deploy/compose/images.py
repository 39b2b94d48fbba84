"""Where containers come from: builds and their Dockerfiles, images, and the healthchecks they bring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from checks.deploy.compose.places import shown
from checks.deploy.compose.source import Path_
from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity

# Images that bring no HEALTHCHECK of their own.
_UNCHECKED = """
    alpine busybox caddy debian eclipse-temurin golang haproxy httpd mariadb memcached mongo mysql nats nginx node
    php postgres python rabbitmq redis ruby rust traefik ubuntu valkey/valkey
    adminer grafana/grafana mailhog/mailhog minio/mc minio/minio pgvector/pgvector prom/prometheus
    temporalio/admin-tools temporalio/auto-setup temporalio/server temporalio/ui timescale/timescaledb
"""
UNCHECKED_IMAGES = frozenset(_UNCHECKED.split())


def builds(system: System) -> Iterator[Diagnostic]:
    """Build contexts, Dockerfiles and targets that are not there."""
    for name, service in system.services.items():
        build = service.get("build")
        if isinstance(build, dict) and _is_local(build.get("context")):
            yield from _build(system, ("services", name, "build"), build)


def _is_local(context: Any) -> bool:
    return isinstance(context, str) and Path(context).is_absolute()


def _build(system: System, path: Path_, build: Mapping[str, Any]) -> Iterator[Diagnostic]:
    context = Path(build["context"])
    if not context.is_dir():
        message = f"the build context `{shown(context, system.root)}` does not exist"
        yield _missing(system, "missing-build-context", (*path, "context"), context, message)
    elif "dockerfile_inline" not in build:
        dockerfile = context / build.get("dockerfile", "Dockerfile")
        if not dockerfile.is_file():
            message = f"the Dockerfile `{shown(dockerfile, system.root)}` does not exist"
            yield _missing(system, "missing-dockerfile", (*path, "dockerfile"), dockerfile, message)
        else:
            yield from _target(system, path, build, dockerfile)


def _target(system: System, path: Path_, build: Mapping[str, Any], dockerfile: Path) -> Iterator[Diagnostic]:
    target = str(build.get("target") or "")
    stages = _stages(dockerfile)
    names = [stage for _, stage in stages if stage]
    if not target or target.isdecimal() or target.lower() in names or any("$" in name for name in names):
        return
    known = ", ".join(f"`{name}`" for name in names) or "none has a name"
    message = f"`{shown(dockerfile, system.root)}` has no stage `{target}` (its stages: {known})"
    yield system.places.diagnostic("missing-target", (*path, "target"), message)


def _stages(dockerfile: Path) -> list[tuple[str, str]]:
    """The image and the name of each stage."""
    text = dockerfile.read_text(encoding="utf-8", errors="replace")
    found = re.findall(r"(?im)^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", text)
    return [(image, stage.lower()) for image, stage in found]


def _missing(system: System, rule: str, path: Path_, target: Path, message: str) -> Diagnostic:
    if system.inside(target):
        return system.places.diagnostic(rule, path, message)
    message += ", but it lies outside the project: it may be there elsewhere"
    return system.places.diagnostic(rule, path, message, severity=Severity.WARNING)


def health(system: System) -> Iterator[Diagnostic]:
    """Services that wait for a healthcheck nobody makes."""
    for name, service in system.services.items():
        for needed, how in (service.get("depends_on") or {}).items():
            if how.get("condition") == "service_healthy" and needed in system.services:
                optional = str(how.get("required", True)).lower() == "false"
                for found in _unhealthy(system, ("services", name, "depends_on", needed), needed):
                    # What is not required is gone without, with a word in the log.
                    yield found._replace(severity=Severity.WARNING) if optional else found


def _unhealthy(system: System, path: Path_, needed: str) -> Iterator[Diagnostic]:
    service = system.services[needed]
    check = service.get("healthcheck") or {}
    off = check.get("disable") in (True, "true") or (check.get("test") or [""])[0] == "NONE"
    if check.get("test") and not off:
        return
    known = True if off else _has_own_healthcheck(service)
    hint = f"give `{needed}` a `healthcheck`, or wait for `service_started`"
    if off or known is False:
        message = f"waits for `{needed}` to be healthy, which has no healthcheck"
        yield system.places.diagnostic("unhealthy-dependency", path, message, hint)
    elif known is None:
        message = f"waits for `{needed}` to be healthy; whether its image brings a healthcheck is unknown"
        yield system.places.diagnostic("unhealthy-dependency", path, message, hint, Severity.WARNING)


def _has_own_healthcheck(service: Mapping[str, Any]) -> bool | None:
    """Whether the image brings a HEALTHCHECK; None where that cannot be known."""
    build = service.get("build")
    if not isinstance(build, dict):
        return False if _repository(str(service.get("image", ""))) in UNCHECKED_IMAGES else None
    dockerfile = Path(str(build.get("context"))) / str(build.get("dockerfile", "Dockerfile"))
    if "dockerfile_inline" in build or not dockerfile.is_file():
        return None
    if re.search(r"(?im)^\s*HEALTHCHECK\s", dockerfile.read_text(encoding="utf-8", errors="replace")):
        return True
    stages = _stages(dockerfile)
    names = {stage for _, stage in stages}
    bases = {_repository(image) for image, _ in stages if image.lower() not in names}
    return False if bases and bases <= UNCHECKED_IMAGES | {"scratch"} else None


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    name = head if colon and "/" not in tag else name
    return name.removeprefix("docker.io/").removeprefix("library/")


def names(system: System) -> Iterator[Diagnostic]:
    """Names that no registry and no builder takes."""
    for name, service in system.services.items():
        image = str(service.get("image") or "")
        first, slash, rest = image.partition("@")[0].partition("/")
        registry = slash and (re.search(r"[.:]", first) or first == "localhost" or first != first.lower())
        way = rest if registry else f"{first}{slash}{rest}"
        way = way.rpartition(":")[0] if ":" in way.rpartition("/")[2] else way
        if way != way.lower():
            message = f"the image name `{image}` has capital letters in `{way}`, which Docker refuses"
            path = ("services", name, "image")
            yield system.places.diagnostic("invalid-image-name", path, message, f"write `{way.lower()}`")


def tags(system: System) -> Iterator[Diagnostic]:
    """Images without a fixed version, besides those that are built here."""
    built = {service.get("image") for service in system.services.values() if service.get("build")}
    for name, service in system.services.items():
        image = str(service.get("image") or "")
        tag = image.rpartition("/")[2].partition(":")[2]
        if image and image not in built and "@" not in image and tag in ("", "latest"):
            message = f"image `{image.removesuffix(':')}` has no fixed version"
            hint = "name a version, so that tomorrow's start is today's"
            path = ("services", name, "image")
            yield system.places.diagnostic("untagged-image", path, message, hint, Severity.WARNING)
