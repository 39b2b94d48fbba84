"""What the methods of a class keep on `self`: which attributes there are, and what they are ever set to."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from checks.temporal.bodies import Body, is_attribute_of
from checks.temporal.reach import Code
from checks.temporal.scopes import Definition

_REFLECTION = {"setattr", "vars", "hasattr", "getattr", "locals", "delattr"}
_PLAIN_BASES = ("typing.", "abc.", "builtins.object", "typing_extensions.")
_ALSO_ALLOWED = {"dataclasses.dataclass", "temporalio.workflow.defn", "typing.final"}
_ASKED = {"super", "isinstance", "type", "id", "repr", "str"}


@dataclass(slots=True, eq=False)
class State:
    """`stores` are the values given in methods, by attribute, with the method's name; None is a value nobody can read.

    `open` where something else could add attributes, `shared` where `self` is handed to somebody.
    """

    declared: set[str] = field(default_factory=set)
    stores: dict[str, list[tuple[ast.expr | None, str]]] = field(default_factory=lambda: defaultdict(list))
    open: bool = False
    shared: bool = False

    def has(self, name: str) -> bool:
        """Whether an object of the class may have that attribute."""
        return name in self.declared or name in self.stores or (name.startswith("__") and name.endswith("__"))


class States:
    """The state of classes, each read once."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._states: dict[str, State] = {}

    def of(self, owner: str) -> State:
        """What the objects of a class keep."""
        if owner not in self._states:
            self._states[owner] = self._read(owner)
        return self._states[owner]

    def _read(self, owner: str) -> State:
        state = State(open=owner in self._bases)
        for definition in self.code.lineage(owner):
            _read_class(definition, state, self.code)
        for method in self.code.all_methods(owner):
            _read_method(self.code.body(method), state)
        return state

    @cached_property
    def _bases(self) -> frozenset[str]:
        """The classes that others of the project inherit from."""
        names = self.code.project.names
        found: set[str] = set()
        for module in self.code.project.modules:
            for each in module.definitions:
                for base in each.node.bases if isinstance(each.node, ast.ClassDef) else ():
                    plain = base.value if isinstance(base, ast.Subscript) else base
                    found.add(names.of(plain, each.outer) or "")
        return frozenset(found)

    @cached_property
    def set_from_outside(self) -> frozenset[str]:
        """The attributes that anything in the project sets on an object that is not its own."""
        # Also files that do not mention Temporal, as far as workflow code has led to them.
        modules = self.code.project.names.sources.loaded()
        nodes = (node for module in list(modules) for node in ast.walk(module.tree))
        return frozenset(
            node.attr
            for node in nodes
            if isinstance(node, ast.Attribute)
            and not isinstance(node.ctx, ast.Load)
            and not is_attribute_of(node, "self")
        )


def _read_class(definition: Definition, state: State, code: Code) -> None:
    assert isinstance(definition.node, ast.ClassDef)  # noqa: S101 -- lineage gives classes
    names = code.project.names
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in definition.node.bases]
    refs = [names.of(base, definition.outer) or "" for base in bases]
    decorators = [each.func if isinstance(each, ast.Call) else each for each in definition.node.decorator_list]
    state.open |= any(names.definition(ref) is None and not ref.startswith(_PLAIN_BASES) for ref in refs)
    state.open |= any(names.of(each, definition.outer) not in _ALSO_ALLOWED for each in decorators)
    state.open |= bool(definition.node.keywords) or not {"__getattr__", "__getattribute__"}.isdisjoint(
        definition.own.bindings
    )
    state.declared.update(definition.own.bindings)
    annotated = (each.target for each in definition.node.body if isinstance(each, ast.AnnAssign))
    state.declared.update(target.id for target in annotated if isinstance(target, ast.Name))


def _read_method(body: Body, state: State) -> None:
    name = body.self_name
    for node in body.of(ast.Attribute):
        if is_attribute_of(node, name):
            if not isinstance(node.ctx, ast.Load):
                state.stores[node.attr].append((_value(node, body), body.node.name))
            state.open |= node.attr == "__dict__"
    for named in body.of(ast.Name):
        if named.id == name and not isinstance(body.parents[named], ast.Attribute):
            state.shared |= not _is_asked(named, body)
        state.open |= named.id in _REFLECTION


def _is_asked(node: ast.Name, body: Body) -> bool:
    parent = body.parents[node]
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _ASKED


def _value(node: ast.Attribute, body: Body) -> ast.expr | None:
    """What a plain assignment gives to an attribute."""
    parent = body.parents[node]
    if isinstance(parent, ast.Assign) and node in parent.targets:
        return parent.value
    return parent.value if isinstance(parent, ast.AnnAssign) else None
