"""Follows imports into the project itself: its tools and the modules beside a run.py or at its root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from checks.raw.modules import Module, Modules
from checks.raw.source import Fault

TOOLS = frozenset(("tools", "_tools"))
RE_EXPORTS = 4
"""How many re-exports of a name are followed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an import; `file` and `fault` where it is another file that is broken."""

    rule: str
    message: str
    hint: str | None = None
    file: str | None = None
    fault: Fault | None = None
    once: bool = False
    """Whether it is told of the first import only: it is no fault of the import."""


class OwnImports:
    """Answers for each import of a project once, however many workflows ask."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._folders: dict[str, bool] = {}
        self._answers: dict[tuple[tuple[str, ...], str, str | None], tuple[Problem, ...]] = {}

    def search_of(self, module: Module, top: str) -> tuple[str, ...]:
        """Where the module looks for `top`: its own folder only if something of that name is in it."""
        beside = module.search[0]
        shared = (self.modules.base, os.path.join(self.modules.base, "src"))  # noqa: PTH118
        return (beside, *shared) if self.modules.holds(beside, top) else shared

    def is_own(self, search: tuple[str, ...], top: str) -> bool:
        """Whether the project has a module of that name; a folder without any Python file is none."""
        path = self.modules.locate(top, search)
        return path is not None and (path.suffix == ".py" or self._holds_python(path))

    def _holds_python(self, folder: Path) -> bool:
        key = os.fspath(folder)
        if key not in self._folders:
            self._folders[key] = any(folder.glob("*.py")) or any(folder.glob("*/*.py"))
        return self._folders[key]

    def problems(self, search: tuple[str, ...], dotted: str, name: str | None) -> tuple[Problem, ...]:
        """What is wrong with `from dotted import name`, or with `import dotted` where `name` is None."""
        key = (search, dotted, name)
        if key not in self._answers:
            self._answers[key] = tuple(self._problems(search, dotted, None if name == "*" else name))
        return self._answers[key]

    def _problems(self, search: tuple[str, ...], dotted: str, name: str | None) -> list[Problem]:
        path = self.modules.locate(dotted, search)
        if path is None:
            return [self._missing(dotted)]
        problems = self._broken(search, dotted) + self._bare_tool(search, dotted, name)
        if name is None:
            return problems
        if self.modules.locate(f"{dotted}.{name}", search) is not None:
            return problems + self._broken(search, f"{dotted}.{name}")
        other = self.modules.find(dotted, search)
        fault = self._lacks(other, name, RE_EXPORTS) if other else "no `__init__.py`, and no such module in it"
        if fault is not None:
            message = f"`{name}` cannot be imported from `{dotted}`: {fault}"
            problems.append(Problem(_rule(dotted, dotted in TOOLS), message, self._hint(dotted, name, other)))
        return problems

    def _missing(self, dotted: str) -> Problem:
        is_tool = dotted.partition(".")[0] in TOOLS
        message = f"`{dotted}` is imported, and the project has no such module"
        if is_tool and not (self.modules.root / "tools").is_dir():
            message = f"`{dotted}` is imported, and the project has no `tools/` folder"
        parent, _, last = dotted.rpartition(".")
        folder = self.modules.root.joinpath(*parent.split("."))
        names = [entry.stem for entry in folder.iterdir()] if folder.is_dir() else []
        return Problem(_rule(dotted, is_tool), message, _did_you_mean(last, names) or _create(dotted))

    def _bare_tool(self, search: tuple[str, ...], dotted: str, name: str | None) -> list[Problem]:
        """RAW warns of a tool without `__init__.py`: it works only while its modules are named in full."""
        parts = [*dotted.split("."), *([name] if name else [])][:2]
        tool = ".".join(parts)
        path = self.modules.locate(tool, search) if len(parts) == 2 and parts[0] in TOOLS else None
        if path is None:
            return []
        if path.suffix == ".py":
            return self._flat_tool(tool, path) if "." in dotted and path.name != "__init__.py" else []
        return [Problem("raw.tool-no-init", f"`{tool}` has no `__init__.py`", f"touch {_folder(tool)}/__init__.py")]

    def _flat_tool(self, tool: str, path: Path) -> list[Problem]:
        """Python imports `tools/x.py`; RAW's own validator looks for a folder."""
        file = self._relative(path)
        message = f"`{file}` is a module, and RAW's tools are folders: `raw show --validate` says `Tool not found`"
        hint = f"move it to {_folder(tool)}/tool.py, with an __init__.py that imports its names"
        return [Problem("raw.flat-tool", message, hint, once=True)]

    def _broken(self, search: tuple[str, ...], dotted: str) -> list[Problem]:
        """The module, and of a tool its `tool.py`, as far as they cannot be parsed."""
        names = [dotted, f"{dotted}.tool"] if dotted.partition(".")[0] in TOOLS else [dotted]
        found = [self.modules.find(name, search) for name in names]
        return [self._fault(part, part.source.fault) for part in found if part is not None and part.source.fault]

    def _fault(self, part: Module, fault: Fault) -> Problem:
        file = self._relative(part.source.path)
        return Problem("raw.local-import-broken", f"`{file}`: {fault.message}", None, file, fault)

    def _lacks(self, other: Module, name: str, depth: int) -> str | None:
        """Why `other` surely does not define `name`, following what it re-exports."""
        outline, file = other.outline, self._relative(other.source.path)
        if other.source.tree is None or outline.open_ended or "globals()" in other.source.text:
            return None
        if name not in outline.bound:
            return f"`{file}` does not define it"
        origin = outline.origins.get(name, "")
        source, _, original = origin.lstrip(".").rpartition(".")
        if not depth or not source or not origin.startswith(".") or origin.startswith(".."):
            return None
        beside = (os.path.dirname(other.source.path),)  # noqa: PTH120
        path = self.modules.locate(source, beside)
        if path is None:
            return f"`{file}` imports it from `.{source}`, which does not exist"
        if path.suffix != ".py" or self.modules.locate(f"{source}.{original}", beside) is not None:
            return None
        target = self.modules.find(source, beside)
        return self._lacks(target, original, depth - 1) if target else None

    def _hint(self, dotted: str, name: str, other: Module | None) -> str:
        if other is None:
            return f"create {_folder(dotted)}/__init__.py with `from .tool import {name}`"
        return _did_you_mean(name, sorted(other.outline.bound)) or f"define `{name}` there"

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.modules.root).as_posix()


def _rule(dotted: str, is_tool: bool) -> str:
    return "raw.tool-not-found" if is_tool and dotted.partition(".")[0] in TOOLS else "raw.local-name-missing"


def _folder(dotted: str) -> str:
    return dotted.replace(".", "/")


def _create(dotted: str) -> str:
    return f"create {_folder(dotted)}/__init__.py"


def _did_you_mean(name: str, names: list[str]) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(name, names, 1)
    return f"did you mean `{close[0]}`?" if close else None
