"""How a settings class is configured: `model_config`, an inner `Config`, words in the head of the class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from checks.temporal.names import Names
from checks.temporal.scopes import Definition

_BASES = {"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"}
_FROM_ELSEWHERE = {
    "alias_generator", "cli_parse_args", "secrets_dir", "yaml_file", "toml_file", "json_file", "env_parse_none_str",
}  # fmt: skip
_BY_NAME = {"populate_by_name", "validate_by_name", "allow_population_by_field_name"}
_OLD_BASES = {"pydantic.BaseSettings", "pydantic.env_settings.BaseSettings", "pydantic.v1.BaseSettings"}


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
    by_name: bool = False
    """Whether a field that has an alias is filled by its own name as well."""


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


def settings_lineage(definition: Definition, names: Names, depth: int = 8) -> Iterator[Definition]:
    """A class and those it inherits from, as far as they are the project's."""
    if depth <= 0 or not isinstance(definition.node, ast.ClassDef):
        return
    yield definition
    for base in definition.node.bases:
        ref = names.of(base, definition.outer)
        parent = names.definition(ref) if ref and ":" in ref else None
        if parent is not None:
            yield from settings_lineage(parent, names, depth - 1)


@lru_cache(maxsize=1024)
def configured(definition: Definition, names: Names) -> Configured:
    """The settings of a settings class: its own, and those of the inherited ones that it does not say anew."""
    lineage = tuple(settings_lineage(definition, names))
    words: dict[str | None, tuple[ast.expr, Definition]] = {}
    for owner in reversed(lineage):
        words |= {word: (node, owner) for word, node in (_config_words(owner, names) or {}).items()}
    config = _read_config(words, names, old=_outside(definition, names) in _OLD_BASES)
    customised = any(
        getattr(node, "name", "") == "settings_customise_sources"
        for owner in lineage
        for node in getattr(owner.node, "body", ())
    )
    return replace(config, known=config.known and not customised)


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


def _read_config(words: dict[str | None, tuple[ast.expr, Definition]], names: Names, *, old: bool) -> Configured:
    def text(word: str) -> object:
        node, owner = words.get(word, (None, None))
        return names.constant(node, owner.own) if node is not None and owner is not None else None

    prefix, extra, delimiter = text("env_prefix"), text("extra"), text("env_nested_delimiter")
    known = None not in words and not ("env_prefix" in words and not isinstance(prefix, str))
    return Configured(
        prefix=prefix if isinstance(prefix, str) else "",
        env_files=_env_files(words, names),
        extra=extra if isinstance(extra, str) else "unknown" if "extra" in words or None in words else "forbid",
        delimiter=delimiter if isinstance(delimiter, str) else None,
        ignores_empty=text("env_ignore_empty") is True,
        known=known and not _FROM_ELSEWHERE & words.keys(),
        old=old,
        decodes=text("enable_decoding") is not False,
        by_name=not _BY_NAME.isdisjoint(words),
    )


def _env_files(words: dict[str | None, tuple[ast.expr, Definition]], names: Names) -> tuple[str, ...]:
    if "env_file" not in words:
        return ()
    given, owner = words["env_file"]
    nodes = given.elts if isinstance(given, (ast.Tuple, ast.List)) else [given]
    found = [names.constant(node, owner.own) for node in nodes]
    return tuple(each for each in found if isinstance(each, str))
