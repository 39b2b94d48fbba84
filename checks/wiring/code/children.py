"""Programs of the project that its programs start: they run in the same environment, and need their variables there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Place
from checks.raw.workflows import is_main_guard
from checks.temporal.scopes import Scope
from checks.wiring.code.judging import Run, Scene
from checks.wiring.code.model import known
from checks.wiring.code.worlds import UNKNOWN, Value
from checks.wiring.model import Kind, Started

_STARTED = (Kind.WORKFLOW, Kind.MODULE, Kind.FILE)
_PLACE = re.compile(r"\(([^()\s]+):(\d+)\)")


@dataclass(frozen=True, slots=True)
class Child:
    """A program that code starts: the functions on the way, and the variables that it is given besides."""

    started: Started
    scopes: tuple[Scope, ...]
    given: frozenset[str]


def with_children(scene: Scene) -> Iterator[Run]:
    """Every program of a unit, and those that these surely come to start: RAW workflows above all."""
    children = tuple(_children(scene)) if scene.runs else ()
    for run in scene.runs:
        yield run
        done: set[tuple[Kind, str]] = set()
        for child in children:
            if (child.started.kind, child.started.name) not in done and all(
                run.walk.passed(scope) for scope in child.scopes
            ):
                done.add((child.started.kind, child.started.name))
                yield from _run(scene, run, child)


def _run(scene: Scene, run: Run, child: Child) -> Iterator[Run]:
    values = {name: variable.value for name, variable in run.unit.variables.items()}
    world: dict[str, Value] = {**dict.fromkeys(child.given, UNKNOWN), **known({**values, **run.started.assigned})}
    walk = scene.index.walk(child.started, world)
    if walk is not None and walk is not run.walk:
        yield Run(run.deployment, run.unit, child.started, walk)


def _children(scene: Scene) -> Iterator[Child]:
    from checks.wiring.calls.in_code import calls_in_code
    from checks.wiring.calls.workflows import own_arguments

    for call in calls_in_code(scene.system.code):
        started = call.started
        if started.kind not in _STARTED or "$" in started.name:
            continue
        if started.kind is Kind.WORKFLOW and own_arguments(call) is None:
            continue  # a dry run needs nothing
        scopes = [_scope(scene, place) for place in (call.place, *_through(call.through))]
        found = [scope for scope in scopes if scope is not None]
        given = _given(found)
        if len(found) == len(scopes) and given is not None:
            yield Child(started, tuple(found), given)


def _through(through: str | None) -> Iterator[Place]:
    for file, line in _PLACE.findall(through or ""):
        yield Place(file, int(line))


def _scope(scene: Scene, place: Place) -> Scope | None:
    """The innermost function around a line; the module where there is none; None for what is not a program's."""
    module = scene.index.sources.load(place.file)
    if module is None or module.in_tests or place.line is None or _is_conditional(module.tree, place.line):
        return None
    around = [
        each
        for each in module.definitions
        if not isinstance(each.node, ast.ClassDef)
        and each.node.lineno <= place.line <= (each.node.end_lineno or each.node.lineno)
    ]
    return max(around, key=lambda each: each.node.lineno).own if around else module.scope


def _is_conditional(tree: ast.AST, line: int) -> bool:
    """Whether it is for a condition to say if it comes to a line, in the functions around it."""
    unsure = (ast.If, ast.IfExp, ast.While, ast.Match, ast.ExceptHandler)
    return any(
        isinstance(node, unsure) and node.lineno <= line <= (node.end_lineno or node.lineno) and not _is_main(node)
        for node in ast.walk(tree)
    )


def _is_main(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and is_main_guard(node)


def _given(scopes: list[Scope]) -> frozenset[str] | None:
    """The variables that `env=` adds to the environment; None where something else takes its place."""
    names: set[str] = set()
    for scope in scopes:
        body = [node for each in ast.walk(scope.node) if isinstance(each, ast.Call) for node in each.keywords]
        told = [keyword.value for keyword in body if keyword.arg == "env"]
        if told and "environ" not in ast.dump(scope.node):
            return None
        if told:
            texts = [node.value for node in ast.walk(scope.node) if isinstance(node, ast.Constant)]
            names |= {text for text in texts if isinstance(text, str) and text.isupper()}
    return frozenset(names)
