"""Which RAW workflows a unit comes to start, and where their scripts lie."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.model import Place
from checks.wiring.calls.in_code import calls_in_code
from checks.wiring.calls.model import Call
from checks.wiring.deployments.reach import Part
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Kind, Unit
from checks.wiring.system import System

_SCRIPT = re.compile(r"(?:^|/)\.raw/workflows/([^/]+)/run\.py\Z")
_THROUGH = re.compile(r"\(([^()\s]+):(\d+)\)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A workflow of the project that a unit starts: its script, and who says so."""

    script: str
    place: Place


class Workflows:
    """The workflows of a project, and the calls of them in its code."""

    def __init__(self, system: System, uses: Uses) -> None:
        self.system, self.uses = system, uses
        self._called: dict[tuple[int, ...], tuple[Wanted, ...]] = {}

    @cached_property
    def scripts(self) -> dict[str, str]:
        """The script of each workflow, by its id."""
        return {found[1]: file for file in self.system.files if (found := _SCRIPT.search(file))}

    @cached_property
    def _calls(self) -> tuple[Call, ...]:
        calls = calls_in_code(self.system.code) if self.scripts else ()
        return tuple(call for call in calls if call.started.kind is Kind.WORKFLOW)

    def of(self, unit: Unit) -> Iterator[Wanted]:
        """Those that a unit's command or its code starts, as far as they are named."""
        for started in unit.starts:
            if started.kind is Kind.WORKFLOW and started.name in self.scripts:
                yield Wanted(self.scripts[started.name], unit.argv_place or unit.place)
        if self._calls:
            key = tuple(id(self.uses.reach(started, unit)) for started in unit.starts)
            if key not in self._called:
                self._called[key] = tuple(self._in_code(unit))
            yield from self._called[key]

    def _in_code(self, unit: Unit) -> Iterator[Wanted]:
        parts = tuple(self.uses.parts_of(unit))
        for call in self._calls:
            if call.started.name in self.scripts and self._reached(call, parts):
                yield Wanted(self.scripts[call.started.name], call.place)

    def _reached(self, call: Call, parts: tuple[Part, ...]) -> bool:
        places = [call.place, *(Place(file, int(line)) for file, line in _THROUGH.findall(call.through or ""))]
        return all(any(_holds(part, place) for part in parts) for place in places)


def _holds(part: Part, place: Place) -> bool:
    return part.module.file == place.file and place.line is not None and part.name == _around(part, place.line)


def _around(part: Part, line: int) -> str | None:
    """The function at the top of a module, or of a class there, that a line lies in."""
    for node in part.module.tree.body:
        if isinstance(node, ast.ClassDef) and _spans(node, line):
            return next((each.name for each in node.body if _is_function(each) and _spans(each, line)), None)  # type: ignore[attr-defined]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _spans(node, line):
            return node.name
    return None


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
