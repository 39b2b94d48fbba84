"""Which functions of a project run inside a workflow: its methods, and what they call, file after file."""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from checks.temporal.bodies import Body, is_attribute_of, is_outside, read_body
from checks.temporal.instances import attribute_class, class_of
from checks.temporal.model import Project, Workflow
from checks.temporal.scopes import Definition, Module, Scope

_HARMLESS = (
    "abc.abstractmethod",
    "builtins.classmethod",
    "builtins.property",
    "builtins.staticmethod",
    "contextlib.",
    "functools.",
    "temporalio.workflow.",
    "typing.",
    "typing_extensions.",
)
_CALLS_ITS_ARGUMENTS = ("asyncio.", "builtins.", "functools.", "temporalio.workflow.set_", "temporalio.workflow.wait_")
_FORGETS_SANDBOX = {"builtins.isinstance", "builtins.hasattr", "builtins.type"}


@dataclass(frozen=True, slots=True)
class Step:
    """One call on the way from a workflow's method to a function; `caller` is who calls, by name."""

    module: Module
    node: ast.AST
    caller: str


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """A function that a workflow runs: `owner` is the class of its `self`, `way` the calls that lead to it."""

    body: Body
    owner: str | None
    workflow: Workflow
    way: tuple[Step, ...]

    @property
    def module(self) -> Module:
        """The file it stands in."""
        return self.body.module

    @property
    def name(self) -> str:
        """Its name within the file."""
        return self.body.definition.own.qualname


@dataclass(slots=True, eq=False)
class Code:
    """All that runs inside workflows. Each function is there once, by its shortest way."""

    project: Project
    reached: list[Reached] = field(default_factory=list)
    calls: dict[Reached, list[tuple[ast.AST, Reached]]] = field(default_factory=dict)
    _bodies: dict[Definition, Body] = field(default_factory=dict)
    _by_key: dict[tuple[Definition, str | None], Reached] = field(default_factory=dict)
    _classes: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _refs: dict[tuple[Reached, ast.AST], str | None] = field(default_factory=dict)
    _methods: dict[str, list[Definition]] = field(default_factory=dict)
    _by_owner: dict[str | None, list[Reached]] = field(default_factory=lambda: defaultdict(list))

    def body(self, definition: Definition) -> Body:
        """A function's body, read once."""
        if definition not in self._bodies:
            self._bodies[definition] = read_body(definition)
        return self._bodies[definition]

    def methods(self, owner: str) -> dict[str, Definition]:
        """The methods of a class, its own before those that bases of this project bring."""
        found: dict[str, Definition] = {}
        for method in self.all_methods(owner):
            found.setdefault(method.node.name, method)
        return found

    def all_methods(self, owner: str) -> list[Definition]:
        """The methods of a class and of its bases, also those that are overridden."""
        if owner not in self._methods:
            self._methods[owner] = [
                definition
                for base in self.lineage(owner)
                for definition in base.own.module.definitions
                if definition.outer is base.own and not isinstance(definition.node, ast.ClassDef)
            ]
        return self._methods[owner]

    def lineage(self, owner: str) -> list[Definition]:
        """A class and its bases, as far as they are this project's."""
        found: dict[str, Definition] = {}
        waiting = [owner]
        while waiting:
            ref = waiting.pop(0)
            definition = self.project.names.definition(ref)
            if definition is None or ref in found or not isinstance(definition.node, ast.ClassDef):
                continue
            found[ref] = definition
            plain = [base.value if isinstance(base, ast.Subscript) else base for base in definition.node.bases]
            refs = (self.project.names.of(base, definition.outer) for base in plain)
            waiting.extend(base for base in refs if base is not None)
        return list(found.values())

    def ref(self, node: ast.expr, within: Reached) -> str | None:
        """What an expression names, also through `self` and through instances of known classes."""
        key = (within, node)
        if key not in self._refs:
            self._refs[key] = self._find_ref(node, within)
        return self._refs[key]

    def _find_ref(self, node: ast.expr, within: Reached) -> str | None:
        scope = within.body.scopes[node]
        if isinstance(node, ast.Attribute):
            owner = self.class_of(node.value, within)
            if owner is not None:
                return self.project.names.member(owner, node.attr) if ":" in owner else f"{owner}.{node.attr}"
        return self.project.names.of(node, scope)

    def class_of(self, node: ast.expr, within: Reached) -> str | None:
        """What an expression is an instance of."""
        name = within.body.self_name
        if isinstance(node, ast.Name) and node.id == name:
            return within.owner
        if is_attribute_of(node, name) and isinstance(node, ast.Attribute) and within.owner is not None:
            return self._attribute_class(within.owner, node.attr)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
            lineage = self.lineage(within.owner) if within.owner else []
            return lineage[1].ref if len(lineage) > 1 else None
        return class_of(node, within.body.scopes[node], self.project.names)

    def _attribute_class(self, owner: str, name: str) -> str | None:
        key = (owner, name)
        if key not in self._classes:
            bodies = [self.body(method) for method in self.methods(owner).values()]
            self._classes[key] = attribute_class(name, bodies, self.project.names)
        return self._classes[key]

    def below(self, start: Reached) -> Iterator[Reached]:
        """A function and all that it calls."""
        seen, waiting = {start}, [start]
        while waiting:
            current = waiting.pop()
            yield current
            for _, target in self.calls.get(current, ()):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)

    def entry(self, definition: Definition, owner: str) -> Reached | None:
        """A method as it was reached for a class."""
        return self._by_key.get((definition, owner))

    def of_workflow(self, workflow: Workflow) -> list[Reached]:
        """The methods of a workflow class that it runs."""
        return self._by_owner[workflow.ref]


def follow(project: Project) -> Code:
    """Everything that runs inside the workflows of a project, tests aside."""
    code = Code(project)
    waiting: deque[Reached] = deque()
    for workflow in project.workflows:
        if not workflow.module.in_tests:
            for method in code.methods(workflow.ref).values():
                if _is_entry(method, project):
                    _reach(code, waiting, method, workflow.ref, workflow, ())
    while waiting:
        current = waiting.popleft()
        for node, definition, owner in _called(code, current):
            step = Step(current.module, node, current.name)
            target = _reach(code, waiting, definition, owner, current.workflow, (*current.way, step))
            code.calls.setdefault(current, []).append((node, target))
    return code


def _reach(
    code: Code,
    waiting: deque[Reached],
    definition: Definition,
    owner: str | None,
    workflow: Workflow,
    way: tuple[Step, ...],
) -> Reached:
    known = code._by_key.get((definition, owner))
    if known is None:
        known = Reached(code.body(definition), owner, workflow, way)
        code._by_key[(definition, owner)] = known
        code.reached.append(known)
        code._by_owner[owner].append(known)
        waiting.append(known)
    return known


def _is_entry(method: Definition, project: Project) -> bool:
    """Whether the SDK itself calls a method."""
    return method.node.name == "__init__" or any(
        _is_handler(decorator, method.outer, project) for decorator in method.node.decorator_list
    )


def _is_handler(decorator: ast.expr, scope: Scope, project: Project) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(function, ast.Attribute) and function.attr == "validator":
        return True
    return (project.names.of(function, scope) or "").startswith("temporalio.workflow.")


def _called(code: Code, within: Reached) -> Iterator[tuple[ast.AST, Definition, str | None]]:
    """The project's functions that one runs: called, named as `self.method`, or handed to what calls them."""
    body = within.body
    named_at: list[tuple[ast.AST, list[ast.expr]]] = [
        (node, [node.func, *_handed(code, node, within)]) for node in body.calls
    ]
    named_at += [(node, [node]) for node in body.of(ast.Attribute) if is_attribute_of(node, body.self_name)]
    for node, named in named_at:
        for each in named:
            ref = code.ref(each, within) if isinstance(each, (ast.Name, ast.Attribute)) else None
            definition = code.project.names.definition(ref) if ref is not None and ":" in ref else None
            # A function within this one is read as a part of it.
            inner = definition is not None and definition.node in within.body.scopes
            if definition is not None and not inner and not is_outside(node, within.body):
                yield from ((node, *found) for found in _runs(code, definition, each, within))


def _handed(code: Code, node: ast.Call, within: Reached) -> list[ast.expr]:
    function = code.ref(node.func, within) if isinstance(node.func, (ast.Name, ast.Attribute)) else None
    calls = function is not None and function.startswith(_CALLS_ITS_ARGUMENTS) and function not in _FORGETS_SANDBOX
    return [*node.args, *(keyword.value for keyword in node.keywords)] if calls else []


def _runs(
    code: Code, definition: Definition, node: ast.expr, within: Reached
) -> Iterator[tuple[Definition, str | None]]:
    if isinstance(definition.node, ast.ClassDef):
        if definition.ref in code.project.workflows_by_ref:
            return
        methods = code.methods(definition.ref)
        yield from (
            (methods[name], definition.ref) for name in ("__init__", "__post_init__", "__call__") if name in methods
        )
    elif definition.ref not in code.project.activities_by_ref and is_transparent(definition, code.project):
        yield definition, _owner_of(code, definition, node, within)


def _owner_of(code: Code, definition: Definition, node: ast.expr, within: Reached) -> str | None:
    """The class that `self` will be in a method that is called."""
    if not isinstance(definition.outer.node, ast.ClassDef):
        return None
    owner = code.class_of(node.value, within) if isinstance(node, ast.Attribute) else None
    is_super = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and within.owner is not None
    if is_super and any(each.own is definition.outer for each in code.lineage(within.owner or "")):
        return within.owner
    return owner or f"{definition.own.module.file}:{definition.outer.qualname}"


def is_transparent(definition: Definition, project: Project) -> bool:
    """Whether calling a function surely runs what is written in it: no decorator puts something in its place."""
    return all(
        (project.names.of(each.func if isinstance(each, ast.Call) else each, definition.outer) or "").startswith(
            _HARMLESS
        )
        or (isinstance(each, ast.Attribute) and each.attr in ("validator", "setter", "getter"))
        for each in definition.node.decorator_list
    )
