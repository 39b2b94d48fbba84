"""`--sync`: create or update the project's own `.venv` from what the project declares."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks import process
from checks.hints import run_command
from checks.interpreters import on_this_machine, suitable
from checks.project import REQUIREMENT_FILES, component_files, find_uv
from checks.raw.script_metadata import ScriptMetadata, read_metadata

_LIMIT_S = 1800.0
_TESTING = ("dev", "develop", "development", "test", "tests", "testing")
_DOCUMENTATION = ("doc", "docs", "documentation")
_RAW_ITSELF = re.compile(r"^(raw|raw[-_.]runtime|raw[-_.]ai)\b", re.IGNORECASE)
_STAMP = ".skillgate-sync"
_SHOWN_TAIL = 1500


class SyncFailed(Exception):
    """The environment could not be made; the text says why, to a person."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the project asks for: arguments for an installer, and the files they came from.

    `arguments` is what nothing works without. `parts` are the rest by name, the extras, groups and requirement files
    of single components: they are installed along, and one that cannot be had is left out and told.
    """

    arguments: tuple[str, ...]
    sources: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def everything(self) -> tuple[str, ...]:
        """All of it, for one installation."""
        return (*self.arguments, *(argument for part in self.parts.values() for argument in part))


def sync(root: Path, base_python: Path | None, environment: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """Bring `.venv` in step with the project; returns its Python. Raises SyncFailed.

    Nothing is installed where neither the declarations nor the environment changed since the last time.
    """
    wanted = declared(root)
    venv = root / ".venv"
    python = venv / "bin" / "python"
    if not python.is_file():
        say(f"creating {venv}")
        _must(_creation(root, venv, base_python, environment), root, environment, "no environment could be created")
    if _stamp(wanted, venv, root) == _read(venv / _STAMP):
        return python
    if wanted.everything():
        say(f"installing into .venv: {', '.join(wanted.sources)}")
        _install_declared(python, wanted, root, environment, say)
    (venv / _STAMP).write_text(_stamp(wanted, venv, root), encoding="utf-8")
    return python


def _creation(root: Path, venv: Path, base_python: Path | None, environment: Mapping[str, str]) -> list[str]:
    """What creates the environment. Raises SyncFailed where no Python of this machine is the one asked for."""
    asked = str(_toml(root / "pyproject.toml").get("project", {}).get("requires-python", ""))
    base = base_python or suitable(asked, environment)
    if base is not None:
        return [str(base), "-m", "venv", "--clear", str(venv)]
    uv = find_uv(environment)
    if uv is None:
        raise SyncFailed(
            f"pyproject.toml asks for Python {asked}, and here is only {on_this_machine(environment)}: install one "
            f"that suits, or name it: {run_command(root, '--sync --python PATH')}"
        )
    return [uv, "venv", "--quiet", "--seed", "--clear", "--python", asked, str(venv)]


def declared(root: Path) -> Declared:
    """What the project's pyproject.toml, requirement files and RAW workflows ask for."""
    arguments, sources, parts = _from_pyproject(root)
    for path in component_files(root, REQUIREMENT_FILES):
        name = path.relative_to(root).as_posix()
        if path.parent == root:
            arguments += ["-r", str(path)]
        else:
            parts[name] = ("-r", str(path))
        sources.append(name)
    for path in component_files(root, ("pyproject.toml",)):
        name = path.relative_to(root).as_posix()
        if path.parent != root and {"build-system", "project"} <= set(_toml(path)):
            parts[name] = ("-e", str(path.parent))
            sources.append(name)
    scripts = _from_scripts(root)
    if scripts:
        arguments += [requirement for requirement in scripts if requirement not in arguments]
        sources.append("the workflows' script metadata")
    return Declared(tuple(arguments), tuple(sources), parts)


def _from_pyproject(root: Path) -> tuple[list[str], list[str], dict[str, tuple[str, ...]]]:
    """What tests need goes with the package itself; each other extra and group is a part."""
    data = _toml(root / "pyproject.toml")
    project = data.get("project", {})
    extras = project.get("optional-dependencies", {})
    groups = data.get("dependency-groups", {})
    installable = "build-system" in data and "name" in project

    def of_extra(name: str) -> tuple[str, ...]:
        return ("-e", f"{root}[{name}]") if installable else tuple(extras[name])

    testing = [name for name in extras if name.lower() in _TESTING]
    if installable:
        found = ["-e", f"{root}[{','.join(testing)}]" if testing else str(root)]
    else:
        found = [*project.get("dependencies", ()), *(each for name in testing for each in extras[name])]
    found += [each for name in groups if name.lower() in _TESTING for each in _group(groups, name, ())]
    apart = (*_TESTING, *_DOCUMENTATION)
    parts = {f"the extra {name}": of_extra(name) for name in extras if name.lower() not in apart}
    for name in groups:
        listed = tuple(_group(groups, name, ()))
        if name.lower() not in apart and not set(listed) <= set(found):
            parts[f"the group {name}"] = listed
    return found, ["pyproject.toml"] if found or parts else [], parts


def _toml(path: Path) -> dict[str, Any]:
    """What stands in a TOML file, nothing where there is none. Raises SyncFailed."""
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SyncFailed(f"{path}: {error}") from error


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


def _install_declared(
    python: Path, wanted: Declared, root: Path, environment: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """All at once, so that versions suit each other; where that fails, part by part. Raises SyncFailed."""
    if not wanted.parts or _install(python, wanted.everything(), root, environment) is not None:
        if wanted.arguments:
            trouble = _install(python, wanted.arguments, root, environment)
            if trouble is not None:
                raise SyncFailed(f"what the project declares could not be installed: {trouble}")
        for name, arguments in wanted.parts.items():
            trouble = _install(python, arguments, root, environment)
            if trouble is not None:
                say(f"left out, since it could not be installed: {name}: {trouble.splitlines()[-1]}")


def _install(python: Path, arguments: Sequence[str], root: Path, environment: Mapping[str, str]) -> str | None:
    """uv where it is there, else pip, which may be set up for other registries. None, or what went wrong."""
    uv = find_uv(environment)
    if uv is not None:
        outcome = _run(
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *arguments],
            root,
            environment,
        )
        if outcome.exit_code == 0 or _is_final(outcome):
            return _trouble(outcome)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    return _trouble(_run(pip, root, environment))


def _is_final(outcome: process.Outcome) -> bool:
    """What uv knows for sure, pip finds out after many tries; a name that uv's registries lack may be in pip's."""
    return b"No solution found" in outcome.output and b"not found in the package registry" not in outcome.output


def _must(words: Sequence[str], root: Path, environment: Mapping[str, str], trouble: str) -> None:
    why = _trouble(_run(words, root, environment))
    if why is not None:
        raise SyncFailed(f"{trouble}: {why}")


def _trouble(outcome: process.Outcome) -> str | None:
    """Why a program failed, None where it did not."""
    if outcome.exit_code == 0:
        return None
    said = outcome.not_started or outcome.output.decode("utf-8", "backslashreplace").strip()[-_SHOWN_TAIL:]
    return f"timed out ({_LIMIT_S:g} s)" if outcome.timed_out else said or f"exit {outcome.exit_code}"


def _run(words: Sequence[str], root: Path, environment: Mapping[str, str]) -> process.Outcome:
    return process.run(process.Command(tuple(words), root, dict(environment), _LIMIT_S))


def _stamp(wanted: Declared, venv: Path, root: Path) -> str:
    """Changes with the declarations and with every package that comes or goes."""
    folders = sorted(venv.glob("lib/python*/site-packages"))
    installed = [(str(folder.relative_to(venv)), folder.stat().st_mtime_ns) for folder in folders]
    files = component_files(root, (*REQUIREMENT_FILES, "pyproject.toml"))
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    return hashlib.sha256(json.dumps([wanted.everything(), texts, installed]).encode()).hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None
