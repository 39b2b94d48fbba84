"""One thing that the API refuses: where, why, and what it takes instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.values import is_open, items, mappings, text


class Refusal(NamedTuple):
    """`message` goes on with `: the API refuses that`."""

    path: Path_
    message: str
    hint: str | None = None


def whole(value: Any) -> int | None:
    """A whole number; None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def below(content: Mapping[str, Any], path: Path_, **least: int) -> Iterator[Refusal]:
    """Every key that is less than it may be."""
    for key, bound in least.items():
        number = whole(content.get(key))
        if number is not None and number < bound:
            yield Refusal((*path, key), f"`{key}` is {number}, and must be at least {bound}")


def only_with(content: Mapping[str, Any], path: Path_, key: str, condition: bool, needs: str) -> Iterator[Refusal]:
    """A key that may be there only with another."""
    if content.get(key) not in (None, "") and not condition:
        yield Refusal((*path, key), f"`{key}` goes only with {needs}")


def expressions(selector: Any, path: Path_, *, numeric: bool = False) -> Iterator[Refusal]:
    """The `matchExpressions` of a selector: which operator takes values."""
    for way, one in mappings(selector, "matchExpressions"):
        operator, values = text(one, "operator"), items(one, "values")
        where = (*path, *way)
        allowed = ("In", "NotIn", "Exists", "DoesNotExist", *(("Gt", "Lt") if numeric else ()))
        if operator and operator not in allowed and not is_open(operator):
            words = ", ".join(f"`{each}`" for each in allowed)
            yield Refusal((*where, "operator"), f"there is no operator `{operator}`; there are {words}")
        elif operator in ("In", "NotIn") and not values:
            yield Refusal(where, f"the operator `{operator}` needs `values`")
        elif operator in ("Exists", "DoesNotExist") and values:
            yield Refusal((*where, "values"), f"the operator `{operator}` takes no values")
        elif operator in ("Gt", "Lt") and len(values) != 1:
            yield Refusal(where, f"the operator `{operator}` takes one value")
