"""What the text of a variable has to be for the type of a settings field, as pydantic takes it."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from checks.temporal.names import Names
from checks.temporal.scopes import Definition
from checks.wiring.code.syntax import last_name
from checks.wiring.code.worlds import UNKNOWN

_COMPLEX = {"list", "dict", "set", "frozenset", "tuple", "List", "Dict", "Set", "FrozenSet", "Tuple", "Sequence"}
_NUMBERS = {"int", "float", "PositiveInt", "NonNegativeInt", "PositiveFloat", "NonNegativeFloat"}
_REFUSE_EMPTY = {
    "AnyUrl", "AnyHttpUrl", "HttpUrl", "PostgresDsn", "RedisDsn", "MongoDsn", "AmqpDsn", "EmailStr", "UUID", "UUID4",
    "datetime", "date", "timedelta", "Decimal", "IPvAnyAddress",
}  # fmt: skip
_WHOLE = re.compile(r"[+-]?\d+(?:_\d+)*(?:\.0*)?")
_TRUTHS = {"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"}
Shape = str | tuple[str, ...] | None
"""`int`, `float`, `bool`, `json`, `filled`, or the words of a Literal; None where any text will do."""


def shape_of(annotation: ast.expr, call: ast.Call | None, owner: Definition, names: Names) -> Shape:
    """What a field takes."""
    plain = annotation
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Annotated":
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if any(not isinstance(part, ast.Call) or last_name(part.func) != "Field" for part in parts[1:]):
            return None  # NoDecode, BeforeValidator and the like: the text may be anything
        plain = parts[0]
    if _has_validator(owner):
        known = _plain_shape(plain, owner, names)
        return known if known == "json" else None
    return _plain_shape(plain, owner, names) or ("filled" if _has_minimum(call) else None)


def _plain_shape(node: ast.expr, owner: Definition, names: Names) -> Shape:
    if isinstance(node, ast.Subscript):
        last = last_name(node.value)
        if last == "Literal":
            words = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            texts = [each.value for each in words if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            return tuple(texts) if len(texts) == len(words) else None
        if last == "Optional":
            return _plain_shape(node.slice, owner, names)
        return "json" if last in _COMPLEX else None
    if isinstance(node, ast.BinOp):
        sides = [
            each for each in (node.left, node.right) if not (isinstance(each, ast.Constant) and each.value is None)
        ]
        return _plain_shape(sides[0], owner, names) if len(sides) == 1 else None
    last = last_name(node)
    if last in _COMPLEX:
        return "json"
    if last in _NUMBERS:
        return "float" if "loat" in last else "int"
    return "bool" if last == "bool" else "filled" if last in _REFUSE_EMPTY else None


def _has_validator(owner: Definition) -> bool:
    """Whether something may change the values before they are judged."""
    assert isinstance(owner.node, ast.ClassDef)  # noqa: S101 -- for the type checker: fields stand in classes
    decorators = [each for node in owner.node.body for each in getattr(node, "decorator_list", [])]
    return any("before" in ast.unparse(each) or "pre=True" in ast.unparse(each) for each in decorators)


def _has_minimum(call: ast.Call | None) -> bool:
    return call is not None and any(
        each.arg == "min_length" and isinstance(each.value, ast.Constant) and each.value.value for each in call.keywords
    )


def refused(value: str, shape: Shape) -> str | None:
    """Why a settings class refuses a text; None where it takes it."""
    if shape is None:
        return None
    if isinstance(shape, tuple):
        return None if value in shape else f"it may be {', '.join(f'`{word}`' for word in shape)}"
    if shape == "filled":
        return None if value else "it must not be empty"
    if shape == "json":
        return None if _is_json(value) else "a list or dict is read as JSON"
    if shape == "bool":
        return None if value.lower() in _TRUTHS else "it is no truth value"
    try:
        float(value)
    except ValueError:
        return "it must be a number"
    return "it must be a whole number" if shape == "int" and not _WHOLE.fullmatch(value.strip()) else None


def converted(value: str, shape: Shape) -> Any:
    """What a field holds in the end, as far as it is plain."""
    if shape in ("int", "float"):
        try:
            return int(float(value)) if shape == "int" else float(value)
        except ValueError:
            return UNKNOWN
    if shape == "bool":
        return value.lower() in ("1", "on", "t", "true", "y", "yes")
    return UNKNOWN if shape == "json" else value


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True
