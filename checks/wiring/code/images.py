"""Where the files of the project lie in a container, as far as its Dockerfile says so."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from checks.deploy.dockerfile.model import Built, Copied
from checks.wiring.code.sources import ROOT, ProjectSources
from checks.wiring.model import Started, Unit


def working_folder(unit: Unit, started: Started) -> str | None:
    """The absolute folder in the container that a program is started in; None where nobody can know."""
    base = unit.workdir or (unit.built.workdir if unit.built else None)
    if started.workdir is not None:
        if started.workdir.startswith("/"):
            return posixpath.normpath(started.workdir)
        return posixpath.normpath(posixpath.join(base, started.workdir)) if base else None
    return posixpath.normpath(base) if base else None


def import_folders(unit: Unit, started: Started) -> tuple[str, ...]:
    """The folders in the container that imports of a program start from, without what is installed."""
    folder = working_folder(unit, started)
    said = unit.variables.get("PYTHONPATH")
    value = said.value if said is not None else (unit.built.variables.get("PYTHONPATH") if unit.built else None)
    value = started.assigned.get("PYTHONPATH", value)
    named = [posixpath.join(folder or "/", part) for part in (value or "").split(":") if part]
    return tuple(dict.fromkeys(posixpath.normpath(each) for each in ([folder] if folder else []) + named))


def module_in_image(built: Built, folders: tuple[str, ...], dotted: str, sources: ProjectSources) -> str | None:
    """The project's file that a module name means in the container."""
    path = dotted.replace(".", "/")
    for folder in folders:
        for candidate in (f"{folder}/{path}.py", f"{folder}/{path}/__init__.py"):
            found = file_in_image(built, candidate, sources)
            if found is not None:
                return found
    return None


def file_in_image(built: Built, path: str, sources: ProjectSources) -> str | None:
    """The project's file that lies at an absolute path of the container."""
    wanted = posixpath.normpath(path)
    candidates = (file for copied in reversed(built.copied) for file in _sources_of(copied, wanted))
    return next((file for file in candidates if file in sources.files), None)


def folder_in_image(built: Built, path: str, sources: ProjectSources) -> str | None:
    """The project's folder that lies at an absolute path of the container; `.` for the project itself."""
    wanted = posixpath.normpath(path)
    for copied in reversed(built.copied):
        for folder in _sources_of(copied, wanted):
            if folder in ("", ROOT):
                return ROOT
            if folder in sources.folders:
                return folder
    return _by_layout(built, wanted, sources)


def _by_layout(built: Built, wanted: str, sources: ProjectSources) -> str | None:
    """A folder that holds copies of folders under their own names is as good as the folder they come from."""
    for copied in built.copied:
        source, target = copied.source.rstrip("/"), posixpath.normpath(copied.target)
        if posixpath.dirname(target) == wanted and posixpath.basename(target) == posixpath.basename(source):
            parent = posixpath.dirname(source)
            if parent in ("", ROOT) or parent in sources.folders:
                return parent or ROOT
    return None


def _sources_of(copied: Copied, wanted: str) -> Iterator[str]:
    source, target = posixpath.normpath(copied.source), posixpath.normpath(copied.target)
    source = "" if source == "." else source
    if wanted == target:
        yield source
    prefix = target if target.endswith("/") else f"{target}/"
    if wanted.startswith(prefix):
        rest = wanted[len(prefix) :]
        yield posixpath.join(source, rest)
        if rest == posixpath.basename(source):  # a file that was copied into a folder
            yield source
