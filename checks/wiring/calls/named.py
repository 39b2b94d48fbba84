"""What a project has names for: files, extras, targets, services, environment variables."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from checks.wiring.calls.texts import make_targets
from checks.wiring.system import System

_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
_LARGEST = 1 << 19


class Named:
    """Looks names up, each kind when it is first asked for."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.root: Path = system.root
        self.files = system.files

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file of the project."""
        found: set[str] = set()
        for file in self.files:
            folder = posixpath.dirname(file)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder of the project."""
        return path in self.folders

    @cached_property
    def projects(self) -> frozenset[str]:
        """Names under which the project may have been cloned."""
        declared = self.pyproject(".") or {}
        names = [self.root.name, _at(declared, "project", "name"), _at(declared, "tool", "poetry", "name")]
        names += [
            found
            for file in self.compose_files
            for found in re.findall(r"^name:\s*(\S+)", _read(self.root / file), re.MULTILINE)
        ]
        title = re.search(r"^#\s+(.+)$", _read(self.root / "README.md"), re.MULTILINE)
        names += [re.sub(r"[^a-z0-9]+", "-", title[1].lower()).strip("-")] if title else []
        plain = {str(name).lower() for name in names if name}
        return frozenset(
            plain | {name.replace("-", "_") for name in plain} | {name.replace("_", "-") for name in plain}
        )

    @cached_property
    def ignored(self) -> tuple[str, ...]:
        """The plain names that .gitignore leaves out."""
        lines = (line.strip().strip("/") for line in _read(self.root / ".gitignore").splitlines())
        return tuple(line for line in lines if re.fullmatch(r"[\w.-]+(/[\w.-]+)*", line))

    @cache  # noqa: B019 -- lives exactly as long as one check
    def pyproject(self, folder: str) -> dict[str, Any] | None:
        """The pyproject.toml of a folder."""
        try:
            return tomllib.loads((self.root / folder / "pyproject.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def extras(self, folder: str | None) -> list[str] | None:
        """The extras that a folder's package declares; None where that cannot be told."""
        data = self.pyproject(folder) if folder is not None else None
        if data is None or "optional-dependencies" in (_at(data, "project", "dynamic") or ()):
            return None
        found = {
            **(_at(data, "project", "optional-dependencies") or {}),
            **(_at(data, "tool", "poetry", "extras") or {}),
        }
        is_readable = "project" in data or _at(data, "tool", "poetry") is not None
        return [spelling for name in found for spelling in _spellings(name)] if is_readable else None

    def groups(self, folder: str | None) -> list[str] | None:
        """The dependency groups that a folder's package declares."""
        data = self.pyproject(folder) if folder is not None else None
        if data is None:
            return None
        poetry = _at(data, "tool", "poetry", "group") or {}
        older = (_at(data, "tool", tool, "dev-dependencies") for tool in ("poetry", "uv"))
        legacy = ["dev"] if any(one is not None for one in older) else []
        named = {**(data.get("dependency-groups") or {}), **poetry}
        return [*legacy, "main", *(spelling for name in named for spelling in _spellings(name))]

    def targets(self, folder: str) -> frozenset[str] | None:
        """The targets of a folder's Makefile; None where there is none, or it takes in others."""
        for name in _MAKEFILES:
            path = self.root / folder / name
            if path.is_file():
                text = _read(path)
                return None if re.search(r"^-?include\b|^\s*%|^\$\(", text, re.MULTILINE) else make_targets(text)
        return None

    def has_no_makefile(self, folder: str) -> bool:
        """Whether a folder surely has no Makefile."""
        return not any((self.root / folder / name).exists() for name in _MAKEFILES)

    def npm_scripts(self, folder: str) -> frozenset[str] | None:
        """The scripts of a folder's package.json."""
        try:
            data = json.loads((self.root / folder / "package.json").read_text(encoding="utf-8"))
            return frozenset(data.get("scripts") or {}) if isinstance(data, dict) else None
        except (OSError, ValueError):
            return None

    @cached_property
    def services(self) -> frozenset[str] | None:
        """The services of every Compose file; None where there is no file that can be read."""
        compose = [one for one in self.system.deployments if one.kind == "compose"]
        return frozenset(unit.name for one in compose for unit in one.units) if compose else None

    @cached_property
    def profiles(self) -> frozenset[str]:
        """Every word that stands in a list of profiles, in any Compose file."""
        texts = (_read(self.root / file) for file in self.compose_files)
        lists = (found for text in texts for found in re.findall(r"profiles:((?:\s*\[[^\]]*\])|(?:\s*-\s*\S+)+)", text))
        return frozenset(name for one in lists for name in re.findall(r"[\w.-]*\w", one))

    @cached_property
    def compose_files(self) -> frozenset[str]:
        """Files that look like Compose files."""
        return frozenset(file for file in self.files if re.search(r"compose[\w.-]*\.ya?ml$", file))

    @cached_property
    def variables(self) -> frozenset[str]:
        """Every word of the project's files, documentation apart, that may be an environment variable."""
        texts = (file for file in self.files if not file.lower().endswith((".md", ".rst", ".txt", ".lock", ".svg")))
        words = {word for file in texts for word in re.findall(r"[A-Z][A-Z0-9_]{2,}", _read(self.root / file))}
        return frozenset(words | {read.name for read in self.system.code.every_read()})


def _at(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _spellings(name: str) -> Iterator[str]:
    plain = re.sub(r"[-_.]+", "-", name).lower()
    yield from dict.fromkeys((name, plain, plain.replace("-", "_")))


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:_LARGEST].decode("utf-8", "replace")
    except OSError:
        return ""
