"""Settings classes of pydantic: which variables their fields are read from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from checks.model import Place
from checks.temporal.names import Names
from checks.temporal.scopes import Definition, Scope
from checks.wiring.code.settings_config import Configured, configured, settings_lineage
from checks.wiring.code.settings_shapes import Shape, shape_of
from checks.wiring.code.syntax import last_name


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
    shape: Shape
    place: Place
    scope: Scope
    sure: bool = True
    ignores_empty: bool = False


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
    for owner in settings_lineage(definition, names):
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
        aliases = _aliases(call, owner, config, names)
    optional_before = config.old and _is_optional(annotation)
    is_ellipsis = isinstance(default, ast.Constant) and default.value is Ellipsis
    required = (default is None or is_ellipsis) and not optional_before
    own_class = _is_model(annotation, owner, names)
    return Field(
        owner=owner,
        name=name,
        names=(*(aliases or ()), *((config.prefix + name,) if not aliases or config.by_name else ())),
        default=None if is_ellipsis else default,
        required=required,
        shape=shape_of(annotation, call, owner, names) if config.decodes or own_class else None,
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
    if not (isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Annotated"):
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


def _aliases(call: ast.Call, owner: Definition, config: Configured, names: Names) -> tuple[str, ...] | None:
    """The variables that `alias=` names; None where they cannot be known. `env=` counted before pydantic 2."""
    words = {each.arg: each.value for each in call.keywords}
    given = words.get("validation_alias") or words.get("alias") or (words.get("env") if config.old else None)
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
