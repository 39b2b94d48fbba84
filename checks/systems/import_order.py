"""Puts imports in order again after a module got another name, as isort and ruff would."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

Import = ast.Import | ast.ImportFrom


def in_order(text: str, renamed: str) -> str:
    """The text with every block of imports sorted that speaks of `renamed`; anything unusual stays as it is."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text
    lines = text.split("\n")
    for block in _blocks(tree):
        if any(_speaks_of(each, renamed, lines) for each in block):
            _sort(block, lines)
    return "\n".join(lines)


def _blocks(tree: ast.Module) -> Iterator[list[Import]]:
    """Runs of imports that follow each other line by line: what stands between blank lines or comments."""
    for node in ast.walk(tree):
        for _field, body in ast.iter_fields(node):
            block: list[Import] = []
            for each in body if isinstance(body, list) else []:
                if block and not (isinstance(each, Import) and each.lineno == _last(block[-1]) + 1):
                    yield block
                    block = []
                if isinstance(each, Import):
                    block.append(each)
            if block:
                yield block


def _last(node: Import) -> int:
    return node.end_lineno or node.lineno


def _speaks_of(node: Import, renamed: str, lines: list[str]) -> bool:
    return any(re.search(rf"\b{renamed}", line, re.IGNORECASE) for line in lines[node.lineno - 1 : _last(node)])


def _sort(block: list[Import], lines: list[str]) -> None:
    first, last = block[0].lineno - 1, _last(block[-1])
    texts = {id(node): lines[node.lineno - 1 : _last(node)] for node in block}
    lines[first:last] = [line for node in sorted(block, key=_key) for line in _members(node, texts[id(node)])]


def _members(node: Import, text: list[str]) -> list[str]:
    """The statement with its names in order, where it is one plain line."""
    if not isinstance(node, ast.ImportFrom) or len(text) > 1 or "(" in text[0] or "#" in text[0]:
        return text
    names = sorted(
        (f"{each.name} as {each.asname}" if each.asname else each.name for each in node.names), key=_member_key
    )
    return [text[0].partition(" import ")[0] + " import " + ", ".join(names)]


def _key(node: Import) -> tuple[bool, list[tuple[int, str]]]:
    name = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else node.names[0].name
    return isinstance(node, ast.ImportFrom), _natural(name)


def _member_key(name: str) -> tuple[int, list[tuple[int, str]], str]:
    """Constants, then classes, then the rest."""
    first = name.partition(" ")[0]
    kind = 0 if first.isupper() and len(first) > 1 else 1 if first[:1].isupper() else 2
    return kind, _natural(name), name


def _natural(name: str) -> list[tuple[int, str]]:
    """`a2` before `a10`, without regard to case."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name.lower())]
