"""The catalog: one YAML file a gate, read only when somebody asks for that gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from checks.model import CatalogEntry
from checks.quick_yaml import import_yaml

# The names that a gate may have, in the catalog and in a config.
NAME = r"[a-z0-9][a-z0-9-]*"


@cache
def folder() -> Path:
    """Where the catalog is: inside the installed package, else beside it in the source tree."""
    packaged = Path(__file__).parent / "gates"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "gates"


@cache
def names() -> tuple[str, ...]:
    """The gates of the catalog, in alphabetical order; reads no file."""
    return tuple(sorted(path.stem for path in folder().glob("*.yaml")))


@cache
def load_entry(name: str) -> CatalogEntry | None:
    """One gate of the catalog, None where it has none of that name."""
    if name not in names():
        return None
    yaml = import_yaml()

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (folder() / f"{name}.yaml").read_text(encoding="utf-8")
    return _entry(yaml.load(text, Loader=loader))


def load_catalog() -> dict[str, CatalogEntry]:
    """Every gate of the catalog."""
    return dict(Catalog())


class Catalog(Mapping[str, CatalogEntry]):
    """The catalog as a mapping that reads a file when its gate is asked for."""

    def __getitem__(self, name: str) -> CatalogEntry:
        """The gate of that name."""
        entry = load_entry(name)
        if entry is None:
            raise KeyError(name)
        return entry

    def __contains__(self, name: object) -> bool:
        """Whether the catalog has the gate; reads no file."""
        return name in names()

    def __iter__(self) -> Iterator[str]:
        """The names; reads no file."""
        return iter(names())

    def __len__(self) -> int:
        """How many gates there are; reads no file."""
        return len(names())


def _entry(data: Mapping[str, Any]) -> CatalogEntry:
    return CatalogEntry(
        name=data["name"],
        title=data["title"],
        proves=" ".join(data["proves"].split()),
        command=data["command"],
        timeout_s=float(data["timeout_seconds"]),
        inputs=tuple(data["inputs"]),
        floor=dict(data["floor"]),
        guide=data["guide"],
        contains=tuple(data.get("contains", ())),
        without=tuple(data.get("without", ())),
        settings=dict(data.get("settings", {})),
        components=data.get("components", 0),
        asked=data.get("asked", False),
    )
