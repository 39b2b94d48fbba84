"""Follows a program from its start, in an environment, and notes what it reads, what stops it, and what it serves."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Definition, Module, Scope
from checks.temporal.sources import folder_of
from checks.wiring.code import settings
from checks.wiring.code.catching import catches
from checks.wiring.code.flow import Event, Part, is_exit, read_expression
from checks.wiring.code.programs import Program
from checks.wiring.code.relevance import ENGINES, LOCAL_SERVERS, RUNS_WHAT_IT_IS_GIVEN, SERVERS, SOCKETS, is_relevant
from checks.wiring.code.values import Frame, Values, argument, is_get, place_of
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Text, Value, World

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,60}")
_MOST_CONTEXTS = 60
_MOST_VISITS = 2000
_ROUTING = {
    "get", "post", "put", "patch", "delete", "head", "options", "websocket", "route", "api_route", "on_event",
    "middleware", "before_request", "before_serving", "on_startup",
}  # fmt: skip
_DEFAULT_PORTS = {"uvicorn.run": 8000, "uvicorn.Config": 8000, "uvicorn.main.run": 8000, "flask.Flask.run": 5000}
_CONFIGS = {"decouple.AutoConfig", "starlette.config.Config", "environs.Env", "environs.FileAwareEnv"}
_NO_READS = {"read_env", "prefixed", "seal", "dump", "add_parser"}


@dataclass(frozen=True, slots=True)
class Need:
    """A variable that stops a program as the environment is. `why`: `unset`, `empty` or `refused`, `detail` says how.

    `sure` is false where only a run would tell whether the program gets there.
    """

    name: str
    why: str
    place: Place
    sure: bool
    value: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A reading of a variable; `default` is what serves where it is not set, None where that is nothing or unknown."""

    name: str
    place: Place
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """A call that serves; `host` and `port` are None where it does not say, and UNKNOWN where only a run would tell."""

    server: str
    host: Value
    port: Value
    app: ast.expr | None
    scope: Scope
    place: Place

    @property
    def default_port(self) -> int | None:
        """What the server listens on where nothing is said."""
        return 8080 if self.server in ("aiohttp.web.run_app", "waitress.serve") else _DEFAULT_PORTS.get(self.server)

    @property
    def default_host(self) -> str | None:
        """The address that the server binds where nothing is said."""
        return "127.0.0.1" if self.server in LOCAL_SERVERS else "0.0.0.0"  # noqa: S104 -- what servers bind


@dataclass(frozen=True, slots=True)
class _Way:
    """How the walk got here: whether surely, and which exceptions are survived further up."""

    sure: bool = True
    caught: frozenset[str] = frozenset()


_UNSURE = _Way(sure=False)


class Walk:
    """One walk through one program in one world."""

    def __init__(
        self,
        names: Names,
        world: World,
        main: str | None = None,
        parts: dict[Scope, Part] | None = None,
        *,
        thorough: bool = False,
    ) -> None:
        """`thorough`: goes also where the program may never come, for the sake of what is read there."""
        self.names = names
        self.world = world
        self.thorough = thorough
        self.values = Values(names, world, main, parts)
        self.needs: dict[tuple[str, str, bool], Need] = {}
        self.reads: dict[tuple[str, Place], Found] = {}
        self.serving: list[Serving] = []
        self.settings: dict[str, Definition] = {}
        self.reads_dotenv = False
        self._seen: dict[Scope, list[tuple[object, _Way]]] = {}
        self._visits = 0

    # Where a program begins

    def program(self, program: Program) -> None:
        """Everything that a program runs on its way."""
        self.module(program.file, _Way())
        if program.attribute is None:
            return
        ref = self.names.member(f"{program.file}:", program.attribute)
        definition = self.names.definition(ref) if ref and ":" in ref else None
        if definition is not None:
            self.definition(definition, self.values.defaults(definition), _Way())

    def module(self, file: str, way: _Way) -> None:
        """A module as it is imported, after the packages around it."""
        folder = folder_of(file)
        around = []
        while folder and f"{folder}/__init__.py" in self.names.sources.files:
            around.append(f"{folder}/__init__.py")
            folder = folder_of(folder)
        for each in (*reversed(around), file):
            module = self.names.sources.load(each)
            if module is not None:
                self._part(module.scope, Frame(module.scope), way, None)

    def main_module(self, module: Module) -> None:
        """A module as a program of its own, and every function in it, whoever may call them."""
        self.values.main = module.file
        self.module(module.file, _Way())
        for definition in module.definitions:
            self.definition(definition, {}, _Way(sure=False))

    def definition(self, definition: Definition, given: Mapping[str, Value], way: _Way) -> None:
        """A function that is called, or a class that an object is made of."""
        if isinstance(definition.node, ast.ClassDef):
            self._instance(definition, given, way)
            return
        kept = _kept(given)
        self._part(definition.own, Frame(definition.own, kept), way, _key(kept))

    def _instance(self, definition: Definition, given: Mapping[str, Value], way: _Way) -> None:
        instance = Instance(definition, given)
        if settings.is_settings(definition, self.names):
            self._read_settings(definition, given, way)
        else:
            self._factories(definition, given, way)
        for name in ("__init__", "__post_init__", "model_post_init"):
            ref = self.names.member(definition.ref, name)
            method = self.names.definition(ref) if ref else None
            if method is not None:
                self.definition(method, {**given, "self": instance}, way)

    def _factories(self, definition: Definition, given: Mapping[str, Value], way: _Way) -> None:
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

    def _part(self, scope: Scope, frame: Frame, way: _Way, key: object) -> None:
        if not way.sure:
            if not self.thorough:
                return
            way = _UNSURE
        seen = self._seen.setdefault(scope, [])
        covered = any(k == key and (w.sure or not way.sure) and w.caught <= way.caught for k, w in seen)
        if covered or len(seen) >= _MOST_CONTEXTS or self._visits > _MOST_VISITS:
            return
        seen.append((key, way))
        self._visits += 1
        part = self.values.part(scope)
        if part.relevant is None:
            part.relevant = [event for event in part.events if is_relevant(event, self.names)]
        for event in part.relevant:
            self._event(event, frame, way)

    def _event(self, event: Event, frame: Frame, way: _Way) -> None:
        for turn, sure in self.values.turns(event, frame):
            self.world.consulted.clear()
            self.values.refuel()
            held = self.values.holds(event.around.path, turn)
            if held is False:
                continue
            certain = way.sure and sure and held is True and not event.around.doubt
            names = {self._caught(each, event) for each in event.around.caught}
            self._happens(event, turn, _Way(certain, way.caught | names))

    def _caught(self, node: ast.expr | None, event: Event) -> str:
        return "*" if node is None else self.names.of(node, event.around.scope) or "*"

    def _happens(self, event: Event, frame: Frame, way: _Way) -> None:
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

    # Reading

    def _subscript(self, node: ast.Subscript | ast.Compare, scope: Scope, frame: Frame, way: _Way) -> None:
        if isinstance(node, ast.Compare):
            self.values.of(node, scope, frame)
            self._note()
            return
        if self.values.of(node.value, scope, frame) is not ENVIRON:
            return
        key = self.values.of(node.slice, scope, frame)
        if isinstance(key, str):
            place = getattr(key, "place", place_of(node, scope))
            self._read(key, place, None)
            if self.world.values is not None and self.world.values.get(key) is None:
                self._need(Need(str(key), "unset", place, way.sure), "builtins.KeyError", way)

    def _note(self) -> None:
        for name, place in self.world.consulted.items():
            self._read(name, place, None)

    def _read(self, name: str, place: Place, default: Value) -> None:
        text = str(default) if isinstance(default, (str, int, float)) else None
        key = (str(name), place)
        if key not in self.reads or self.reads[key].default is None:
            self.reads[key] = Found(str(name), place, text)

    def _need(self, need: Need, error: str, way: _Way) -> None:
        if not catches(way.caught, error, self.names):
            self.needs.setdefault((need.name, need.why, need.sure), need)

    def _raise(self, event: Event, node: ast.stmt | ast.Call, frame: Frame, way: _Way) -> None:
        """The conditions were thought through already: what they asked of the environment is why it comes to this."""
        asked = dict(self.world.consulted)
        scope = event.around.scope
        self._note()
        error = "builtins.SystemExit"
        if isinstance(node, ast.Assert):
            error = "builtins.AssertionError"
        elif isinstance(node, ast.Raise):
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            error = (self.names.of(raised, scope) if raised is not None else None) or "builtins.Exception"
            if error.endswith("HTTPException"):  # an answer: the program is ready for the variable not to be set
                return
        detail = f"{place_of(node, scope).file}:{node.lineno} refuses it"
        self._blame(asked, error, way, detail, lambda: self.values.holds(event.around.path, frame) is True)

    def _blame(
        self,
        asked: Mapping[str, Place],
        error: str,
        way: _Way,
        detail: str,
        still: Callable[[], bool] = lambda: False,
    ) -> None:
        """The variables that are behind an exception; `still` says whether it comes to it in the present world."""
        values = self.world.values
        if values is None:
            return
        absent = [name for name in asked if values.get(name) is None]
        empty = [name for name in asked if values.get(name) == ""]
        lacking = [*absent, *empty]
        for name in lacking:
            sure = way.sure and (len(lacking) == 1 or self._alone(name, lacking, still))
            why = "unset" if name in absent else "empty"
            self._need(Need(str(name), why, asked[name], sure, values.get(name)), error, way)
        known = [name for name in asked if isinstance(values.get(name), str)]
        if not absent and not empty and len(known) == len(asked) == 1:
            name = known[0]
            self._need(Need(str(name), "refused", asked[name], way.sure, str(values[name]), detail), error, way)

    def _alone(self, name: str, lacking: list[str], still: Callable[[], bool]) -> bool:
        """Whether it would come to the same if all other variables had something in them."""
        values = self.world.values
        self.world.values = {**(values or {}), **{other: "something" for other in lacking if other != name}}
        self.values.forget()
        try:
            return still()
        finally:
            self.world.values = values
            self.values.forget()

    def _read_settings(self, definition: Definition, given: Mapping[str, Value], way: _Way) -> None:
        self.settings[definition.ref] = definition
        for field in settings.fields(definition, self.names):
            self._read(field.names[0].upper(), field.place, self._plain_default(field))
            for name in field.names[1:]:
                self._read(name.upper(), field.place, None)
            if self.world.values is not None and field.name not in given and field.names[0] not in given:
                self._judge_field(field, way)

    def _plain_default(self, field: settings.Field) -> Value:
        if field.default is None:
            return None
        value = self.values.of(field.default, field.scope, Frame(field.scope))
        return value if isinstance(value, (str, int, float)) else None

    def _judge_field(self, field: settings.Field, way: _Way) -> None:
        sure = way.sure and field.sure
        name = field.names[0] if field.names[0].isupper() else field.names[0].upper()
        found = [(each, self.world.get_folded(each, field.place)) for each in field.names]
        present = [(each, value) for each, value in found if value is not None]
        if field.ignores_empty:
            present = [(each, value) for each, value in present if value != ""]
        error = "pydantic_core.ValidationError"
        if not present:
            if field.required:
                self._need(Need(name, "unset", field.place, sure), error, way)
            return
        value = present[0][1]
        why = settings.refused(value, field.shape) if isinstance(value, str) else None
        if why is not None:
            self._need(Need(name, "empty" if not value else "refused", field.place, sure, value, why), error, way)

    # Calling

    def _call(self, event: Event, node: ast.Call, frame: Frame, way: _Way) -> None:
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
        self.reads_dotenv = self.reads_dotenv or name in ("dotenv.load_dotenv", "dotenv.main.load_dotenv")
        self._serves(node, name, scope, frame)
        self._demand(node, name, scope, frame, way)
        if name == "temporalio.worker.Worker":
            self._worker(node, scope, frame, way)
        else:
            self._runs(node, base, scope, frame, way)

    def _is_config(self, function: ast.expr, name: str, scope: Scope) -> bool:
        """`config("X")` of decouple and starlette, `env.str("X")` of environs."""
        if name == "decouple.config":
            return True
        base = function.value if isinstance(function, ast.Attribute) else function
        if not isinstance(base, ast.Name) or (isinstance(function, ast.Attribute) and function.attr in _NO_READS):
            return False
        found = self.names.value(base, scope)
        return (
            found is not None and isinstance(found[0], ast.Call) and self.names.of(found[0].func, found[1]) in _CONFIGS
        )

    def _configured(self, node: ast.Call, scope: Scope, frame: Frame, way: _Way) -> None:
        key = self.values.of(node.args[0], scope, frame) if node.args else UNKNOWN
        if not isinstance(key, str):
            return
        self.reads_dotenv = True
        place = getattr(key, "place", place_of(node, scope))
        given = any(each.arg in ("default", "missing", None) for each in node.keywords) or len(node.args) > 1
        default = next((each.value for each in node.keywords if each.arg == "default"), None)
        self._read(key, place, self.values.of(default, scope, frame) if default is not None else None)
        if not given and self.world.values is not None and self.world.values.get(key) is None:
            self._need(Need(str(key), "unset", place, way.sure), "builtins.ValueError", way)

    def _runs(self, node: ast.Call, base: Value, scope: Scope, frame: Frame, way: _Way) -> None:
        target = self.values.callee(node, scope, frame, base=base)
        if target is not None:
            self.definition(*target, way)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "main":
            self._raw_workflow(base, way)
        self._handed(node, target is None, scope, frame, way)

    def _serves(self, node: ast.Call, name: str, scope: Scope, frame: Frame) -> None:
        last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in SERVERS:
            self._serve(name, node, scope, frame)
        elif name in SOCKETS:
            self._bind(name, node, scope, frame)
        elif last == "add_insecure_port":
            self._grpc(node, scope, frame)
        elif last == "run" and isinstance(node.func, ast.Attribute) and self._is_flask(node.func.value, scope):
            self._serve("flask.Flask.run", node, scope, frame)

    def _is_read(self, node: ast.Call, name: str, base: Value, scope: Scope, frame: Frame) -> bool:
        if name not in ("os.getenv", "os.environ.get") and not is_get(node, base):
            return False
        given = argument(node, 0, "key")
        key = self.values.of(given, scope, frame) if given is not None else UNKNOWN
        default = argument(node, 1, "default")
        if isinstance(key, str):
            value = self.values.of(default, scope, frame) if default is not None else None
            self._read(key, getattr(key, "place", place_of(node, scope)), value)
        return True

    def _demand(self, node: ast.Call, name: str, scope: Scope, frame: Frame, way: _Way) -> None:
        """What raises for a value that is not set, or is no number."""
        wanted = node.args[0] if node.args else None
        if name in ("builtins.int", "builtins.float") and wanted is not None and not isinstance(wanted, ast.Constant):
            self._number(node, name, wanted, scope, frame, way)
        elif isinstance(node.func, ast.Attribute) and name.rpartition(".")[2] not in ENGINES:
            self._on_nothing(node.func.value, scope, frame, way)
        elif name.rpartition(".")[2] in ENGINES and wanted is not None:
            self._on_nothing(wanted, scope, frame, way)

    def _number(self, node: ast.Call, name: str, wanted: ast.expr, scope: Scope, frame: Frame, way: _Way) -> None:
        value = self.values.of(wanted, scope, frame)
        asked = dict(self.world.consulted)
        if value is UNKNOWN or not asked or not (value is None or isinstance(value, str)):
            return
        try:
            float(str(value)) if value is not None and name == "builtins.float" else int(value)  # type: ignore[arg-type]
        except TypeError:
            self._blame(asked, "builtins.TypeError", way, "")
        except ValueError:
            self._blame(asked, "builtins.ValueError", way, f"`{ast.unparse(node)[:60]}` wants a number")

    def _on_nothing(self, wanted: ast.expr, scope: Scope, frame: Frame, way: _Way) -> None:
        if isinstance(wanted, (ast.Constant, ast.JoinedStr)):
            return
        value = self.values.of(wanted, scope, frame)
        asked = dict(self.world.consulted)
        if value is None and asked:
            self._blame(asked, "builtins.AttributeError", way, "")

    def _serve(self, name: str, node: ast.Call, scope: Scope, frame: Frame) -> None:
        host, port = argument(node, 99, "host"), argument(node, 99, "port")
        app = argument(node, 0, "app")
        where, number = (self.values.of(each, scope, frame) if each is not None else None for each in (host, port))
        self.serving.append(Serving(name, where, number, app, scope, place_of(node, scope)))
        text = self.values.of(app, scope, frame) if app is not None else UNKNOWN
        if isinstance(text, str):
            module, _, attribute = text.partition(":")
            file = self.names.sources.find(module, folder_of(scope.module.file))
            if file is not None:
                self.program(Program(file, attribute or None))

    def _is_flask(self, node: ast.expr, scope: Scope) -> bool:
        found = self.names.value(node, scope)
        call = found[0] if found else None
        return isinstance(call, ast.Call) and self.names.of(call.func, scope) in ("flask.Flask", "quart.Quart")

    def _bind(self, name: str, node: ast.Call, scope: Scope, frame: Frame) -> None:
        """`HTTPServer(("0.0.0.0", 8080), Handler)`."""
        address = self.values.of(node.args[0], scope, frame) if node.args else UNKNOWN
        if isinstance(address, tuple) and len(address) == 2:
            host = "0.0.0.0" if address[0] == "" else address[0]  # noqa: S104 -- what an empty name binds
            self.serving.append(Serving(name, host, address[1], None, scope, place_of(node, scope)))

    def _grpc(self, node: ast.Call, scope: Scope, frame: Frame) -> None:
        """`server.add_insecure_port("[::]:50051")`."""
        address = self.values.of(node.args[0], scope, frame) if node.args else UNKNOWN
        host, _, port = str(address).rpartition(":") if isinstance(address, str) else ("", "", "")
        number = int(port) if port.isdigit() else UNKNOWN
        self.serving.append(Serving("grpc", host or UNKNOWN, number, None, scope, place_of(node, scope)))

    def _worker(self, node: ast.Call, scope: Scope, frame: Frame, way: _Way) -> None:
        """Everything that a Temporal worker registers runs sooner or later."""
        for keyword in node.keywords:
            if keyword.arg in ("workflows", "activities"):
                listed = self.names.value(keyword.value, scope)
                entries = listed[0].elts if listed and isinstance(listed[0], (ast.List, ast.Tuple)) else []
                where = listed[1] if listed else scope
                for entry in entries:
                    self._registered(entry, where, frame, way)

    def _registered(self, entry: ast.expr, scope: Scope, frame: Frame, way: _Way) -> None:
        definition, given = self.values.called(entry, scope, frame, base=self.values.base_of(entry, scope, frame))
        if definition is None:
            return
        if not isinstance(definition.node, ast.ClassDef):
            self.definition(definition, given, way)
            return
        for each in definition.own.module.definitions:
            if each.outer is definition.own:
                self.definition(each, {"self": Instance(definition)}, way)

    def _raw_workflow(self, base: Value, way: _Way) -> None:
        """`AnalyzeCV.main()`: the runtime reads the command line, and runs `run`."""
        if isinstance(base, ClassValue):
            ref = self.names.member(base.definition.ref, "run")
            method = self.names.definition(ref) if ref else None
            if method is not None:
                self.definition(method, {"self": Instance(base.definition)}, way)

    def _handed(self, node: ast.Call, foreign: bool, scope: Scope, frame: Frame, way: _Way) -> None:
        """Functions that are handed on are run by whom they are given to: surely where that is what it is for."""
        last = ast.unparse(node.func).rpartition(".")[2] if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
        sure = foreign and last in RUNS_WHAT_IT_IS_GIVEN
        for each in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(each, (ast.Name, ast.Attribute)):
                base = self.values.base_of(each, scope, frame)
                definition, given = self.values.called(each, scope, frame, base=base)
                if definition is not None and not self._is_temporal(definition):
                    is_class = isinstance(definition.node, ast.ClassDef)
                    if not is_class or last in ("Depends", "field", "Field"):
                        self.definition(definition, given, replace(way, sure=way.sure and sure))

    def _is_temporal(self, definition: Definition) -> bool:
        """Whether naming it starts it elsewhere: an activity, a workflow's method."""
        plain = [each.func if isinstance(each, ast.Call) else each for each in definition.node.decorator_list]
        return any((self.names.of(each, definition.outer) or "").startswith("temporalio.") for each in plain)

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, way: _Way) -> None:
        """What is decorated is called by whom the decorator hands it to; for a route, surely."""
        own = scope.module.scopes.get(node)
        definition = next((each for each in scope.module.definitions if each.node is node), None)
        if own is None or definition is None or self._is_temporal(definition):
            return
        for decorator in node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(function, ast.Attribute) and isinstance(decorator, ast.Call):
                routed = function.attr in _ROUTING
                self.definition(definition, {}, replace(way, sure=way.sure and routed))
            elif self.names.of(function, scope) == "contextlib.asynccontextmanager":
                return

    def _imported(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> Iterator[str]:
        folder = folder_of(scope.module.file)
        find = self.names.sources.find
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        else:
            base = "." * node.level + (node.module or "")
            joined = base if base.endswith(".") else f"{base}."
            dotted = [base, *(joined + alias.name for alias in node.names)]
        for each in dotted:
            file = find(each, folder)
            if file is not None:
                yield file


def _kept(given: Mapping[str, Value]) -> dict[str, Value]:
    """What may matter to what a function reads: the environment, the names of variables, objects."""
    interesting = any(
        each is ENVIRON or (isinstance(each, Text) and _VARIABLE.fullmatch(each)) for each in given.values()
    )
    if interesting:
        return {name: each for name, each in given.items() if each is not UNKNOWN}
    plain = (Instance, ClassValue, bool, type(None))
    return {name: each for name, each in given.items() if isinstance(each, plain)}


def _key(given: Mapping[str, Value]) -> object:
    return tuple(sorted((name, _shown(each)) for name, each in given.items()))


def _shown(value: Value) -> str:
    if isinstance(value, (Instance, ClassValue)):
        return f"{type(value).__name__} {value.definition.ref}"
    return repr(value)
