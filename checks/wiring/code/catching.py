"""Whether an exception is survived by what surrounds it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from checks.temporal.names import Names

_ALL = {"*", "builtins.Exception", "builtins.BaseException"}
_FOREIGN = {
    "pydantic_core.ValidationError": ("ValueError", "pydantic.ValidationError", "pydantic_core.ValidationError"),
}


def catches(caught: frozenset[str], error: str, names: Names) -> bool:
    """Whether one of the exceptions that are caught is `error`, or one that it derives from."""
    if not caught:
        return False
    if error == "builtins.SystemExit":
        return bool(caught & {"*", "builtins.BaseException", "builtins.SystemExit"})
    if caught & _ALL:
        return True
    known = set(_ancestors(error, names))
    return bool(caught & known)


def _ancestors(error: str, names: Names, depth: int = 8) -> Iterator[str]:
    yield error
    for each in _FOREIGN.get(error, ()):
        yield each if "." in each else f"builtins.{each}"
    prefix, _, name = error.rpartition(".")
    kind = getattr(builtins, name, None) if prefix == "builtins" else None
    if isinstance(kind, type):
        yield from (f"builtins.{each.__name__}" for each in kind.__mro__)
    definition = names.definition(error) if ":" in error else None
    if definition is not None and isinstance(definition.node, ast.ClassDef) and depth > 0:
        for base in definition.node.bases:
            ref = names.of(base, definition.outer)
            if ref is not None:
                yield from _ancestors(ref, names, depth - 1)
