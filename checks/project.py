"""What a project is: its folder, and the Python that its code runs in."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from checks.hints import run_command

REQUIREMENT_FILES = ("requirements.txt", "requirements/*.txt", "requirements-*.txt", "requirements_*.txt")
_COMPONENT_DEPTHS = ("", "*/", "*/*/")
_NOT_THE_PROJECTS = frozenset(("node_modules", "site-packages", "venv", "env", "build", "dist", "vendor"))


class Python(NamedTuple):
    """The project's Python: absolute `path` (a link is not followed: it decides the environment) and where it is from.

    `problem` is why nothing that needs the project's own packages can be judged in it, with the command that mends it.
    """

    path: Path
    source: str
    problem: str | None = None

    def describe(self) -> str:
        """One phrase for the header of every report."""
        return f"{self.path} ({self.source})"


class PythonNotFound(Exception):
    """`--python` names nothing that could be started."""


def find_python(root: Path, explicit: str | None, environment: Mapping[str, str]) -> Python:
    """`--python`, else the project's `.venv`, else the active environment, else our own.

    Raises PythonNotFound where `--python` names no program.
    """
    if explicit is not None:
        return Python(_explicit(explicit, environment), "--python")
    own_environment = _bin_python(root / ".venv")
    if own_environment is not None:
        return Python(own_environment, "the project's .venv")
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        active = _bin_python(Path(environment[variable])) if environment.get(variable) else None
        if active is not None:
            return Python(active, f"the active environment, {variable}")
    problem = f"the project has no environment yet; create it: {run_command(root, '--sync')}"
    return Python(Path(sys.executable), "skillgate's own", problem if declares_dependencies(root) else None)


def find_uv(environment: Mapping[str, str], *besides: Path) -> str | None:
    """uv on PATH, in one of these folders, or beside our own Python."""
    import shutil

    folders = (environment.get("PATH", ""), *map(str, besides), str(Path(sys.executable).parent))
    return next((found for folder in folders if (found := shutil.which("uv", path=folder))), None)


def _explicit(name: str, environment: Mapping[str, str]) -> Path:
    if os.sep not in name:
        import shutil

        found = shutil.which(name, path=environment.get("PATH"))
        if found is None:
            raise PythonNotFound(f"`--python {name}`: no such program on PATH")
        return Path(found).absolute()
    path = Path(name).absolute()
    if path.is_dir():
        path = _bin_python(path) or path
    if not path.is_file() or not os.access(path, os.X_OK):
        raise PythonNotFound(f"`--python {name}`: no program there")
    return path


def _bin_python(environment: Path) -> Path | None:
    for name in ("python", "python3"):
        candidate = environment.absolute() / "bin" / name
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


def declares_dependencies(root: Path) -> bool:
    """Whether the project says what its own environment must hold."""
    if component_files(root, REQUIREMENT_FILES):
        return True
    return any(_asks_for_packages(path) for path in component_files(root, ("pyproject.toml",)))


def component_files(root: Path, patterns: Sequence[str]) -> list[Path]:
    """Files of the project and of its components, two folders down at most; what is nearest to the top comes first."""
    found: dict[Path, None] = {}
    for depth in _COMPONENT_DEPTHS:
        for pattern in patterns:
            found.update((path, None) for path in sorted(root.glob(depth + pattern)) if _is_own(path, root))
    return list(found)


def _is_own(path: Path, root: Path) -> bool:
    folders = path.relative_to(root).parts[:-1]
    hidden = any(part.startswith(".") or part in _NOT_THE_PROJECTS for part in folders)
    return not hidden and path.is_file()


def _asks_for_packages(path: Path) -> bool:
    try:
        text = path.read_bytes()
    except OSError:
        return False
    if b"[project]" not in text:
        return False
    import tomllib

    try:
        project = tomllib.loads(text.decode("utf-8", "replace")).get("project", {})
    except tomllib.TOMLDecodeError:
        return False
    return isinstance(project, dict) and bool(project.get("dependencies") or project.get("optional-dependencies"))
