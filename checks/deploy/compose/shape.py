"""The language in which the shapes of Compose files are written.

A shape says which kinds of values a place takes (`string`, `integer`, `number`, `boolean`, `null`, `array`,
`object`), what lies inside, and how a text there is read later (`duration`, `size`, ...).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """`keys` closes an object (besides `x-...`); `each` is the shape of any other key, named like `name`.

    `pattern` is looked for anywhere in a text, as JSON Schema has it.
    """

    kinds: frozenset[str]
    form: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    lowest: int | None = None
    highest: int | None = None
    items: Shape | None = None
    keys: Mapping[str, Shape] = field(default_factory=dict)
    each: Shape | None = None
    name: str = ""
    required: tuple[str, ...] = ()


def plain(*kinds: str, **more: Any) -> Shape:
    """A value of one of these kinds."""
    return Shape(frozenset(kinds), **more)


def listing(item: Shape) -> Shape:
    """A list of `item`."""
    return plain("array", items=item)


def closed(keys: Mapping[str, Shape], *required: str) -> Shape:
    """A mapping with these keys and no others."""
    return plain("object", keys=keys, required=required)


def table(each: Shape, name: str = "") -> Shape:
    """A mapping from names that the user chooses."""
    return plain("object", each=each, name=name)


def either(*shapes: Shape) -> Shape:
    """Any of `shapes`, which must differ in their kinds."""
    merged: dict[str, Any] = {"kinds": frozenset().union(*(shape.kinds for shape in shapes))}
    for shape in shapes:
        for slot in ("form", "choices", "pattern", "lowest", "highest", "items", "keys", "each", "name", "required"):
            merged[slot] = getattr(shape, slot) or merged.get(slot) or getattr(shape, slot)
    return Shape(**merged)
