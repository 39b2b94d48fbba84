"""What must hold between the parts of a Compose model; each of these Compose refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from checks.deploy.compose.source import Path_

Model = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that does not hold: the last part of its rule, where, and what."""

    rule: str
    path: Path_
    message: str
    hint: str | None = None


def conflicts(model: Model, profiles: AbstractSet[str]) -> Iterator[Conflict]:
    """Everything that does not hold in a merged model in its long form, with these profiles on."""
    active = {name: item for name, item in model["services"].items() if is_active(item, profiles)}
    for name, service in model["services"].items():
        yield from _targets(service, ("services", name))
    for name, service in active.items():
        path = ("services", name)
        yield from _own(service, path)
        yield from _references(service, path, model)
        yield from _dependencies(service, path, model["services"], active)
    yield from _container_names(active)
    yield from _held(model)
    yield from cycles(active)


def is_active(service: Mapping[str, Any], profiles: AbstractSet[str]) -> bool:
    """Whether a service is on: it has no profile, or one of these; `*` is every profile."""
    own = service.get("profiles") or []
    return not own or "*" in profiles or not profiles.isdisjoint(own)


def _own(service: Mapping[str, Any], path: Path_) -> Iterator[Conflict]:
    if not (service.get("image") or "build" in service or "provider" in service):
        yield Conflict("no-image", path, f"service `{path[-1]}` has neither an image nor a build context")
    build = service.get("build") or {}
    if "dockerfile_inline" in build and build.get("dockerfile"):
        yield Conflict("invalid", (*path, "build"), "`dockerfile` and `dockerfile_inline` exclude each other")
    if service.get("network_mode") and service.get("networks"):
        yield Conflict("invalid", (*path, "network_mode"), "`network_mode` and `networks` exclude each other")
    yield from _twice_said(service, path)
    yield from _watched(service, path)


def _targets(service: Mapping[str, Any], path: Path_) -> Iterator[Conflict]:
    for key in ("ports", "volumes"):
        for index, item in enumerate(service.get(key) or []):
            if not item.get("target"):
                yield Conflict("invalid", (*path, key, index), f"an entry of `{key}` misses its `target`")


def _watched(service: Mapping[str, Any], path: Path_) -> Iterator[Conflict]:
    for index, item in enumerate((service.get("develop") or {}).get("watch") or []):
        if item["action"] not in ("rebuild", "restart") and not item.get("target"):
            where = (*path, "develop", "watch", index)
            yield Conflict("invalid", where, f"`action: {item['action']}` needs a `target`")


def _twice_said(service: Mapping[str, Any], path: Path_) -> Iterator[Conflict]:
    deploy = service.get("deploy") or {}
    limits = (deploy.get("resources") or {}).get("limits") or {}
    reserved = (deploy.get("resources") or {}).get("reservations") or {}
    pairs = (
        ("scale", deploy.get("replicas"), "deploy.replicas"),
        ("mem_limit", limits.get("memory"), "deploy.resources.limits.memory"),
        ("cpus", limits.get("cpus"), "deploy.resources.limits.cpus"),
        ("pids_limit", limits.get("pids"), "deploy.resources.limits.pids"),
        ("mem_reservation", reserved.get("memory"), "deploy.resources.reservations.memory"),
    )
    for key, other, where in pairs:
        if key in service and other is not None and str(service[key]) != str(other):
            yield Conflict("invalid", (*path, key), f"`{key}` and `{where}` say different things")
    replicas = str(service.get("scale", deploy.get("replicas", 1)))
    if service.get("container_name") and replicas.isdecimal() and int(replicas) > 1:
        message = f"`container_name` can only be given to one container, and `{path[-1]}` has {replicas}"
        yield Conflict("invalid", (*path, "container_name"), message)


def _references(service: Mapping[str, Any], path: Path_, model: Model) -> Iterator[Conflict]:
    named = [("network", "networks", name, name) for name in service.get("networks") or {} if name != "default"]
    for index, item in enumerate(service.get("volumes") or []):
        if item.get("type") == "volume" and item.get("source"):
            named.append(("volume", "volumes", index, item["source"]))
    for kind, key in (("secret", "secrets"), ("config", "configs")):
        named += [(kind, key, index, item.get("source")) for index, item in enumerate(service.get(key) or [])]
    for kind, key, part, name in named:
        if name not in (model.get(key) or {}):
            yield _undefined(kind, name, (*path, key, part), path, model.get(key) or {})
    for index, item in enumerate((service.get("build") or {}).get("secrets") or []):
        if item.get("source") not in (model.get("secrets") or {}):
            where = (*path, "build", "secrets", index)
            yield _undefined("secret", item.get("source"), where, path, model.get("secrets") or {})


def _undefined(kind: str, name: Any, where: Path_, service: Path_, known: Mapping[str, Any]) -> Conflict:
    near = get_close_matches(str(name), known, 1)
    hint = f"write `{near[0]}`" if near else f"define `{name}` under the top-level `{kind}s`"
    message = f"service `{service[-1]}` refers to undefined {kind} `{name}`"
    return Conflict("undefined-reference", where, message, hint)


def needed_services(service: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The services this one needs, each with the key (and item) that says so."""
    for name in service.get("depends_on") or {}:
        yield ("depends_on", name), name
    for key in ("network_mode", "pid", "ipc"):
        kind, colon, name = str(service.get(key) or "").partition(":")
        if kind == "service" and colon:
            yield (key,), name
    for index, item in enumerate(service.get("volumes_from") or []):
        if not item.startswith("container:"):
            yield ("volumes_from", index), item.split(":")[0]
    for index, item in enumerate(service.get("links") or []):
        yield ("links", index), item.split(":")[0]


def _dependencies(
    service: Mapping[str, Any], path: Path_, services: Mapping[str, Any], active: Mapping[str, Any]
) -> Iterator[Conflict]:
    for where, name in needed_services(service):
        if name in active:
            continue
        if name not in services:
            near = get_close_matches(name, services, 1)
            message = f"service `{path[-1]}` depends on undefined service `{name}`"
            yield Conflict(
                "undefined-reference", (*path, *where), message, f"write `{near[0]}`" if near else f"define `{name}`"
            )
        elif where[0] != "depends_on" or service["depends_on"][name].get("required", True):
            profiles = ", ".join(f"`{profile}`" for profile in services[name]["profiles"])
            message = f"service `{path[-1]}` depends on `{name}`, which is only there with profile {profiles}"
            hint = f"give `{path[-1]}` the same profile, or take the profile from `{name}`"
            yield Conflict("disabled-dependency", (*path, *where), message, hint)


def _container_names(services: Mapping[str, Any]) -> Iterator[Conflict]:
    owners: dict[str, str] = {}
    for name, service in services.items():
        container = service.get("container_name")
        if container is None:
            continue
        if container in owners:
            message = f"services `{owners[container]}` and `{name}` have the same container name"
            yield Conflict("invalid", ("services", name, "container_name"), message)
        owners.setdefault(container, name)


def _held(model: Model) -> Iterator[Conflict]:
    """Secrets and configs need exactly one source; an external volume has no properties of its own."""
    for kind, sources in (("secrets", ("file", "environment")), ("configs", ("file", "environment", "content"))):
        for name, item in (model.get(kind) or {}).items():
            given = [source for source in sources if item.get(source)]
            if len(given) != 1 and not _is_external(item) and "driver" not in item:
                problem = "are given at once" if given else "is given"
                said = f"`{'`, `'.join(given or sources)}`"
                message = f"{'none of ' if not given else ''}{said} {problem}: exactly one is needed"
                yield Conflict("invalid", (kind, name), message)
    for name, item in (model.get("volumes") or {}).items():
        clash = [key for key in ("driver", "driver_opts", "labels") if key in (item or {})]
        if item and _is_external(item) and clash:
            yield Conflict("invalid", ("volumes", name), f"`external` and `{clash[0]}` exclude each other")


def _is_external(item: Mapping[str, Any]) -> bool:
    external = item.get("external")
    return isinstance(external, dict) or str(external).lower() in ("true", "yes", "on", "y")


def cycles(services: Mapping[str, Any]) -> Iterator[Conflict]:
    """The first ring of services that wait for each other."""
    done: set[str] = set()
    for start in sorted(services):
        ring = _ring(start, services, [], done)
        if ring:
            path = ("services", ring[0], "depends_on")
            yield Conflict("dependency-cycle", path, f"dependency cycle: {' -> '.join(ring)}")
            return


def _ring(name: str, services: Mapping[str, Any], way: list[str], done: set[str]) -> list[str]:
    if name in way:
        return [*way[way.index(name) :], name]
    if name in done or name not in services:
        return []
    for _, needed in needed_services(services[name]):
        ring = _ring(needed, services, [*way, name], done)
        if ring:
            return ring
    done.add(name)
    return []
