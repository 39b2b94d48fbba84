"""Everything read from the code of one project, each part when it is first asked for."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from checks.model import Place
from checks.raw.workflows import is_main_guard
from checks.temporal.scopes import Definition
from checks.temporal.sources import folder_of
from checks.wiring.code.holder import Holder
from checks.wiring.code.memory import Memory
from checks.wiring.code.mentions import Mentions
from checks.wiring.code.packaging import read_scripts
from checks.wiring.code.programs import Program, Programs
from checks.wiring.code.remembered import RememberedNames
from checks.wiring.code.routes import Routes
from checks.wiring.code.settings_config import configured
from checks.wiring.code.sources import ProjectSources
from checks.wiring.code.walk import Walk
from checks.wiring.code.worlds import Value, World
from checks.wiring.model import App, Kind, Started, Unit


class Index:
    """The code of a project, with what resolves names in it."""

    def __init__(self, root: Path, files: Sequence[str]) -> None:
        self.root = root
        self.files = tuple(files)
        self.sources = ProjectSources(root, files)
        self.names = RememberedNames(self.sources)
        self.scripts = read_scripts(root, files)
        self.programs = Programs(self.sources, self.scripts)
        self._walks: dict[object, Walk] = {}
        self.left: set[str] = set()
        """Programs that go on for so long that they were not followed to their end."""
        self.memory = Memory()

    @cached_property
    def routes(self) -> Routes:
        """The applications and routers."""
        return Routes(self.sources, self.names)

    @cached_property
    def _apps_by_holder(self) -> dict[int, App]:
        return {id(holder): app for holder, app in zip(self.routes.app_holders(), self.apps, strict=True)}

    @cached_property
    def apps(self) -> tuple[App, ...]:
        """Every HTTP application."""
        return self.routes.apps()

    def walk(
        self,
        started: Started,
        values: Mapping[str, Value] | None,
        unit: Unit | None = None,
        *,
        thorough: bool = False,
    ) -> Walk | None:
        """A program followed from its start with these variables; None where it is not the project's own."""
        program = self.programs.find(started, unit)
        if program is None:
            return None
        key = (program, None if values is None else frozenset(values.items()), thorough)
        if key not in self._walks:
            main = program.file if started.kind in (Kind.MODULE, Kind.FILE, Kind.WORKFLOW) else None
            walk = Walk(self.names, World(values, main), self.memory, thorough=thorough)
            walk.follow(program)
            self._walks[key] = walk
            if not walk.whole:
                self.left.add(started.name)
        return self._walks[key]

    @cached_property
    def everything(self) -> Walk:
        """Every module with all its functions, in an environment of which nothing is known."""
        walk = Walk(self.names, World(None), self.memory, thorough=True)
        for module in self.sources.own_modules():
            walk.follow_all(module)
        return walk

    @cached_property
    def mentions(self) -> Mentions:
        """The names that occur in code."""
        return Mentions(self.root, self.files, self.sources, self.names)

    def may_read(self, name: str) -> bool:
        """Whether anything in the project may read a variable of that name."""
        return self.mentions.may_read(name)

    @cached_property
    def read_names(self) -> tuple[str, ...]:
        """The variables that the code reads, as far as their names are known."""
        return tuple(sorted({found.name for found in self.everything.reads.values()}))

    def env_files(self, definition: Definition) -> tuple[str, ...]:
        """The env files that a settings class reads."""
        return configured(definition, self.names).env_files

    def has_main(self, file: str) -> bool:
        """Whether a module does something when it is started."""
        module = self.sources.load(file)
        if module is None or module.in_tests:
            return False
        return file.endswith("__main__.py") or any(is_main_guard(each) for each in module.tree.body)

    def place_of(self, started: Started, unit: Unit | None) -> Place | None:
        """Where a program begins."""
        program = self.programs.find(started, unit)
        if program is None:
            return None
        definition = self.attribute(program)
        return Place(program.file, definition.node.lineno if definition is not None else 1)

    def attribute(self, program: Program) -> Definition | None:
        """The function or class that a program starts with."""
        if program.attribute is None:
            return None
        ref = self.names.member(f"{program.file}:", program.attribute)
        return self.names.definition(ref) if ref and ":" in ref else None

    def app_of(self, started: Started, unit: Unit | None) -> App | None:
        """The application that a server is told to run, or that a program runs by itself."""
        program = self.programs.find(started, unit)
        if program is None:
            return None
        if started.kind is Kind.APP:
            holder = self.holder_of(program)
        else:
            walk = self.walk(started, None, unit)
            holder = self._served(walk) if walk is not None else None
        return self._apps_by_holder.get(id(holder)) if holder is not None else None

    def _served(self, walk: Walk) -> Holder | None:
        """The application that is handed to `uvicorn.run`, as it is or by its name."""
        serving = walk.serving[0] if len(walk.serving) == 1 else None
        if serving is None or serving.app is None:
            return None
        if not isinstance(serving.app, ast.Constant):
            return self.routes.holder_of(serving.app, serving.scope)
        module, _, attribute = str(serving.app.value).partition(":")
        file = self.sources.find(module, folder_of(serving.scope.module.file))
        return self.holder_of(Program(file, attribute)) if file is not None else None

    def holder_of(self, program: Program) -> Holder | None:
        """What the application is made by."""
        module = self.sources.load(program.file)
        if module is None or program.attribute is None:
            return None
        definition = self.attribute(program)
        if definition is not None:
            return self.routes.returned(definition)
        return self.routes.holder_of(ast.Name(program.attribute, ast.Load()), module.scope)
