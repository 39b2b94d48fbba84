"""What templates ask of the parts of a value: inside `range .Values.services` and `with .Values.api`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from checks.deploy.helm.expressions import BLOCK, STRING, Names, Use, actions, is_plain, names_of
from checks.deploy.helm.yaml_source import Source
from checks.deploy.kubernetes.documents import Path_

EACH = "*"
"""Stands for the keys or indexes of whatever `range` goes through."""

_EXACT = re.compile(r"(?:\$(?P<variable>\w+)|(?P<root>\$?)(?P<values>\.Values\b)|(?=\.))(?P<path>(?:\.[A-Za-z_]\w*)*)")
_LOOP = re.compile(r"(?:(?:\$\w+\s*,\s*)?\$(?P<item>\w+)\s*:=\s*)?(?P<what>.*)", re.S)
_ASSIGNED = re.compile(r"\$(\w+)\s*:?=\s*(.*)", re.S)
_PART = re.compile(r"(?<![\w.)\]$\"])(?:\$(?P<variable>\w+))?(?P<path>(?:\.[A-Za-z_]\w*)+)")
_TOP = frozenset({"Values", "Release", "Chart", "Files", "Capabilities", "Template", "Subcharts"})


@dataclass
class _Scope:
    """What `.` and the variables stand for in one block; None is something that cannot be followed."""

    dot: Names | None
    condition: str = ""
    variables: dict[str, Names] = field(default_factory=dict)
    outer_dot: Names | None = None


def element_uses(file: str, text: str) -> Iterator[Use]:
    """Every plain use of a part: its path has `*` where `range` goes through."""
    scopes = [_Scope(None)]
    for line, action in actions(text):
        block = BLOCK.match(action)
        if block is not None:
            _enter(scopes, block[1], block[2])
        elif assigned := _ASSIGNED.fullmatch(action):
            path = _followed(scopes[-1], assigned[2])
            scopes[-1].variables.pop(assigned[1], None)
            if path is not None:
                scopes[-1].variables[assigned[1]] = path
        else:
            yield from _parts(file, line, action, scopes)


def _enter(scopes: list[_Scope], word: str, rest: str) -> None:
    here = scopes[-1]
    if word == "end":
        if len(scopes) > 1:
            scopes.pop()
    elif word == "else":
        here.dot, here.condition = here.outer_dot, f"{here.condition} {rest}"
    elif word in ("define", "block"):
        scopes.append(_Scope(None))
    elif word == "if":
        scopes.append(replace(here, condition=rest, variables=dict(here.variables), outer_dot=here.dot))
    else:
        scopes.append(_bound(here, word, rest))


def _bound(here: _Scope, word: str, rest: str) -> _Scope:
    loop = _LOOP.fullmatch(rest)
    path = _followed(here, loop["what"]) if loop else None
    inner = None if path is None else (*path, EACH) if word == "range" else path
    scope = _Scope(inner, rest if word == "with" else "", dict(here.variables), here.dot)
    if loop and loop["item"]:
        scope.variables.pop(loop["item"], None)
        if inner is not None:
            scope.variables[loop["item"]] = inner
    return scope


def _followed(scope: _Scope, text: str) -> Names | None:
    """The way to the values that an expression is, if it is nothing else."""
    found = _EXACT.fullmatch(text.strip())
    if found is None:
        return None
    path = names_of(found["path"])
    if found["values"]:
        return path or None
    start = scope.variables.get(found["variable"]) if found["variable"] else scope.dot
    return None if start is None or not path else (*start, *path)


def _parts(file: str, line: int, action: str, scopes: Sequence[_Scope]) -> Iterator[Use]:
    bare = STRING.sub('""', action)
    if not is_plain(_PART.sub(" ", bare)):
        return
    here = scopes[-1]
    for found in _PART.finditer(bare):
        path = names_of(found["path"])
        start = here.variables.get(found["variable"]) if found["variable"] else here.dot
        if start is None or path[0] in _TOP or any(f".{path[-1]}" in scope.condition for scope in scopes):
            continue
        yield Use((*start, *path), file, line, True, tuple(scope.condition for scope in scopes if scope.condition))


def undefined_parts(uses: Sequence[Use], sources: Sequence[Source]) -> Iterator[tuple[Use, Path_]]:
    """Uses of a part that none of the entries has, each with the way to one entry that is there."""
    contents = [source.content for source in sources if isinstance(source.content, dict)]
    for use in uses:
        ways = [way for content in contents for way in _expanded(content, use.path)]
        if ways and not any(_has(content, way) for content in contents for way in ways):
            yield use, ways[0]


def _expanded(content: Any, path: Names, way: Path_ = ()) -> Iterator[Path_]:
    """The ways that a path with `*` stands for. Entries that are no mappings end it: they have no parts."""
    if not path:
        yield way
    elif path[0] != EACH:
        inside = content.get(path[0]) if isinstance(content, Mapping) else None
        if isinstance(content, Mapping) and (EACH not in path[1:] or inside):
            yield from _expanded(inside, path[1:], (*way, path[0]))
    elif isinstance(content, Mapping):
        for key, item in content.items():
            yield from _expanded(item, path[1:], (*way, str(key)))
    elif isinstance(content, list):
        for index, item in enumerate(content):
            yield from _expanded(item, path[1:], (*way, index))


def _has(content: Any, way: Path_) -> bool:
    for part in way:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
