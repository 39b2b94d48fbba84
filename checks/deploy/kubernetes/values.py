"""Reading values that may have any shape: what has the wrong one is for the schema to say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.model import EMPTY

_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d+))?")
_UNITS = {
    "": Decimal(1),
    **{unit: Decimal(10) ** power for unit, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}
_VARIABLE = re.compile(r"\$\{[^}]+\}|\$[A-Z_]{3,}|\{\{")


def mapping(value: Any, *path: str | int) -> Mapping[str, Any]:
    """What is at `path`, where it is a mapping; else an empty one."""
    found = at(value, *path)
    return found if isinstance(found, dict) else EMPTY


def items(value: Any, *path: str | int) -> list[Any]:
    """What is at `path`, where it is a list; else an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def text(value: Any, *path: str | int) -> str:
    """What is at `path`, where it is text; else empty."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def at(value: Any, *path: str | int) -> Any:
    """What is at `path`, None where there is nothing."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def mappings(value: Any, *path: str | int) -> Iterator[tuple[Path_, Mapping[str, Any]]]:
    """Every mapping in the list at `path`, with the way to it."""
    for index, item in enumerate(items(value, *path)):
        if isinstance(item, dict):
            yield (*path, index), item


def is_open(value: Any) -> bool:
    """Whether a text has places that something fills in before it is applied, such as `${IMAGE}`."""
    return isinstance(value, str) and bool(_VARIABLE.search(value))


def quantity(value: Any) -> Decimal | None:
    """A quantity as a number; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        return None
    number, unit, exponent = found.groups()
    scale = Decimal(10) ** int(exponent) if exponent else _UNITS[unit or ""]
    return Decimal(number) * scale


def strings(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Every text below `value`, with the way to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings(item, (*path, index))


def simple(value: Any, *path: str | int) -> str | int | None:
    """What is at `path`, where it is a word or a whole number; else None."""
    found = at(value, *path)
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None
