"""`--sync`: create or update the project's own `.venv` from what the project declares."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks import process
from checks.project import REQUIREMENT_FILES
from checks.raw.script_metadata import ScriptMetadata, read_metadata

_LIMIT_S = 1800.0
_EXTRAS = ("dev", "test", "tests", "testing")
_RAW_ITSELF = re.compile(r"^(raw|raw[-_.]runtime|raw[-_.]ai)\b", re.IGNORECASE)
_STAMP = ".skillgate-sync"
_SHOWN_TAIL = 1500


class SyncFailed(Exception):
    """The environment could not be made; the text says why, to a person."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the project asks for: arguments for an installer, and the files they came from."""

    arguments: tuple[str, ...]
    sources: tuple[str, ...]


def sync(root: Path, base_python: Path | None, environment: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """Bring `.venv` in step with the project; returns its Python. Raises SyncFailed.

    Nothing is installed where neither the declarations nor the environment changed since the last time.
    """
    wanted = declared(root)
    venv = root / ".venv"
    python = venv / "bin" / "python"
    if not python.is_file():
        say(f"creating {venv}")
        base = base_python or Path(getattr(sys, "_base_executable", sys.executable))
        _must(
            [str(base), "-m", "venv", "--clear", str(venv)], root, environment, "the environment could not be created"
        )
    if _stamp(wanted, venv, root) == _read(venv / _STAMP):
        return python
    if wanted.arguments:
        say(f"installing into .venv: {', '.join(wanted.sources)}")
        _install(python, wanted.arguments, root, environment)
    (venv / _STAMP).write_text(_stamp(wanted, venv, root), encoding="utf-8")
    return python


def declared(root: Path) -> Declared:
    """What the project's pyproject.toml, requirement files and RAW workflows ask for."""
    arguments, sources = _from_pyproject(root)
    for name in REQUIREMENT_FILES:
        if (root / name).is_file():
            arguments += ["-r", str(root / name)]
            sources.append(name)
    scripts = _from_scripts(root)
    if scripts:
        arguments += [requirement for requirement in scripts if requirement not in arguments]
        sources.append("the workflows' script metadata")
    return Declared(tuple(arguments), tuple(sources))


def _from_pyproject(root: Path) -> tuple[list[str], list[str]]:
    path = root / "pyproject.toml"
    if not path.is_file():
        return [], []
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SyncFailed(f"{path}: {error}") from error
    project = data.get("project", {})
    extras = [name for name in project.get("optional-dependencies", {}) if name.lower() in _EXTRAS]
    groups = data.get("dependency-groups", {})
    grouped = [each for name in groups if name.lower() in _EXTRAS for each in _group(groups, name, ())]
    if "build-system" in data and "name" in project:
        return ["-e", f"{root}[{','.join(extras)}]" if extras else str(root), *grouped], ["pyproject.toml"]
    listed = [*project.get("dependencies", [])]
    for extra in extras:
        listed += project["optional-dependencies"][extra]
    return [*listed, *grouped], ["pyproject.toml"] if listed or grouped else []


def _group(groups: Mapping[str, Any], name: str, seen: tuple[str, ...]) -> list[str]:
    """A dependency group may include others."""
    found: list[str] = []
    for each in groups.get(name, []):
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict) and (included := each.get("include-group")) and included not in seen:
            found += _group(groups, included, (*seen, name))
    return found


def _from_scripts(root: Path) -> list[str]:
    """What RAW would install for each workflow; RAW's own packages come from no registry."""
    found: dict[str, None] = {}
    for script in sorted(root.glob(".raw/workflows/*/*.py")):
        block = read_metadata(script.read_text(encoding="utf-8", errors="replace"))
        if not isinstance(block, ScriptMetadata):
            continue  # the `validate` gate names it
        dependencies = block.values.get("dependencies", [])
        if not isinstance(dependencies, list):
            continue
        found.update(
            dict.fromkeys(each for each in dependencies if isinstance(each, str) and not _RAW_ITSELF.match(each))
        )
    return list(found)


def _install(python: Path, arguments: Sequence[str], root: Path, environment: Mapping[str, str]) -> None:
    """uv where it is there and succeeds, else pip: uv may be set up for other registries than pip is."""
    uv = shutil.which("uv", path=environment.get("PATH"))
    if uv is not None:
        outcome = _run(
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *arguments],
            root,
            environment,
        )
        if outcome.exit_code == 0:
            return
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    _must(pip, root, environment, "what the project declares could not be installed")


def _must(words: Sequence[str], root: Path, environment: Mapping[str, str], trouble: str) -> None:
    outcome = _run(words, root, environment)
    if outcome.exit_code != 0:
        said = outcome.not_started or outcome.output.decode("utf-8", "backslashreplace").strip()[-_SHOWN_TAIL:]
        why = f"timed out ({_LIMIT_S:g} s)" if outcome.timed_out else said
        raise SyncFailed(f"{trouble}: {why}")


def _run(words: Sequence[str], root: Path, environment: Mapping[str, str]) -> process.Outcome:
    return process.run(process.Command(tuple(words), root, dict(environment), _LIMIT_S))


def _stamp(wanted: Declared, venv: Path, root: Path) -> str:
    """Changes with the declarations and with every package that comes or goes."""
    folders = sorted(venv.glob("lib/python*/site-packages"))
    installed = [(str(folder.relative_to(venv)), folder.stat().st_mtime_ns) for folder in folders]
    files = [
        Path(each) for before, each in zip(("", *wanted.arguments), wanted.arguments, strict=False) if before == "-r"
    ]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    if (root / "pyproject.toml").is_file():
        texts.append((root / "pyproject.toml").read_text(encoding="utf-8", errors="replace"))
    return hashlib.sha256(json.dumps([wanted.arguments, texts, installed]).encode()).hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None
