"""How a program asks for variables: the environment itself, `getenv`, settings classes, `config("X")`."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from checks.temporal.scopes import Definition, Scope
from checks.wiring.code import settings
from checks.wiring.code.noted import Mention, Need, Settled, Way
from checks.wiring.code.notes import Notes
from checks.wiring.code.settings_shapes import refused
from checks.wiring.code.syntax import argument, is_get, place_of
from checks.wiring.code.thinking import Frame
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, Value

_CONFIGS = {"decouple.AutoConfig", "starlette.config.Config", "environs.Env", "environs.FileAwareEnv"}
_NO_READS = {"read_env", "prefixed", "seal", "dump", "add_parser"}


class Asking(Notes):
    """The part of a walk that sees variables being read."""

    def _subscript(self, node: ast.Subscript | ast.Compare, scope: Scope, frame: Frame, way: Way) -> None:
        if isinstance(node, ast.Compare):
            self.values.of(node, scope, frame)
            self._note_consulted()
            return
        if self.values.of(node.value, scope, frame) is not ENVIRON:
            return
        key = self.values.of(node.slice, scope, frame)
        if isinstance(key, str):
            place = getattr(key, "place", place_of(node, scope))
            self._read(key, place, None)
            if self.world.lacks(key):
                self._need(Need(str(key), "unset", place, way.sure), "builtins.KeyError", way)

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

    def _read_settings(self, definition: Definition, given: Mapping[str, Value], way: Way) -> None:
        self.notes.append(Settled(definition))
        for field in settings.fields(definition, self.names):
            self._read(field.names[0].upper(), field.place, self._plain_default(field))
            for name in field.names[1:]:
                self._read(name.upper(), field.place, None)
            if field.name not in given and field.names[0] not in given:
                self._judge_field(field, way)

    def _plain_default(self, field: settings.Field) -> Value:
        if field.default is None:
            return None
        value = self.values.of(field.default, field.scope, Frame(field.scope))
        return value if isinstance(value, (str, int, float)) else None

    def _judge_field(self, field: settings.Field, way: Way) -> None:
        sure = way.sure and field.sure
        name = field.names[0] if field.names[0].isupper() else field.names[0].upper()
        found = [(each, self.world.get_folded(each, field.place)) for each in field.names]
        if self.world.values is None:
            return
        present = [(each, value) for each, value in found if value is not None]
        if field.ignores_empty:
            present = [(each, value) for each, value in present if value != ""]
        error = "pydantic_core.ValidationError"
        if not present:
            if field.required:
                self._need(Need(name, "unset", field.place, sure), error, way)
            return
        value = present[0][1]
        why = refused(value, field.shape) if isinstance(value, str) else None
        if why is not None:
            self._need(Need(name, "empty" if not value else "refused", field.place, sure, value, why), error, way)

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

    def _configured(self, node: ast.Call, scope: Scope, frame: Frame, way: Way) -> None:
        key = self.values.of(node.args[0], scope, frame) if node.args else UNKNOWN
        if not isinstance(key, str):
            return
        self.notes.append(Mention.DOTENV)
        place = getattr(key, "place", place_of(node, scope))
        given = any(each.arg in ("default", "missing", None) for each in node.keywords) or len(node.args) > 1
        default = next((each.value for each in node.keywords if each.arg == "default"), None)
        self._read(key, place, self.values.of(default, scope, frame) if default is not None else None)
        if self.world.lacks(key) and not given:
            self._need(Need(str(key), "unset", place, way.sure), "builtins.ValueError", way)
