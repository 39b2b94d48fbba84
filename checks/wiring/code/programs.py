"""From a program that a command line starts to the project's file in which it begins."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from checks.raw.workflows import WORKFLOWS
from checks.temporal.sources import folder_of
from checks.wiring.code.images import file_in_image, import_folders, module_in_image, working_folder
from checks.wiring.code.packaging import Script
from checks.wiring.code.sources import ROOT, ProjectSources
from checks.wiring.model import Kind, Started, Unit

_TAKE_MODULES = {"arq", "dramatiq", "streamlit"}
_MIGRATIONS = re.compile(r"(?:^|/)(?:alembic|migrations)/env\.py$")


@dataclass(frozen=True, slots=True)
class Program:
    """Where a program begins: a file, and in it what is asked for (`app`, `main`; None: the file itself).

    `exact` is false where the file was found by its name alone, not from the folder that the program starts in.
    """

    file: str
    attribute: str | None = None
    exact: bool = True


class Programs:
    """Finds the project's own programs."""

    def __init__(self, sources: ProjectSources, scripts: tuple[Script, ...]) -> None:
        self.sources = sources
        self.scripts: Mapping[str, Script] = {script.name: script for script in reversed(scripts)}

    def find(self, started: Started, unit: Unit | None = None) -> Program | None:
        """The program, as it is found in the unit's image where a unit is given."""
        if started.kind is Kind.MODULE:
            return self._module(started.name, None, started, unit)
        if started.kind is Kind.APP:
            name, _, attribute = started.name.partition(":")
            if name.endswith(".py") or "/" in name:
                return self._file(name, attribute or "app", started, unit)
            return self._module(name, attribute.partition("(")[0] or "app", started, unit)
        if started.kind is Kind.FILE:
            return self._file(started.name, None, started, unit)
        if started.kind is Kind.WORKFLOW:
            file = f"{WORKFLOWS.as_posix()}/{started.name}/run.py"
            return Program(file) if file in self.sources.files else None
        script = self.scripts.get(started.name)
        return self._script(script) if script else self._by_option(started, unit)

    def _by_option(self, started: Started, unit: Unit | None) -> Program | None:
        """Programs from elsewhere that are told which of the project's modules to run."""
        if started.name == "alembic":
            return self._migrations(started)
        words = started.arguments
        if started.name == "celery":
            given = _after(words, ("-A", "--app"))
            name, _, attribute = (given or "").partition(":")
            found = self._module(name, None, started, unit) if name else None
            return found or (self._module(name.rpartition(".")[0], attribute or None, started, unit) if name else None)
        named = next((word for word in words if not word.startswith("-")), "") if started.name in _TAKE_MODULES else ""
        if started.name == "arq" and "." in named:
            return self._module(named.rpartition(".")[0], None, started, unit)
        return self._module(named.partition(":")[0], None, started, unit) if named else None

    def script(self, script: Script) -> Program | None:
        """Where a console script begins; None where its module is not there."""
        return self._script(script)

    def _migrations(self, started: Started) -> Program | None:
        """Alembic runs the `env.py` beside the `versions`."""
        folders = {folder_of(folder) for folder in self.sources.folders if folder.endswith("/versions")}
        found = [f"{folder}/env.py" for folder in sorted(folders) if f"{folder}/env.py" in self.sources.files]
        found = found or [file for file in sorted(self.sources.files) if _MIGRATIONS.search(file)]
        here = posixpath.normpath(posixpath.join(_folder(started), "."))
        near = [file for file in found if here != ROOT and file.startswith(f"{here}/")] or found
        return Program(near[0], exact=False) if len(near) == 1 else None

    def _script(self, script: Script) -> Program | None:
        module, _, function = script.target.partition(":")
        for base in dict.fromkeys((script.folder or ROOT, *self.sources.import_roots)):
            file = self.sources.module_at(base, module)
            if file is not None:
                return Program(file, function.partition(".")[0] or None)
        return None

    def module_file(self, dotted: str, started: Started, unit: Unit | None) -> tuple[str, bool] | None:
        """The file of a module as a program would import it, and whether that is sure."""
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return None
        if unit is not None and unit.built is not None:
            found = module_in_image(unit.built, import_folders(unit, started), dotted, self.sources)
            if found is not None:
                return found, True
        elif unit is None:
            found = self.sources.module_at(_folder(started), dotted)
            if found is not None:
                return found, True
        for base in self.sources.import_roots:
            found = self.sources.module_at(base, dotted)
            if found is not None:
                return found, unit is None and started.workdir is None
        everywhere = self.sources.anywhere(dotted)
        return (everywhere[0], False) if len(everywhere) == 1 else None

    def _module(self, dotted: str, attribute: str | None, started: Started, unit: Unit | None) -> Program | None:
        found = self.module_file(dotted, started, unit)
        if found is None:
            return None
        file, exact = found
        if attribute is None and file.endswith("/__init__.py"):
            file = f"{file.removesuffix('__init__.py')}__main__.py"
            return Program(file, None, exact) if file in self.sources.files else None
        return Program(file, attribute, exact)

    def _file(self, name: str, attribute: str | None, started: Started, unit: Unit | None) -> Program | None:
        if unit is not None and unit.built is not None:
            folder = working_folder(unit, started)
            path = name if name.startswith("/") else posixpath.join(folder, name) if folder else None
            found = file_in_image(unit.built, path, self.sources) if path else None
            if found is not None:
                return Program(found, attribute)
        here = posixpath.normpath(posixpath.join(_folder(started), name))
        if here in self.sources.files:
            return Program(here, attribute, unit is None)
        tail = posixpath.normpath(name).lstrip("./")
        ends = [file for file in sorted(self.sources.files) if f"/{file}".endswith(f"/{tail}")]
        return Program(ends[0], attribute, exact=False) if len(ends) == 1 else None


def _folder(started: Started) -> str:
    workdir = started.workdir
    return ROOT if workdir is None or workdir.startswith("/") else posixpath.normpath(workdir)


def _after(words: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else words[position + 1] if position + 1 < len(words) else None
    return None
