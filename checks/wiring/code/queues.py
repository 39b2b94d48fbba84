"""Queues of a broker: whoever declares one that is there already must declare it alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Diagnostic, Place
from checks.temporal.names import Names
from checks.temporal.scopes import Call
from checks.temporal.texts import read_text
from checks.wiring.code.judging import Scene, finding
from checks.wiring.code.rules import QUEUE_DIFFERS

_DECLARES = {"declare_queue": "name", "queue_declare": "queue"}
_FLAGS = ("durable", "exclusive", "auto_delete")
_LIBRARIES = ("aio_pika", "pika")
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class _Declared:
    queue: str
    flags: tuple[object, ...]
    arguments: str
    place: Place


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """One finding for each declaration that differs from the first of its queue."""
    first: dict[str, _Declared] = {}
    for module in scene.index.sources.own_modules():
        for call in module.calls:
            found = _declared(call, scene.index.names)
            if found is None:
                continue
            before = first.setdefault(found.queue, found)
            differs = _difference(before, found)
            if differs:
                message = (
                    f"the queue `{found.queue}` is declared here {differs} at {before.place}: the broker refuses "
                    "whoever comes second (PRECONDITION_FAILED)"
                )
                yield finding(QUEUE_DIFFERS, found.place, message, "declare it in one function that both sides call")


def _declared(call: Call, names: Names) -> _Declared | None:
    node = call.node
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    words = {each.arg: each.value for each in node.keywords}
    if method not in _DECLARES or None in words or any(isinstance(each, ast.Starred) for each in node.args):
        return None
    if not any(name.partition(".")[0] in _LIBRARIES for name, _ in call.scope.module.imports) or "passive" in words:
        return None
    named = words.get(_DECLARES[method]) or (node.args[0] if node.args else None)
    queue = _queue(named, call, names) if named is not None else None
    flags = tuple(_flag(words.get(name)) for name in _FLAGS)
    if queue is None or len(node.args) > 1 or None in flags:
        return None
    given = words.get("arguments")
    is_nothing = given is None or (isinstance(given, ast.Constant) and given.value is None)
    place = Place(call.scope.module.file, node.lineno)
    return _Declared(queue, flags, "" if is_nothing or given is None else ast.unparse(given), place)


def _queue(node: ast.expr, call: Call, names: Names) -> str | None:
    """Its name, or the setting that holds it: the same setting is the same queue."""
    if isinstance(node, ast.Attribute) and "settings" in ast.unparse(node.value).lower():
        return node.attr if len(node.attr) >= _SHORTEST else None
    text = read_text(node, call.scope, names)
    return text.text or None if text is not None and text.variable is None else None


def _flag(node: ast.expr | None) -> bool | None:
    """None where only a run would tell."""
    if node is None:
        return False
    return bool(node.value) if isinstance(node, ast.Constant) else None


def _difference(one: _Declared, other: _Declared) -> str:
    for name, before, now in zip(_FLAGS, one.flags, other.flags, strict=True):
        if before != now:
            return f"with another `{name}` than"
    if bool(one.arguments) != bool(other.arguments):
        return "without the `arguments` of it" if one.arguments else "with `arguments` that it does not have"
    return ""
