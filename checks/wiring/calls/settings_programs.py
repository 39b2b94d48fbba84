"""Settings of the project that name a program to start (`raw_bin: str = "raw"`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from checks.temporal.scopes import Module
from checks.wiring.calls.words import PROGRAMS
from checks.wiring.calls.wrappers import program_name


def settings_programs(modules: Sequence[Module]) -> dict[str, str]:
    """The default of each field that is such a program; a name that means several things is left out."""
    found: dict[str, set[str]] = {}
    for module in modules:
        for definition in module.definitions:
            if isinstance(definition.node, ast.ClassDef) and _is_settings(definition.node):
                for name, text in _fields(definition.node):
                    found.setdefault(name, set()).add(text)
    known = {name: next(iter(texts)) for name, texts in found.items() if len(texts) == 1}
    return {name: text for name, text in known.items() if _is_program(text)}


def _is_settings(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith(("Settings", "Config")) for base in node.bases)


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            default = _default(each.value)
            yield (
                each.target.id,
                default.value if isinstance(default, ast.Constant) and isinstance(default.value, str) else "",
            )


def _default(value: ast.expr | None) -> ast.expr | None:
    """What a field is given, also through `Field(...)`."""
    if not isinstance(value, ast.Call):
        return value
    named = [word.value for word in value.keywords if word.arg == "default"]
    return next(iter([*named, *value.args]), None)


def _is_program(text: str) -> bool:
    words = text.split()
    return bool(words) and program_name(words[0]) in PROGRAMS
