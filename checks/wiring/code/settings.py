"""Settings classes of pydantic: which variables their fields are read from, and what those may hold."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Definition, Scope
from checks.wiring.code.worlds import UNKNOWN

_BASES = {"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"}
_OLD_BASES = {"pydantic.BaseSettings", "pydantic.env_settings.BaseSettings", "pydantic.v1.BaseSettings"}
_COMPLEX = {"list", "dict", "set", "frozenset", "tuple", "List", "Dict", "Set", "FrozenSet", "Tuple", "Sequence"}
_NUMBERS = {"int", "float", "PositiveInt", "NonNegativeInt", "PositiveFloat", "NonNegativeFloat"}
_REFUSE_EMPTY = {
    "AnyUrl", "AnyHttpUrl", "HttpUrl", "PostgresDsn", "RedisDsn", "MongoDsn", "AmqpDsn", "EmailStr", "UUID", "UUID4",
    "datetime", "date", "timedelta", "Decimal", "IPvAnyAddress",
}  # fmt: skip
_TRUTHS = {"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"}


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field: the variables it is read from, the likeliest first. `default` None: it is required.

    `shape`: what a value has to be (`int`, `float`, `bool`, `json`, `filled`, or the words of a Literal), None where
    any text will do. `sure` is false where other variables may fill it.
    """

    owner: Definition
    name: str
    names: tuple[str, ...]
    default: ast.expr | None
    required: bool
    shape: str | tuple[str, ...] | None
    place: Place
    scope: Scope
    sure: bool = True
    ignores_empty: bool = False


@dataclass(frozen=True, slots=True)
class Configured:
    """What `model_config` says, as far as it is constant."""

    prefix: str = ""
    env_files: tuple[str, ...] = ()
    extra: str = "forbid"
    delimiter: str | None = None
    ignores_empty: bool = False
    known: bool = True
    old: bool = False
    decodes: bool = True


@lru_cache(maxsize=1024)
def is_settings(definition: Definition, names: Names) -> bool:
    """Whether a class reads its fields from the environment."""
    return _outside(definition, names) is not None


def _outside(definition: Definition, names: Names, depth: int = 8) -> str | None:
    if not isinstance(definition.node, ast.ClassDef) or depth <= 0:
        return None
    for base in definition.node.bases:
        ref = names.of(base, definition.outer)
        if ref in _BASES or ref in _OLD_BASES:
            return ref
        parent = names.definition(ref) if ref and ":" in ref else None
        found = _outside(parent, names, depth - 1) if parent is not None else None
        if found is not None:
            return found
    return None


def _lineage(definition: Definition, names: Names, depth: int = 8) -> Iterator[Definition]:
    if depth <= 0 or not isinstance(definition.node, ast.ClassDef):
        return
    yield definition
    for base in definition.node.bases:
        ref = names.of(base, definition.outer)
        parent = names.definition(ref) if ref and ":" in ref else None
        if parent is not None:
            yield from _lineage(parent, names, depth - 1)


def field_of(definition: Definition, name: str, names: Names) -> Field | None:
    """The field of that name."""
    return next((field for field in fields(definition, names) if field.name == name), None)


@lru_cache(maxsize=256)
def fields(definition: Definition, names: Names) -> tuple[Field, ...]:
    """Every field of a settings class, the inherited ones too."""
    return tuple(_fields(definition, names))


def _fields(definition: Definition, names: Names) -> Iterator[Field]:
    config = configured(definition, names)
    seen: set[str] = set()
    for owner in _lineage(definition, names):
        assert isinstance(owner.node, ast.ClassDef)  # noqa: S101 -- for the type checker: lineages hold classes
        for node in owner.node.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name = node.target.id
                hidden = name.startswith("_") or name == "model_config" or "ClassVar" in ast.unparse(node.annotation)
                if name not in seen and not hidden:
                    yield _field(node, name, owner, config, names)
                seen.add(name)


def _field(node: ast.AnnAssign, name: str, owner: Definition, config: Configured, names: Names) -> Field:
    value, annotation = node.value, node.annotation
    call = _field_call(value, owner, names) or _annotated_call(annotation, owner, names)
    default = value if call is None or call is not value else None
    aliases: tuple[str, ...] | None = ()
    if call is not None:
        default = _default_of(call) if default is None or call is default else default
        aliases = _aliases(call, owner, names)
    optional_before = config.old and _is_optional(annotation)
    is_ellipsis = isinstance(default, ast.Constant) and default.value is Ellipsis
    required = (default is None or is_ellipsis) and not optional_before
    own_class = _is_model(annotation, owner, names)
    return Field(
        owner=owner,
        name=name,
        names=aliases or (config.prefix + name,),
        default=None if is_ellipsis else default,
        required=required,
        shape=_shape(annotation, call, owner, names) if config.decodes or own_class else None,
        place=Place(owner.own.module.file, node.lineno, node.col_offset + 1),
        scope=owner.own,
        sure=config.known and aliases is not None and not own_class,
        ignores_empty=config.ignores_empty,
    )


def _field_call(value: ast.expr | None, owner: Definition, names: Names) -> ast.Call | None:
    if not isinstance(value, ast.Call):
        return None
    ref = names.of(value.func, owner.own) or ""
    return value if ref.startswith("pydantic") and ref.endswith(".Field") else None


def _annotated_call(annotation: ast.expr, owner: Definition, names: Names) -> ast.Call | None:
    if not (isinstance(annotation, ast.Subscript) and _last(annotation.value) == "Annotated"):
        return None
    parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
    return next((call for part in parts if (call := _field_call(part, owner, names)) is not None), None)


def _default_of(call: ast.Call) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == "default":
            return keyword.value
        if keyword.arg == "default_factory":
            made = keyword.value
            return made.body if isinstance(made, ast.Lambda) else ast.Call(made, [], [])
        if keyword.arg is None:
            return ast.Constant(None)
    return call.args[0] if call.args else None


def _aliases(call: ast.Call, owner: Definition, names: Names) -> tuple[str, ...] | None:
    """The variables that `alias=` names; None where they cannot be known."""
    words = {each.arg: each.value for each in call.keywords}
    given = words.get("validation_alias") or words.get("alias") or words.get("env")
    if given is None:
        return ()
    parts = (
        given.args
        if isinstance(given, ast.Call)
        else given.elts
        if isinstance(given, (ast.List, ast.Tuple))
        else [given]
    )
    found = [names.constant(each, owner.own) for each in parts]
    known = tuple(each for each in found if isinstance(each, str))
    return known if len(known) == len(found) and known else None


def _is_optional(annotation: ast.expr) -> bool:
    text = ast.unparse(annotation)
    return "None" in text or "Optional" in text


def _is_model(annotation: ast.expr, owner: Definition, names: Names) -> bool:
    """Whether a field is a model of the project, whose parts may come from variables of their own."""
    plain = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    ref = names.of(plain, owner.own)
    definition = names.definition(ref) if ref and ":" in ref else None
    if definition is None or not isinstance(definition.node, ast.ClassDef):
        return False
    return not any("Enum" in ast.unparse(base) for base in definition.node.bases)


def _shape(
    annotation: ast.expr, call: ast.Call | None, owner: Definition, names: Names
) -> str | tuple[str, ...] | None:
    plain = annotation
    if isinstance(annotation, ast.Subscript) and _last(annotation.value) == "Annotated":
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if any(not isinstance(part, ast.Call) or _last(part.func) != "Field" for part in parts[1:]):
            return None  # NoDecode, BeforeValidator and the like: the text may be anything
        plain = parts[0]
    if _has_validator(owner):
        known = _plain_shape(plain, owner, names)
        return known if known == "json" else None
    return _plain_shape(plain, owner, names) or ("filled" if _has_minimum(call) else None)


def _plain_shape(node: ast.expr, owner: Definition, names: Names) -> str | tuple[str, ...] | None:
    if isinstance(node, ast.Subscript):
        last = _last(node.value)
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
    last = _last(node)
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


def refused(value: str, shape: str | tuple[str, ...] | None) -> str | None:
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
        float(value) if shape == "float" else int(float(value))
    except (ValueError, OverflowError):
        return "it must be a number"
    return "it must be a whole number" if shape == "int" and float(value) != int(float(value)) else None


def converted(value: str, shape: str | tuple[str, ...] | None) -> Any:
    """What a field holds in the end, as far as it is plain."""
    if shape in ("int", "float"):
        try:
            return int(value) if shape == "int" else float(value)
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


def configured(definition: Definition, names: Names) -> Configured:
    """The settings of a settings class: its own, else the nearest inherited ones."""
    old = _outside(definition, names) in _OLD_BASES
    for owner in _lineage(definition, names):
        assert isinstance(owner.node, ast.ClassDef)  # noqa: S101 -- for the type checker: lineages hold classes
        words = _config_words(owner, names)
        customised = any(getattr(each, "name", "") == "settings_customise_sources" for each in owner.node.body)
        if words is not None:
            config = _read_config(words, owner, names, old)
            return replace(config, known=config.known and not customised)
        if customised:
            return Configured(old=old, known=False)
    return Configured(old=old, extra="forbid")


def _config_words(owner: Definition, names: Names) -> dict[str | None, ast.expr] | None:
    assert isinstance(owner.node, ast.ClassDef)  # noqa: S101 -- for the type checker: lineages hold classes
    if owner.node.keywords:
        return {each.arg: each.value for each in owner.node.keywords}
    for node in owner.node.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "model_config":
            value = getattr(node, "value", None)
            if isinstance(value, ast.Call):
                return {each.arg: each.value for each in value.keywords}
            if isinstance(value, ast.Dict):
                keys = [names.constant(key, owner.own) if key is not None else None for key in value.keys]
                return {
                    key if isinstance(key, str) else None: each for key, each in zip(keys, value.values, strict=True)
                }
            return {None: ast.Constant(None)}
        if isinstance(node, ast.ClassDef) and node.name == "Config":
            plain = [
                each for each in node.body if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
            ]
            return {each.targets[0].id: each.value for each in plain if isinstance(each.targets[0], ast.Name)}
    return None


def _read_config(words: dict[str | None, ast.expr], owner: Definition, names: Names, old: bool) -> Configured:
    def text(word: str) -> object:
        node = words.get(word)
        return names.constant(node, owner.own) if node is not None else None

    prefix, extra, delimiter = text("env_prefix"), text("extra"), text("env_nested_delimiter")
    files = words.get("env_file")
    nodes = files.elts if isinstance(files, (ast.Tuple, ast.List)) else [files] if files is not None else []
    found = [names.constant(node, owner.own) for node in nodes]
    known = None not in words and not ("env_prefix" in words and not isinstance(prefix, str))
    known = known and not {"alias_generator", "cli_parse_args", "secrets_dir", "yaml_file", "toml_file"} & words.keys()
    return Configured(
        prefix=prefix if isinstance(prefix, str) else "",
        env_files=tuple(each for each in found if isinstance(each, str)),
        extra=extra if isinstance(extra, str) else "unknown" if "extra" in words or None in words else "forbid",
        delimiter=delimiter if isinstance(delimiter, str) else None,
        ignores_empty=text("env_ignore_empty") is True,
        known=known,
        old=old,
        decodes=text("enable_decoding") is not False,
    )


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
