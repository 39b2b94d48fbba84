"""Which Python a new environment of the project is made with: one that the project itself asks for."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from checks.install.pythons import KNOWN, Version, admits, own_version, shown


def suitable(asked: str | None, environment: Mapping[str, str]) -> Path | None:
    """Our own Python where `asked` (`requires-python`) admits it, else the newest on PATH that it admits, else None."""
    if admits(asked, own_version()):
        return Path(getattr(sys, "_base_executable", sys.executable))
    for version in reversed(KNOWN):
        found = _on_path(version, environment) if admits(asked, version) else None
        if found is not None:
            return found
    return None


def on_this_machine(environment: Mapping[str, str]) -> str:
    """The versions that are here, for a person: `3.11, 3.13`."""
    found = {version for version in KNOWN if _on_path(version, environment)} | {own_version()}
    return ", ".join(shown(version) for version in sorted(found))


def _on_path(version: Version, environment: Mapping[str, str]) -> Path | None:
    found = shutil.which(f"python{shown(version)}", path=environment.get("PATH", ""))
    return Path(found) if found else None
