"""Which signals, queries and updates a workflow answers, with those it inherits or sets while it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from checks.temporal.model import HandlerKind, Project, Workflow
from checks.temporal.names import Names
from checks.temporal.scopes import Definition

_DECORATORS = {f"temporalio.workflow.{kind.value}": kind for kind in HandlerKind}
_HARMLESS = ("temporalio.", "typing.", "abc.", "builtins.", "functools.", "contextlib.")
_SETTERS = {f"temporalio.workflow.set_{kind.value}_handler": kind for kind in HandlerKind}
_OPEN_SETTERS = {f"temporalio.workflow.set_dynamic_{kind.value}_handler": kind for kind in HandlerKind}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a workflow answers by name; `open_kinds` are those that it may answer under other names, too."""

    by_name: Mapping[tuple[HandlerKind, str], Definition | None]
    open_kinds: frozenset[HandlerKind]

    def lacks(self, kind: HandlerKind, name: str) -> bool:
        """Whether it surely does not answer to that name; names with underscores are Temporal's own."""
        return kind not in self.open_kinds and (kind, name) not in self.by_name and not name.startswith("__")

    def names(self, kind: HandlerKind) -> list[str]:
        """Every name of a kind, in order."""
        return sorted(name for each, name in self.by_name if each is kind)


@dataclass(slots=True)
class _Found:
    by_name: dict[tuple[HandlerKind, str], Definition | None] = field(default_factory=dict)
    open_kinds: set[HandlerKind] = field(default_factory=set)


@lru_cache(maxsize=512)  # asked for each call
def answers_of(workflow: Workflow, project: Project) -> Answers:
    """Everything that one workflow answers."""
    found = _Found()
    _read_class(workflow.definition, project.names, found, set())
    _read_setters(project, found)
    if not workflow.complete or workflow.dynamic:
        found.open_kinds.update(HandlerKind)
    return Answers(found.by_name, frozenset(found.open_kinds))


def _read_class(definition: Definition, names: Names, found: _Found, seen: set[str]) -> None:
    """A class and those it inherits from, as far as they are the project's."""
    if definition.ref in seen or not isinstance(definition.node, ast.ClassDef):
        return
    seen.add(definition.ref)
    for method in definition.own.module.definitions:
        if method.outer is definition.own:
            _read_method(method, names, found)
    if any(isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value for node in definition.node.body):
        _read_assigned(definition, names, found)
    for base in definition.node.bases:
        plain = base.value if isinstance(base, ast.Subscript) else base
        ref = names.of(plain, definition.outer)
        inherited = names.definition(ref) if ref else None
        if inherited is not None:
            _read_class(inherited, names, found, seen)
        elif ref is None or not ref.startswith(("typing.", "abc.", "builtins.")):
            found.open_kinds.update(HandlerKind)


def _read_assigned(definition: Definition, names: Names, found: _Found) -> None:
    """`go = workflow.signal(...)(...)`: only a run would tell the name."""
    assert isinstance(definition.node, ast.ClassDef)  # noqa: S101 -- for the type checker: the caller looked
    values = [node.value for node in definition.node.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    if any(isinstance(value, ast.Call) and names.of(value.func, definition.own) is None for value in values):
        found.open_kinds.update(HandlerKind)


def _read_method(method: Definition, names: Names, found: _Found) -> None:
    for decorator in method.node.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        ref = names.of(function, method.outer)
        kind = _DECORATORS.get(ref or "")
        if kind is not None:
            _add(kind, decorator, method, names, found)
        elif ref is None or not (ref.startswith(_HARMLESS) or ref.endswith(".validator")):
            found.open_kinds.update(HandlerKind)


def _add(kind: HandlerKind, decorator: ast.expr, method: Definition, names: Names, found: _Found) -> None:
    keywords = {each.arg or "**": each.value for each in decorator.keywords} if isinstance(decorator, ast.Call) else {}
    if not {"dynamic", "**"}.isdisjoint(keywords):
        found.open_kinds.add(kind)
        return
    name = names.constant(keywords["name"], method.outer) if "name" in keywords else method.node.name
    if isinstance(name, str):
        found.by_name.setdefault((kind, name), method)
    else:
        found.open_kinds.add(kind)


def _read_setters(project: Project, found: _Found) -> None:
    """`workflow.set_signal_handler(...)` anywhere: which workflow runs that line is not asked."""
    for kind, name in _set_handlers(project):
        if name is None:
            found.open_kinds.add(kind)
        else:
            found.by_name.setdefault((kind, name), None)


@lru_cache(maxsize=1)
def _set_handlers(project: Project) -> tuple[tuple[HandlerKind, str | None], ...]:
    return tuple(_find_setters(project))


def _find_setters(project: Project) -> Iterator[tuple[HandlerKind, str | None]]:
    for module in project.modules:
        for call in module.calls:
            ref = project.names.of(call.node.func, call.scope) or ""
            if ref in _OPEN_SETTERS:
                yield _OPEN_SETTERS[ref], None
            elif ref in _SETTERS:
                name = project.names.constant(call.node.args[0], call.scope) if call.node.args else None
                yield _SETTERS[ref], name if isinstance(name, str) else None
