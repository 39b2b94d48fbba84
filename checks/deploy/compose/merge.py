"""Brings Compose files into their long form and lays one over the other, as Compose does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.deploy.compose.source import Path_
from checks.deploy.compose.values import expand_port, split_volume

Service = dict[str, Any]
_REPLACED = frozenset({"command", "entrypoint", "test"})
_REMOTE = re.compile(r"^[a-z][a-z0-9+.-]*://|^git@|^github\.com/|^[a-z-]+:[^/\\]")


@dataclass(frozen=True, slots=True)
class Base:
    """What relative paths and `~` in a file start from."""

    directory: Path
    home: Path

    def resolve(self, path: str) -> str:
        """`path` made absolute without looking at the disk; a URL stays what it is."""
        if _REMOTE.match(path) and not re.match(r"^[A-Za-z]:[\\/]", path):
            return path
        if path == "~" or path.startswith("~/"):
            return str(self.home / path[2:])
        return str(_tidy(self.directory / path))


def _tidy(path: Path) -> Path:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part != "..":
            parts.append(part)
    return Path(*parts)


def long_form(document: dict[str, Any], base: Base) -> dict[str, Any]:
    """A whole file in its long form; it must already fit its shape."""
    model = dict(document)
    model["services"] = {name: long_service(item, base) for name, item in (document.get("services") or {}).items()}
    for kind in ("secrets", "configs"):
        if kind in model:
            model[kind] = {name: _with_file(item, base) for name, item in model[kind].items()}
    return model


def _with_file(item: dict[str, Any], base: Base) -> dict[str, Any]:
    return {**item, "file": base.resolve(item["file"])} if "file" in item else item


def long_service(service: Service, base: Base) -> Service:
    """One service in its long form."""
    longer = dict(service)
    for key, lengthen in _LENGTHEN.items():
        if key in longer and longer[key] is not None:
            longer[key] = lengthen(longer[key], base)
    return longer


def _pairs(value: Any, _base: Base) -> dict[str, Any]:
    if isinstance(value, dict):
        return dict(value)
    pairs = (item.partition("=") for item in value)
    return {name: text if equals else None for name, equals, text in pairs}


def _build(value: Any, base: Base) -> dict[str, Any]:
    build = {"context": value} if isinstance(value, str) else dict(value)
    if "dockerfile_inline" not in build:
        build.setdefault("dockerfile", "Dockerfile")
    build["context"] = base.resolve(build.get("context", "."))
    for key in ("args", "labels"):
        if key in build:
            build[key] = _pairs(build[key], base)
    if "secrets" in build:
        build["secrets"] = _grants(build["secrets"], base)
    return build


def _depends_on(value: Any, _base: Base) -> dict[str, Any]:
    if isinstance(value, list):
        return {name: {"condition": "service_started", "required": True} for name in value}
    return {name: {"required": True, **item} for name, item in value.items()}


def _names(value: Any, _base: Base) -> dict[str, Any]:
    return dict.fromkeys(value) if isinstance(value, list) else dict(value)


def _env_file(value: Any, base: Base) -> list[dict[str, Any]]:
    items = [value] if isinstance(value, str) else value
    longer = [{"path": item} if isinstance(item, str) else dict(item) for item in items]
    return [{"required": True, **item, "path": base.resolve(item["path"])} for item in longer]


def _ports(value: Any, _base: Base) -> list[dict[str, Any]]:
    ports: list[dict[str, Any]] = []
    for item in value:
        if isinstance(item, dict):
            ports.append({"mode": "ingress", "protocol": "tcp", **item, **_published(item)})
        else:
            ports += expand_port(str(item))
    return ports


def _published(item: dict[str, Any]) -> dict[str, Any]:
    numbers = {"target": int(item["target"])} if "target" in item else {}
    return {**numbers, **({"published": str(item["published"])} if "published" in item else {})}


def _volumes(value: Any, base: Base) -> list[dict[str, Any]]:
    return [_volume(item, base) for item in value]


def _volume(item: Any, base: Base) -> dict[str, Any]:
    mount = dict(item) if isinstance(item, dict) else _short_volume(item)
    if mount.get("type") == "bind" and "source" in mount:
        mount["source"] = base.resolve(mount["source"])
    return mount


def _short_volume(spec: str) -> dict[str, Any]:
    parts = split_volume(spec)
    if len(parts) == 1:
        return {"type": "volume", "target": spec}
    source, target = parts[0], parts[1]
    bind = source.startswith((".", "/", "~")) or re.match(r"^[A-Za-z]:[\\/]", source) is not None
    mount: dict[str, Any] = {"type": "bind" if bind else "volume", "source": source, "target": target}
    if len(parts) > 2 and "ro" in parts[2].split(","):
        mount["read_only"] = True
    return mount


def _grants(value: Any, _base: Base) -> list[dict[str, Any]]:
    return [{"source": item} if isinstance(item, str) else dict(item) for item in value]


_LENGTHEN: dict[str, Callable[[Any, Base], Any]] = {
    **dict.fromkeys(("environment", "labels", "sysctls", "annotations"), _pairs),
    **dict.fromkeys(("networks", "models"), _names),
    **dict.fromkeys(("secrets", "configs"), _grants),
    "build": _build,
    "depends_on": _depends_on,
    "env_file": _env_file,
    "ports": _ports,
    "volumes": _volumes,
}


def merge(below: Any, above: Any, key: str = "") -> Any:
    """`above` laid over `below`: mappings by key, lists one after the other, everything else replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        both = below.keys() & above.keys()
        return {**below, **above, **{name: merge(below[name], above[name], name) for name in both}}
    if isinstance(below, list) and isinstance(above, list) and key not in _REPLACED:
        return _joined(below, above, key)
    return below if above is None else above


def _joined(below: list[Any], above: list[Any], key: str) -> list[Any]:
    kept: dict[Any, Any] = {}
    for item in (*below, *above):
        kept[_identity(item, key)] = item
    return list(kept.values())


def _identity(item: Any, key: str) -> Any:
    if not isinstance(item, dict):
        return str(item)
    if key == "ports":
        return tuple(str(item.get(part)) for part in ("host_ip", "target", "published", "protocol"))
    if key == "volumes":
        return item.get("target")
    return str(sorted(item.items(), key=lambda pair: pair[0]))


def without(model: dict[str, Any], paths: Iterable[Path_]) -> dict[str, Any]:
    """`model` without what lies at `paths`."""
    for path in paths:
        model = _removed(model, path)
    return model


def _removed(value: Any, path: Path_) -> Any:
    head, rest = path[0], path[1:]
    if not isinstance(value, dict) or head not in value:
        return value
    if not rest:
        return {key: item for key, item in value.items() if key != head}
    return {**value, head: _removed(value[head], rest)}
