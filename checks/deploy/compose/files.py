"""Which Compose files are judged together, and with which variables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.deploy.compose.interpolation import parse_env_file

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = tuple(name.replace(".y", ".override.y") for name in ("compose.yml", "compose.yaml", *BASES[2:]))
EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist")
WHOLE_EXAMPLES = ("example.env", "env.example", "sample.env", "env.sample", "env.template")
PASSED_OVER = frozenset({"node_modules", "venv", "__pycache__", "site-packages"})
SEARCH_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What the user's command says. `typed` is `plug-in`, `standalone`, or empty where there is no command."""

    typed: str = ""
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    directory: str | None = None
    name: str | None = None


_VALUE_OPTIONS = {
    "-f": "files",
    "--file": "files",
    "--env-file": "env_files",
    "--profile": "profiles",
    "--project-directory": "directory",
    "-p": "name",
    "--project-name": "name",
}
_OTHER_VALUE_OPTIONS = frozenset({"--ansi", "--parallel", "--progress", "--context", "-c", "-H", "--host"})


def parse_request(arguments: tuple[str, ...]) -> Request:
    """The request behind a command such as `docker compose -f a.yml config --quiet`."""
    if not arguments:
        return Request()
    request = Request("plug-in" if Path(arguments[0]).name == "docker" else "standalone")
    words = iter(_apart(arguments[1:]))
    for word in words:
        if word in _VALUE_OPTIONS:
            request = _with(request, _VALUE_OPTIONS[word], next(words, ""))
        elif word in _OTHER_VALUE_OPTIONS:
            next(words, "")
        elif word == "config":
            break
    return request


def _apart(words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        if word.startswith("--") and "=" in word:
            yield from word.split("=", 1)
        elif word.startswith("-f") and len(word) > 2:
            yield from ("-f", word[2:])
        else:
            yield word


def _with(request: Request, slot: str, value: str) -> Request:
    several = slot in ("files", "env_files", "profiles")
    changes: dict[str, Any] = {slot: (*getattr(request, slot), value) if several else value}
    return replace(request, **changes)


@dataclass(frozen=True, slots=True)
class FileSet:
    """Files that are merged, in order, and what they are merged with. `variant` names the file that may differ."""

    directory: Path
    files: tuple[Path, ...]
    env_files: tuple[Path, ...] = ()
    profiles: tuple[str, ...] = ()
    name: str | None = None
    variant: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def alone(self) -> FileSet:
        """The variant without the files below it: some are written to be used by themselves."""
        return replace(self, files=(self.variant,) if self.variant else self.files)


def find_sets(root: Path, request: Request) -> list[FileSet]:
    """The sets to judge, the main one first; empty where there is no Compose file."""
    if request.files:
        return [_requested(root, request)]
    sets = _sets_in(root / (request.directory or "."), root, request)
    if not sets and not request.typed:
        for folder in _folders(root, SEARCH_DEPTH):
            sets += _sets_in(folder, folder, request)
    return sets


def find_elsewhere(root: Path) -> Path | None:
    """A Compose file below `root`, for the hint where there is none in it."""
    return next((base for folder in _folders(root, SEARCH_DEPTH) if (base := _base_in(folder))), None)


def _requested(root: Path, request: Request) -> FileSet:
    files = tuple(root / name for name in request.files)
    directory = root / request.directory if request.directory else files[0].parent
    return FileSet(directory, files, _env_files(root, directory, request), request.profiles, request.name)


def _sets_in(folder: Path, root: Path, request: Request) -> list[FileSet]:
    base = _base_in(folder)
    if base is None:
        return []
    env_files = _env_files(root, folder, request)
    files = _named_in_env(folder, env_files) or _with_override(folder, base)
    main = FileSet(folder, files, env_files, request.profiles, request.name)
    variants = [] if request.typed and files[0] != base else _variants(folder, files)
    return [main, *(_variant_set(main, base, variant, request) for variant in variants)]


def _base_in(folder: Path) -> Path | None:
    return next((folder / name for name in BASES if (folder / name).is_file()), None)


def _with_override(folder: Path, base: Path) -> tuple[Path, ...]:
    override = next((folder / name for name in OVERRIDES if (folder / name).is_file()), None)
    return (base, override) if override else (base,)


def _named_in_env(folder: Path, env_files: tuple[Path, ...]) -> tuple[Path, ...]:
    """`COMPOSE_FILE` of the env file: Compose obeys it, so the judge does."""
    values = read_variables(env_files)
    named = values.get("COMPOSE_FILE", "")
    separator = values.get("COMPOSE_PATH_SEPARATOR", os.pathsep)
    return tuple(folder / name for name in named.split(separator) if name)


def _variants(folder: Path, main: tuple[Path, ...]) -> list[Path]:
    found = {
        path
        for stem in ("docker-compose", "compose")
        for suffix in ("yml", "yaml")
        for path in folder.glob(f"{stem}.*.{suffix}")
    }
    texts = [(path, _text(path)) for path in sorted({*found, *main})]
    overrides = {folder / name for name in OVERRIDES}
    return [
        path
        for path in sorted(found - set(main) - overrides)
        if not any(path.name in text for other, text in texts if other != path)
    ]


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[: 1 << 20].decode(errors="replace")
    except OSError:
        return ""


def _variant_set(main: FileSet, base: Path, variant: Path, request: Request) -> FileSet:
    label = variant.name.split(".")[1]
    extra = [main.directory / f".env.{label}{ending}" for ending in ("", ".example")]
    own = () if request.env_files else tuple(path for path in extra if path.is_file())[:1]
    env_files = main.env_files + tuple(path for path in own if path not in main.env_files)
    return replace(main, files=(base, variant), env_files=env_files, variant=variant)


def _env_files(root: Path, directory: Path, request: Request) -> tuple[Path, ...]:
    """What the user named, else `.env`, else the example that a newcomer copies to `.env`."""
    if request.env_files:
        return tuple(root / name for name in request.env_files)
    found = next(
        (directory / name for name in (".env", *EXAMPLES, *WHOLE_EXAMPLES) if (directory / name).is_file()), None
    )
    return (found,) if found else ()


def read_variables(env_files: tuple[Path, ...]) -> dict[str, str]:
    """The variables of all env files, the later ones winning."""
    values: dict[str, str] = {}
    for path in env_files:
        values.update(parse_env_file(_text(path))[0])
    return values


def _folders(root: Path, depth: int) -> Iterator[Path]:
    try:
        children = sorted(child for child in root.iterdir() if child.is_dir() and not child.is_symlink())
    except OSError:
        return
    wanted = [child for child in children if not child.name.startswith(".") and child.name not in PASSED_OVER]
    for child in wanted:
        yield child
    if depth > 1:
        for child in wanted:
            yield from _folders(child, depth - 1)
