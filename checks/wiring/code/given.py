"""What a function is given, as far as it may matter to what it reads."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping

from checks.wiring.code.worlds import ENVIRON, UNKNOWN, ClassValue, Instance, Text, Value

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,60}")


def kept(given: Mapping[str, Value]) -> dict[str, Value]:
    """What may matter to what a function reads: the environment, the names of variables, objects."""
    interesting = any(
        each is ENVIRON or (isinstance(each, Text) and _VARIABLE.fullmatch(each)) for each in given.values()
    )
    if interesting:
        return {name: each for name, each in given.items() if each is not UNKNOWN}
    plain = (Instance, ClassValue, bool, type(None))
    return {name: each for name, each in given.items() if isinstance(each, plain)}


def is_named(given: Mapping[str, Value], depth: int = 3) -> bool:
    """Whether the environment, or what may be the name of a variable, is among what is given."""
    return any(
        each is ENVIRON
        or (isinstance(each, Text) and _VARIABLE.fullmatch(each) is not None)
        or (isinstance(each, Instance) and (depth <= 0 or is_named(each.given, depth - 1)))
        for each in given.values()
    )


def key_of(given: Mapping[str, Value]) -> Hashable:
    """The same for what is given alike."""
    return tuple(sorted((name, _shown(each)) for name, each in given.items()))


def _shown(value: Value) -> str:
    if isinstance(value, (Instance, ClassValue)):
        return f"{type(value).__name__} {value.definition.ref}"
    return repr(value)
