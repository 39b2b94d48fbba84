"""A value held against an OpenAPI schema, with every fault told in words for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.values import is_open, items, mapping

_TYPES: Mapping[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
_TITLES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_LONGEST = 60


class Fault(NamedTuple):
    """What is wrong with one value. `is_name` where the fault is the key itself."""

    message: str
    hint: str | None = None


Found = Iterator[tuple[Path_, Fault]]


def judge_shape(value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any], path: Path_ = ()) -> Found:
    """Every place where `value` is not what `schema` wants."""
    schema = _resolved(schema, definitions)
    if value is None or (schema.get("x-kubernetes-int-or-string") and type(value) in (int, str)):
        return  # an empty value is the same as none
    wanted = _wanted(schema, definitions)
    if wanted and not any(_is(value, name) for name in wanted):
        if not is_open(value):
            yield path, _mistyped(value, wanted, path)
        return
    if isinstance(value, dict):
        yield from _judge_mapping(value, schema, definitions, path)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from judge_shape(item, schema["items"], definitions, (*path, index))
    else:
        yield from _judge_scalar(value, schema, path)


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema = definitions.get(schema["$ref"].rsplit("/", 1)[-1]) or {}
    return schema if isinstance(schema, dict) else {}  # a definition of the project's own may have any shape


def _wanted(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that a schema allows, without null; none where it says nothing."""
    said = schema.get("type")
    if said is None and isinstance(schema.get("oneOf"), list):
        return tuple(name for part in schema["oneOf"] for name in _wanted(_resolved(part, definitions), definitions))
    names = said if isinstance(said, list) else [said] if said else []
    return tuple(name for name in names if isinstance(name, str) and name != "null")


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, float) and name == "integer":
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, object))


def _mistyped(value: Any, wanted: tuple[str, ...], path: Path_) -> Fault:
    titles = " or ".join(dict.fromkeys(_TITLES.get(name, name) for name in wanted))
    hint = None
    if "string" in wanted and isinstance(value, bool | int | float):
        hint = "put it in quotes"
    elif "array" in wanted and isinstance(value, str | dict):
        hint = "write it as a list: each item begins with `- `"
    return Fault(f"{_title(path)} must be {titles}, not {shown(value)}", hint)


def _judge_mapping(
    value: Mapping[str, Any], schema: Mapping[str, Any], definitions: Mapping[str, Any], path: Path_
) -> Found:
    known = mapping(schema, "properties")
    others = schema.get("additionalProperties")
    # An older API's catch-all keeps what it does not know.
    keeps = schema.get("x-kubernetes-preserve-unknown-fields") or others is True
    for key, item in value.items():
        if key in known:
            yield from judge_shape(item, known[key], definitions, (*path, key))
        elif isinstance(others, dict):
            yield from judge_shape(item, others, definitions, (*path, key))
        elif known and not keeps and (others is False or schema.get("x-closed")):
            yield (*path, key), _unknown(key, known, path)
    for key in items(schema, "required"):
        if isinstance(key, str) and value.get(key) is None and key not in ("apiVersion", "kind"):
            yield path, Fault(f"{_title(path)} lacks `{key}`", _near_hint(key, value, known))


def _near_hint(key: str, value: Mapping[str, Any], known: Mapping[str, Any]) -> str | None:
    near = get_close_matches(key, [other for other in value if other not in known], 1)
    return f"`{near[0]}` should be `{key}`" if near else None


def _unknown(key: str, known: Mapping[str, Any], path: Path_) -> Fault:
    near = get_close_matches(key, list(known), 1) or [name for name in known if name.lower() == key.lower()]
    return Fault(f"{_title(path)} has no field `{key}`", f"did you mean `{near[0]}`?" if near else None)


def _judge_scalar(value: Any, schema: Mapping[str, Any], path: Path_) -> Found:
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed and not is_open(value):
        near = get_close_matches(str(value), [str(item) for item in allowed], 1)
        words = ", ".join(f"`{item}`" for item in allowed)
        yield path, Fault(f"{_title(path)} is {shown(value)}; allowed: {words}", f"`{near[0]}`" if near else None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        least, most = schema.get("minimum"), schema.get("maximum")
        if isinstance(least, int | float) and value < least:
            yield path, Fault(f"{_title(path)} is {value}, less than {least}")
        if isinstance(most, int | float) and value > most:
            yield path, Fault(f"{_title(path)} is {value}, more than {most}")
    pattern = schema.get("pattern")
    if isinstance(value, str) and isinstance(pattern, str) and _differs(pattern, value) and not is_open(value):
        yield path, Fault(f"{_title(path)} is {shown(value)}, which does not match `{pattern}`")


def _differs(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is None
    except re.error:  # another dialect: nothing can be said
        return False


def shown(value: Any) -> str:
    """A value for a message, cut where it is long."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return f"`{text if len(text) <= _LONGEST else text[: _LONGEST - 3] + '...'}`"


def _title(path: Path_) -> str:
    if not path:
        return "the object"
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"`{words.lstrip('.')}`"
