"""Which Python a new environment of the project is made with: one that the project itself asks for."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from checks import process
from checks.install.pythons import KNOWN, Version, admits, own_version, shown

_LIMIT_S = 20.0


def suitable(asked: str | None, environment: Mapping[str, str]) -> Path | None:
    """Our own Python where `asked` (`requires-python`) admits it, else the newest here that it admits, else None."""
    if admits(asked, own_version()):
        return Path(getattr(sys, "_base_executable", sys.executable))
    wanted = (version for version in reversed(KNOWN) if admits(asked, version))
    return next((found for version in wanted for found in _working(version, environment)), None)


def on_this_machine(environment: Mapping[str, str]) -> str:
    """The versions that are here, for a person: `3.11, 3.13`."""
    found = {version for version in KNOWN if any(_working(version, environment))} | {own_version()}
    return ", ".join(shown(version) for version in sorted(found))


def _working(version: Version, environment: Mapping[str, str]) -> Iterator[Path]:
    """Those that can make an environment: what is on PATH may be a shim of pyenv that starts nothing, and Debian's
    Python comes without `ensurepip`."""
    for path in _candidates(version, environment):
        words = (str(path), "-c", "import ensurepip, venv")
        if process.run(process.Command(words, Path.cwd(), dict(environment), _LIMIT_S)).exit_code == 0:
            yield path


def _candidates(version: Version, environment: Mapping[str, str]) -> Iterator[Path]:
    name = f"python{shown(version)}"
    if found := shutil.which(name, path=environment.get("PATH", "")):
        yield Path(found)
    pyenv = environment.get("PYENV_ROOT") or (f"{environment['HOME']}/.pyenv" if environment.get("HOME") else None)
    if pyenv is not None:
        yield from sorted(Path(pyenv).glob(f"versions/{shown(version)}.*/bin/{name}"), reverse=True)
