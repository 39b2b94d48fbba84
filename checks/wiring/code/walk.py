"""Follows a program from its start, in an environment, and notes what it reads, what stops it, and what it serves."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Definition, Module, Scope
from checks.temporal.sources import folder_of
from checks.wiring.code.asking import Asking
from checks.wiring.code.catching import catches
from checks.wiring.code.demanding import Demanding
from checks.wiring.code.flow import Event, read_expression
from checks.wiring.code.given import is_named, kept, key_of
from checks.wiring.code.leaving import is_exit
from checks.wiring.code.listening import Listening
from checks.wiring.code.memory import Memory
from checks.wiring.code.noted import Found, Mention, Need, Note, Serving, Settled, Stop, Visit, Way
from checks.wiring.code.programs import Program
from checks.wiring.code.relevance import is_relevant
from checks.wiring.code.running import Running
from checks.wiring.code.settings_config import is_settings
from checks.wiring.code.thinking import Frame
from checks.wiring.code.worlds import Instance, Value, World

_MOST_CONTEXTS = 60
_MOST_VISITS = 20_000
_UNSURE = Way(sure=False)


class Walk(Asking, Demanding, Listening, Running):
    """One walk through one program in one world."""

    def __init__(self, names: Names, world: World, memory: Memory, *, thorough: bool = False) -> None:
        """`thorough`: goes also where the program may never come, for the sake of what is read there."""
        super().__init__(names, world, memory)
        self.thorough = thorough
        self.needs: dict[tuple[str, str, bool], Need] = {}
        self.reads: dict[tuple[str, Place], Found] = {}
        self.serving: list[Serving] = []
        self.settings: dict[str, Definition] = {}
        self.reads_dotenv = False
        self.whole = True
        """Whether it went everywhere: a program that goes on without end is left at some point."""
        self._seen: dict[Scope, list[tuple[object, Way]]] = {}
        self._visits = 0

    def follow(self, program: Program) -> None:
        """Goes through a program from its start."""
        self.notes = []
        self.program(program)
        self._go()

    def follow_all(self, module: Module) -> None:
        """Goes through a module as a program of its own, and every function in it, whoever may call them."""
        self.notes, self.world.main = [], module.file
        self.module(module.file, Way())
        for definition in module.definitions:
            self.definition(definition, {}, Way(sure=False))
        self._go()

    def passed(self, scope: Scope) -> bool:
        """Whether the program surely comes to a function, or to a module."""
        return any(way.sure for _, way in self._seen.get(scope, ()))

    def _go(self) -> None:
        """Takes what happens in its order; what is called happens where the call stands."""
        waiting = [(iter(self.notes), Way())]
        while waiting:
            notes, way = waiting[-1]
            note = next(notes, None)
            if note is None:
                waiting.pop()
            elif not isinstance(note, Visit):
                self._take(note, way)
            else:
                further = way.on(note.way) if way.sure and note.way.sure else _UNSURE
                if self._is_new(note, further):
                    waiting.append((iter(self._notes_of(note)), further))

    def _take(self, note: Note, way: Way) -> None:
        if isinstance(note, Found):
            key = (note.name, note.place)
            if key not in self.reads or self.reads[key].default is None:
                self.reads[key] = note
        elif isinstance(note, Stop):
            self._stop(note, way)
        elif isinstance(note, Serving):
            self.serving.append(note)
        elif isinstance(note, Settled):
            self.settings[note.definition.ref] = note.definition
        elif note is Mention.DOTENV:
            self.reads_dotenv = True

    def _stop(self, note: Stop, way: Way) -> None:
        if not catches(way.caught | note.way.caught, note.error, self.names):
            need = note.need if way.sure else replace(note.need, sure=False)
            self.needs.setdefault((need.name, need.why, need.sure), need)

    def _is_new(self, visit: Visit, way: Way) -> bool:
        """Whether a function was not looked at yet with what it is given here."""
        if not way.sure and not self.thorough:
            return False
        # Where nothing is known of the world, a function reads the same whatever it is given, unless that is a name.
        wanted = visit.key if visit.named or self.world.values is not None else None
        seen = self._seen.setdefault(visit.scope, [])
        for key, before in seen:
            if key == wanted and (before.sure or not way.sure) and before.caught <= way.caught:
                return False
        if len(seen) >= _MOST_CONTEXTS or self._visits > _MOST_VISITS:
            self.whole = False
            return False
        seen.append((wanted, way))
        self._visits += 1
        return True

    def _notes_of(self, visit: Visit) -> tuple[Note, ...]:
        """What happens in a function: as it was found before, where the world says the same to all that it asks."""
        given = visit.given
        key = (visit.scope, self.memory.number(given) if given else None)
        found = self.memory.notes.find(key, self.world)
        if found is None:
            self.notes, self.world.touched = [], set()
            frame = Frame(visit.scope, given)
            for event in self._relevant(visit.scope):
                self._event(event, frame, Way())
            found = tuple(self.notes)
            self.memory.notes.keep(key, self.world, found)
        return found

    def _relevant(self, scope: Scope) -> list[Event]:
        part = self.memory.part(scope)
        if part.relevant is None:
            part.relevant = [event for event in part.events if is_relevant(event, self.names)]
        return part.relevant

    # Where a program begins

    def program(self, program: Program) -> None:
        """Everything that a program runs on its way."""
        self.module(program.file, Way())
        if program.attribute is None:
            return
        ref = self.names.member(f"{program.file}:", program.attribute)
        definition = self.names.definition(ref) if ref and ":" in ref else None
        if definition is not None:
            self.definition(definition, self.values.defaults(definition), Way())

    def module(self, file: str, way: Way) -> None:
        """A module as it is imported, after the packages around it."""
        folder = folder_of(file)
        around = []
        while folder and f"{folder}/__init__.py" in self.names.sources.files:
            around.append(f"{folder}/__init__.py")
            folder = folder_of(folder)
        for each in (*reversed(around), file):
            module = self.names.sources.load(each)
            if module is not None:
                self._visit(module.scope, {}, way)

    def definition(self, definition: Definition, given: Mapping[str, Value], way: Way) -> None:
        """A function that is called, or a class that an object is made of."""
        if isinstance(definition.node, ast.ClassDef):
            self._instance(definition, given, way)
            return
        self._visit(definition.own, kept(given), way)

    def _instance(self, definition: Definition, given: Mapping[str, Value], way: Way) -> None:
        instance = Instance(definition, given)
        if is_settings(definition, self.names):
            self._read_settings(definition, given, way)
        else:
            self._factories(definition, given, way)
        for name in ("__init__", "__post_init__", "model_post_init"):
            ref = self.names.member(definition.ref, name)
            method = self.names.definition(ref) if ref else None
            if method is not None:
                self.definition(method, {**self.values.defaults(method), **given, "self": instance}, way)

    def _factories(self, definition: Definition, given: Mapping[str, Value], way: Way) -> None:
        """`field(default_factory=lambda: os.environ["X"])`: run for each object that is not given the field."""
        assert isinstance(definition.node, ast.ClassDef)  # noqa: S101 -- for the type checker: the caller looked
        for node in definition.node.body:
            call = node.value if isinstance(node, ast.AnnAssign) else None
            named = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in given
            for keyword in call.keywords if isinstance(call, ast.Call) and not named else ():
                if keyword.arg in ("default_factory", "factory") and isinstance(keyword.value, ast.Lambda):
                    scope = definition.own.module.scopes.get(keyword.value, definition.own)
                    for event in read_expression(keyword.value.body, scope).events:
                        self._event(event, Frame(scope), way)

    def _visit(self, scope: Scope, given: Mapping[str, Value], way: Way) -> None:
        self.notes.append(Visit(scope, given, way, key_of(given) if given else None, is_named(given)))

    def _event(self, event: Event, frame: Frame, way: Way) -> None:
        for turn, sure in self.values.turns(event, frame):
            self.world.consulted.clear()
            self.values.refuel()
            held = self.values.holds(event.around.path, turn)
            if held is False:
                continue
            certain = way.sure and sure and held is True and not event.around.doubt
            names = {self._caught(each, event) for each in event.around.caught}
            self._happens(event, turn, Way(certain, way.caught | names))

    def _caught(self, node: ast.expr | None, event: Event) -> str:
        return "*" if node is None else self.names.of(node, event.around.scope) or "*"

    def _happens(self, event: Event, frame: Frame, way: Way) -> None:
        node, scope = event.node, event.around.scope
        if isinstance(node, ast.Call):
            self._call(event, node, frame, way)
        elif isinstance(node, (ast.Subscript, ast.Compare)):
            self._subscript(node, scope, frame, way)
        elif isinstance(node, (ast.Raise, ast.Assert)):
            self._raise(event, node, frame, way)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for file in self._imported(node, scope):
                self.module(file, way)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._decorated(node, scope, way)

    def _call(self, event: Event, node: ast.Call, frame: Frame, way: Way) -> None:
        scope = event.around.scope
        name = self.names.of(node.func, scope) or ""
        if is_exit(node):
            self._raise(event, node, frame, way)
            return
        self.world.consulted.clear()
        base = self.values.base_of(node.func, scope, frame)
        if self._is_read(node, name, base, scope, frame):
            return
        if self._is_config(node.func, name, scope):
            self._configured(node, scope, frame, way)
        if name in ("dotenv.load_dotenv", "dotenv.main.load_dotenv"):
            self.notes.append(Mention.DOTENV)
        self._serves(node, name, scope, frame)
        self._demand(node, name, scope, frame, way)
        if name == "temporalio.worker.Worker":
            self._worker(node, scope, frame, way)
        else:
            self._runs(node, base, scope, frame, way)
