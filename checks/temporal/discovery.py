"""Finds a project's workflows, activities, workers and their uses: one pass over each file that mentions Temporal."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from checks.temporal.alternatives import alternatives
from checks.temporal.listings import read_listing
from checks.temporal.model import (
    Activity,
    Handler,
    HandlerKind,
    Listing,
    Project,
    Worker,
    Workflow,
)
from checks.temporal.names import Names
from checks.temporal.scopes import Call, Definition, Module
from checks.temporal.sites import Meant
from checks.temporal.sources import Sources
from checks.temporal.uses import last_name, read_use

_WORKFLOW = "temporalio.workflow"
_WORKERS = ("temporalio.worker.Worker", "temporalio.worker._worker.Worker")
_DECIDING = ("task_queue", "workflows", "activities")
_HANDLERS = {f"{_WORKFLOW}.{kind.value}": kind for kind in HandlerKind}


def discover(root: Path) -> Project:
    """Read the project below `root` into one model."""
    sources = Sources(root)
    names = Names(sources)
    modules = tuple(sources.mentioning())
    workers = [worker for module in modules for worker in _workers(module, names)]
    return Project(
        root=root,
        names=names,
        modules=modules,
        workflows=tuple(found for module in modules for found in _workflows(module, names)),
        activities=tuple(found for module in modules for found in _activities(module, names)),
        workers=tuple(workers),
        uses=tuple(use for module in modules for call in module.calls if (use := read_use(call, names)) is not None),
        plugged_clients=any(_plugs_client(call, names) for module in modules for call in module.calls),
        open_ended=any(_hides_workers(module, names) for module in modules),
        unreadable=tuple(sources.unreadable),
    )


# Definitions


def _workflows(module: Module, names: Names) -> Iterator[Workflow]:
    for definition in module.definitions:
        decorator = _decorator(definition, f"{_WORKFLOW}.defn", names)
        if isinstance(definition.node, ast.ClassDef) and decorator is not None:
            yield _workflow(definition, decorator, names)


def _workflow(definition: Definition, decorator: ast.expr, names: Names) -> Workflow:
    keywords = _keywords(decorator)
    methods = [each for each in definition.own.module.definitions if each.outer is definition.own]
    return Workflow(
        definition=definition,
        name=_type_name(definition, keywords, names),
        dynamic=_is_true(keywords.get("dynamic")),
        sandboxed=not _is_false(keywords.get("sandboxed")),
        complete=_is_complete(definition, names),
        runs=tuple(each for each in methods if _decorator(each, f"{_WORKFLOW}.run", names) is not None),
        handlers=tuple(handler for each in methods if (handler := _handler(each, names)) is not None),
    )


def _is_complete(definition: Definition, names: Names) -> bool:
    """Whether the class body shows every method: nothing computed, inherited from afar, or added by a decorator."""
    assert isinstance(definition.node, ast.ClassDef)  # noqa: S101 -- for the type checker: the caller looked
    known_bases = all(_is_known_base(base, definition, names) for base in definition.node.bases)
    computed = any(_is_computed(node) for node in definition.node.body)
    return not computed and known_bases and not definition.node.keywords and len(definition.node.decorator_list) == 1


def _is_computed(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return isinstance(node.value, ast.Call)
    return isinstance(node, (ast.For, ast.If, ast.With, ast.Try))


def _is_known_base(base: ast.expr, definition: Definition, names: Names) -> bool:
    plain = base.value if isinstance(base, ast.Subscript) else base
    ref = names.of(plain, definition.outer)
    if ref is None:
        return False
    return ref.startswith(("typing.", "abc.", "builtins.object")) or names.definition(ref) is not None


def _handler(definition: Definition, names: Names) -> Handler | None:
    for ref, kind in _HANDLERS.items():
        decorator = _decorator(definition, ref, names)
        if decorator is not None:
            keywords = _keywords(decorator)
            return Handler(kind, _type_name(definition, keywords, names), _is_true(keywords.get("dynamic")), definition)
    return None


def _activities(module: Module, names: Names) -> Iterator[Activity]:
    for definition in module.definitions:
        decorator = _decorator(definition, "temporalio.activity.defn", names)
        if decorator is not None:
            keywords = _keywords(decorator)
            yield Activity(definition, _type_name(definition, keywords, names), _is_true(keywords.get("dynamic")))


def _decorator(definition: Definition, ref: str, names: Names) -> ast.expr | None:
    """The decorator of that name. What is defined inside a function exists only while it runs, and is left alone."""
    if definition.outer.inside_function():
        return None
    for decorator in definition.node.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if names.of(function, definition.outer) == ref:
            return decorator
    return None


def _keywords(decorator: ast.expr) -> dict[str, ast.expr]:
    calls = decorator.keywords if isinstance(decorator, ast.Call) else []
    return {keyword.arg or "**": keyword.value for keyword in calls}


def _type_name(definition: Definition, keywords: dict[str, ast.expr], names: Names) -> str | None:
    if _is_true(keywords.get("dynamic")) or "**" in keywords:
        return None
    if "name" not in keywords:
        return definition.node.name
    name = names.constant(keywords["name"], definition.outer)
    return name if isinstance(name, str) else None


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


# Workers


def _workers(module: Module, names: Names) -> Iterator[Worker]:
    for call in module.calls:
        if names.of(call.node.func, call.scope) in _WORKERS:
            yield from _cases(call, names)


def _cases(call: Call, names: Names) -> Iterator[Worker]:
    """The workers that one call makes: a table or the callers of its function may decide which."""
    keywords = {keyword.arg or "**": keyword.value for keyword in call.node.keywords}
    deciding = {key: Meant(keywords[key], call.scope) for key in _DECIDING if key in keywords}
    for case in alternatives(deciding, names):
        yield _worker(call, keywords, case, names)


def _worker(call: Call, keywords: dict[str, ast.expr], case: Mapping[str, Meant], names: Names) -> Worker:
    asked = case.get("task_queue")
    queue = names.constant(asked.node, asked.scope) if asked is not None else None
    return Worker(
        call=call,
        task_queue=queue if isinstance(queue, str) else None,
        workflows=_listing(case.get("workflows"), keywords, names),
        activities=_listing(case.get("activities"), keywords, names),
        keywords={**keywords, **{key: meant.node for key, meant in case.items()}},
        queue_scope=asked.scope if asked is not None else call.scope,
    )


def _listing(meant: Meant | None, keywords: Mapping[str, ast.expr], names: Names) -> Listing:
    unseen = not {"**", "plugins"}.isdisjoint(keywords)
    if meant is None:
        return Listing(complete=not unseen)
    listing = read_listing(meant.node, meant.scope, names)
    return Listing(listing.entries, listing.complete and not unseen)


def _plugs_client(call: Call, names: Names) -> bool:
    """A client's plug-ins reach the workers that are given the client."""
    if not any(keyword.arg == "plugins" for keyword in call.node.keywords):
        return False
    ref = names.of(call.node.func, call.scope)
    return ref is None or (ref.startswith("temporalio.") and ref not in _WORKERS)


def _hides_workers(module: Module, names: Names) -> bool:
    """Whether the Worker class is subclassed or handed on, so that workers come to be where nobody can read them."""
    classes = [each for each in module.definitions if isinstance(each.node, ast.ClassDef)]
    bases = ((base, each.outer) for each in classes for base in getattr(each.node, "bases", ()))
    handed = ((argument, call.scope) for call in module.calls for argument in _handed(call, names))
    return any(names.of(node, scope) in _WORKERS for node, scope in (*bases, *handed))


def _handed(call: Call, names: Names) -> Iterator[ast.expr]:
    """Arguments that may be the Worker class; `isinstance` only asks."""
    values = (*call.node.args, *(keyword.value for keyword in call.node.keywords))
    spelled = [node for node in values if "Worker" in (last_name(node) or "")]
    if spelled and names.of(call.node.func, call.scope) not in ("builtins.isinstance", "builtins.issubclass"):
        yield from spelled
