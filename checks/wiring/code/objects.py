"""What the attributes of the project's own objects and classes are."""

from __future__ import annotations

import ast

from checks.temporal.names import Names
from checks.temporal.scopes import BindingKind, Definition, Scope
from checks.wiring.code import settings
from checks.wiring.code.settings_config import is_settings
from checks.wiring.code.settings_shapes import converted
from checks.wiring.code.syntax import is_dotted
from checks.wiring.code.thinking import Frame, Thinking
from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Value

ENVIRONS = {"os.environ", "os.environb", "posix.environ"}
"""What names the environment as a whole."""


class Objects(Thinking):
    """The part of the thinking that knows classes: their own attributes, those that `__init__` makes, settings."""

    def _of_attribute(self, node: ast.Attribute, scope: Scope, frame: Frame, depth: int) -> Value:
        ref = self.names.of(node, scope) if is_dotted(node) else None
        if ref in ENVIRONS:
            return ENVIRON
        base = self.of(node.value, scope, frame, depth)
        if isinstance(base, Instance):
            return self.attribute(base, node.attr, depth)
        if isinstance(base, ClassValue):
            return self._class_attribute(base.definition, node.attr, depth)
        return self.of_ref(ref, depth) if ref and base is UNKNOWN else UNKNOWN

    def attribute(self, instance: Instance, name: str, depth: int) -> Value:
        """What an attribute of an object is."""
        if name in instance.given:
            return instance.given[name]
        if is_settings(instance.definition, self.names):
            found = settings.field_of(instance.definition, name, self.names)
            if found is not None:
                return self.field(found, depth)
        for definition in lineage(instance.definition, self.names):
            made = self._made_in_init(definition, name, instance, depth)
            if made:
                return made[0]
            if name in definition.own.bindings:
                return self._class_attribute(definition, name, depth)
        return UNKNOWN

    def field(self, found: settings.Field, depth: int) -> Value:
        """What a field of a settings class is in this world."""
        for name in found.names:
            value = self.world.get_folded(name, found.place)
            if value == "" and found.ignores_empty:
                continue
            if value is not None:
                return converted(value, found.shape) if isinstance(value, str) else UNKNOWN
        if found.default is None:
            return UNKNOWN
        return self.of(found.default, found.scope, Frame(found.scope), depth)

    def _made_in_init(self, definition: Definition, name: str, instance: Instance, depth: int) -> tuple[Value, ...]:
        """What `__init__` gives an attribute, as one element; none where it does not."""
        init = self.names.definition(f"{definition.ref}.__init__")
        if init is None or isinstance(init.node, ast.ClassDef):
            return ()
        for statement in ast.walk(init.node):
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                if any(isinstance(each, ast.Attribute) and each.attr == name for each in targets):
                    return (self.of(statement.value, init.own, Frame(init.own, instance.given), depth),)
        return ()

    def _class_attribute(self, definition: Definition, name: str, depth: int) -> Value:
        for each in lineage(definition, self.names):
            bindings = each.own.bindings.get(name, [])
            if not bindings:
                continue
            binding = bindings[0]
            if len(bindings) == 1 and binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
                return self._default(binding.node, each, depth)
            return UNKNOWN
        return UNKNOWN

    def _default(self, node: ast.expr, definition: Definition, depth: int) -> Value:
        """A class attribute; `field(default=...)` of a data class stands for its default."""
        if isinstance(node, ast.Call) and (self.names.of(node.func, definition.own) or "").endswith(
            (".field", ".Field")
        ):
            for keyword in node.keywords:
                if keyword.arg == "default":
                    return self.of(keyword.value, definition.own, Frame(definition.own), depth)
                if keyword.arg in ("default_factory", "factory"):
                    made = keyword.value
                    call = made.body if isinstance(made, ast.Lambda) else ast.Call(made, [], [])
                    return self.of(call, definition.own, Frame(definition.own), depth)
            return UNKNOWN
        return self.of(node, definition.own, Frame(definition.own), depth)


def lineage(definition: Definition, names: Names) -> list[Definition]:
    """A class and its bases, as far as they are this project's."""
    found, waiting = [], [definition]
    while waiting:
        each = waiting.pop(0)
        if each in found or not isinstance(each.node, ast.ClassDef):
            continue
        found.append(each)
        plain = [base.value if isinstance(base, ast.Subscript) else base for base in each.node.bases]
        refs = [names.of(base, each.outer) for base in plain]
        waiting += [base for ref in refs if ref and ":" in ref and (base := names.definition(ref)) is not None]
    return found
