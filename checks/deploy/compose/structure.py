"""Walks a Compose file along its shape and says what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from checks.deploy.compose.shape import Shape
from checks.deploy.compose.shapes import COMPOSE
from checks.deploy.compose.source import Path_
from checks.deploy.compose.values import wrong_form

_KIND_NAMES = {"object": "mapping", "array": "list", "string": "text", "integer": "whole number", "null": "nothing"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit. `about_value` is true where the message speaks of the value itself."""

    path: Path_
    message: str
    hint: str | None = None
    about_value: bool = False


def misfits(value: Any, shape: Shape = COMPOSE, path: Path_ = ()) -> Iterator[Misfit]:
    """Everything in `value` that `shape` does not allow."""
    kind = _kind(value)
    if kind not in _allowed(shape):
        wanted = " or ".join(sorted(_KIND_NAMES.get(kind, kind) for kind in shape.kinds))
        yield Misfit(path, f"must be a {wanted}, and is a {_KIND_NAMES.get(kind, kind)}")
        return
    if kind == "object":
        yield from _mapping(value, shape, path)
    elif kind == "array":
        yield from _listing(value, shape, path)
    else:
        yield from _scalar(value, shape, path)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "object")


def _allowed(shape: Shape) -> frozenset[str]:
    return shape.kinds | {"integer"} if "number" in shape.kinds else shape.kinds


def _mapping(value: dict[str, Any], shape: Shape, path: Path_) -> Iterator[Misfit]:
    for name in shape.required:
        if name not in value:
            yield Misfit(path, f"misses its key `{name}`")
    for key, item in value.items():
        yield from _entry(key, item, shape, path)


def _entry(key: str, item: Any, shape: Shape, path: Path_) -> Iterator[Misfit]:
    below = (*path, key)
    if key in shape.keys:
        yield from misfits(item, shape.keys[key], below)
    elif (key.startswith("x-") and shape.keys) or (not shape.keys and shape.each is None):
        return
    elif shape.each is not None and re.fullmatch(shape.name or ".+", key, re.DOTALL):
        yield from misfits(item, shape.each, below)
    else:
        near = get_close_matches(key, shape.keys, 1)
        yield Misfit(below, "is not allowed here", f"write `{near[0]}`" if near else None)


def _listing(value: list[Any], shape: Shape, path: Path_) -> Iterator[Misfit]:
    if shape.form == "health test":
        yield from _formed(value, shape, path)
    if shape.items is not None:
        for index, item in enumerate(value):
            yield from misfits(item, shape.items, (*path, index))


def _scalar(value: Any, shape: Shape, path: Path_) -> Iterator[Misfit]:
    text = str(value)
    if isinstance(value, str) and shape.choices and value not in shape.choices:
        near = get_close_matches(value, shape.choices, 1)
        wanted = ", ".join(f"`{choice}`" for choice in shape.choices)
        yield Misfit(path, f"must be one of {wanted}", f"write `{near[0]}`" if near else None, about_value=True)
    elif isinstance(value, str) and shape.pattern and not re.search(shape.pattern, text):
        yield Misfit(path, f"does not match `{shape.pattern}`", about_value=True)
    else:
        yield from _formed(value, shape, path)


def _formed(value: Any, shape: Shape, path: Path_) -> Iterator[Misfit]:
    if value is None or (shape.form == "boolean" and isinstance(value, bool)):
        return
    wrong = wrong_form(shape.form, value)
    if wrong is not None:
        yield Misfit(path, wrong, about_value=True)
    elif shape.lowest is not None and not _within(value, shape):
        limits = f"from {shape.lowest} to {shape.highest}" if shape.highest is not None else f"{shape.lowest} or more"
        yield Misfit(path, f"must be {limits}", about_value=True)


def _within(value: Any, shape: Shape) -> bool:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return True
    return number >= (shape.lowest or 0) and (shape.highest is None or number <= shape.highest)
