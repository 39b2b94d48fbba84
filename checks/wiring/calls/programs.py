"""Judges calls of the project's own programs: modules, scripts, console scripts."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from checks.model import Diagnostic
from checks.wiring.calls.model import Call, Origin
from checks.wiring.calls.nearest import instead, nearest
from checks.wiring.calls.rules import PROGRAM, report
from checks.wiring.calls.trial import Attempt, Target
from checks.wiring.code.model import Code
from checks.wiring.deployments.commands import source_of
from checks.wiring.model import Kind
from checks.wiring.system import System

_CLOSE = 0.85
"""A name this like one of ours is taken for a slip, not for another package."""


class Programs:
    """The project's own programs."""

    def __init__(self, system: System) -> None:
        self.system, self.code = system, system.code
        self.files = frozenset(system.files)
        self.packages = frozenset(name.partition(".")[0] for name in self.code.modules)

    @cached_property
    def path_is_set(self) -> bool:
        """Whether more than a script's own folder may be on the path: something installs the project, or says so."""
        if any(file.rpartition("/")[2] in ("pyproject.toml", "setup.py", "setup.cfg") for file in self.files):
            return True
        return any("PYTHONPATH" in _read(self.system.root / file) for file in self.files if not file.endswith(".py"))

    def judge(self, call: Call) -> Iterator[Diagnostic]:
        """Whether the program is there; of what a deployment starts, the deployments' own rules say so."""
        started = call.started
        if call.origin is Origin.DEPLOYMENT or "$" in started.name or started.name in ("", "."):
            return
        if started.kind in (Kind.MODULE, Kind.APP):
            yield from self._judge_module(call)
        elif started.kind is Kind.FILE:
            yield from self._judge_file(call)
        elif started.kind is Kind.PROGRAM:
            yield from self._judge_script(call)

    def _judge_module(self, call: Call) -> Iterator[Diagnostic]:
        name = call.started.name.partition(":")[0]
        if self.code.file_of(call.started, call.unit) is not None or "/" in name:
            return
        top = name.partition(".")[0]
        if top not in self.packages:
            close = nearest(name, self.code.modules, _CLOSE)
            if close is None or "." not in close:
                return
        elif name in self.code.modules or f"{name}.__main__" in self.code.modules or self._is_package(name):
            text = f"`{call.text}`: the package `{name}` has no `__main__.py`, so that it cannot be started"
            yield report(PROGRAM, call.place, text)
            return
        yield report(
            PROGRAM, call.place, f"`{call.text}`: there is no module `{name}`{instead(name, self._startable())}"
        )

    def _is_package(self, name: str) -> bool:
        return any(module.startswith(f"{name}.") for module in self.code.modules)

    def _startable(self) -> list[str]:
        names = (name.removesuffix(".__main__") for name in self.code.modules)
        return [name for name in names if "test" not in name]

    def _judge_file(self, call: Call) -> Iterator[Diagnostic]:
        path = self._path(call)
        if path is None or path in self.files or (self.system.root / path).exists():
            return
        if self.code.file_of(call.started, call.unit) is not None and call.origin is not Origin.README:
            return
        alike = [file for file in self.files if file.endswith(posixpath.splitext(path)[1])]
        yield report(PROGRAM, call.place, f"`{call.text}`: there is no file `{path}`{_close(path, alike)}")

    def _path(self, call: Call) -> str | None:
        """The file of the project that is meant; None where that cannot be known."""
        name, unit = call.started.name, call.unit
        if unit is not None:
            if unit.built is None:
                return None
            workdir = call.started.workdir or unit.workdir or unit.built.workdir
            return source_of(name, workdir, unit.built)
        if name.startswith(("/", "~", "..")) or call.folder is None:
            return None
        return posixpath.normpath(posixpath.join(call.folder, name))

    def _judge_script(self, call: Call) -> Iterator[Diagnostic]:
        name, scripts = call.started.name, self.code.console_scripts
        if name in scripts or call.started.argv[0] != name or not scripts:
            return
        close = nearest(name, scripts, _CLOSE)
        if close is not None:
            yield report(PROGRAM, call.place, f"`{call.text}`: there is no program `{name}`; did you mean `{close}`?")

    def attempt(self, call: Call) -> Attempt | None:
        """What is to be tried; None where it is not a program of ours, or where it only tells about itself."""
        started = call.started
        if {"--help", "-h", "--version"} & set(started.arguments) or started.name.endswith((".sh", ".bash")):
            return None
        place = self.code.file_of(started, call.unit)
        if place is None or not place.file.endswith(".py") or self._is_doubtful(call):
            return None
        kind = {Kind.MODULE: "module", Kind.FILE: "file"}.get(started.kind)
        name = started.name
        if started.kind is Kind.PROGRAM and name in self.code.console_scripts:
            kind, name = "script", self.code.console_scripts[name]
        if kind is None:
            return None
        path = str(self.system.root / place.file) if kind == "file" else started.name
        return Attempt(self._target(kind, name, path, place.file, call), started.arguments, call.variables)

    def _is_doubtful(self, call: Call) -> bool:
        """Whether several files may be the module, and nothing says which."""
        placed = call.unit is not None and call.unit.built is not None
        if call.started.kind is not Kind.MODULE or placed or self.code.index is None:
            return False
        sources, name = self.code.index.sources, call.started.name
        return sources.module_at(call.folder or ".", name) is None and len(sources.anywhere(name)) > 1

    def _target(self, kind: str, name: str, path: str, file: str, call: Call) -> Target:
        root = self.system.root
        base = posixpath.dirname(file)
        if kind in ("module", "script"):
            tail = name.partition(":")[0].replace(".", "/")
            stem = file.removesuffix("/__main__.py").removesuffix(".py")
            base = stem[: -len(tail)].rstrip("/") if stem.endswith(tail) else ""
        first = root / base if base else root
        folder = root / call.folder if call.folder else first
        strict = kind == "file" and not self.path_is_set and "PYTHONPATH" not in call.variables
        roots = () if strict else self._import_roots(file)
        search = dict.fromkeys([str(first), *(str(root / one) for one in roots)])
        cwd = str(folder if folder.is_dir() else root)
        return Target(kind, name, path, cwd, tuple(search), imports=installed_imports(self.code, file), strict=strict)

    def _import_roots(self, file: str) -> list[str]:
        """Where imports of a file may start: what it lies in comes before its neighbours."""
        roots = self.code.index.sources.import_roots if self.code.index is not None else (".",)
        around = [root for root in roots if root != "." and file.startswith(f"{root}/")]
        return [*sorted(around, key=len, reverse=True), *(root for root in roots if root not in around)]


def installed_imports(code: Code, file: str) -> tuple[str, ...]:
    """The modules of installed packages that a file and what it imports of the project import."""
    if code.index is None:
        return ()
    sources, seen, found = code.index.sources, {file}, dict[str, None]()
    pending = [file]
    while pending:
        module = sources.load(pending.pop())
        for name, _line in module.imports if module is not None else ():
            own = sources.find(name, posixpath.dirname(module.file)) if module is not None else None
            if own is None and not name.startswith(".") and name.partition(".")[0] not in sys.stdlib_module_names:
                found[name] = None
            elif own is not None and own not in seen:
                seen.add(own)
                pending.append(own)
    return tuple(found)


def own_names(code: Code) -> frozenset[str]:
    """The names that imports of the project's own modules begin with."""
    return frozenset(name.partition(".")[0] for name in code.modules)


def _close(path: str, files: list[str]) -> str:
    same = [file for file in files if posixpath.basename(file) == posixpath.basename(path)]
    close = same[0] if len(same) == 1 else nearest(path, files)
    return f"; did you mean `{close}`?" if close else ""


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[: 1 << 18].decode("utf-8", "replace")
    except OSError:
        return ""
