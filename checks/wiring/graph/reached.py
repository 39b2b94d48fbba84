"""Which of the project's files a program imports, and what they name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from checks.wiring.code.model import Code


def reached_files(code: Code, entry: str) -> frozenset[str]:
    """The files of the project that come along with `entry`, itself included."""
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imported(code, file)
    return frozenset(found)


def texts_in(root: Path, file: str) -> dict[str, int]:
    """The text constants of a file, each with the line where it first stands."""
    texts: dict[str, int] = {}
    for node in ast.walk(_tree(root / file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.setdefault(node.value, node.lineno)
    return texts


def _imported(code: Code, file: str) -> Iterator[str]:
    for name in _names(code, file):
        while name:
            if name in code.modules:
                yield code.modules[name]
            name = name.rpartition(".")[0]


def _names(code: Code, file: str) -> Iterator[str]:
    for node in ast.walk(_tree(code.root / file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(file, node)
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)


def _base(file: str, node: ast.ImportFrom) -> str:
    """The dotted name that an import starts from; a relative one is seen from its file."""
    if not node.level:
        return node.module or ""
    folder = Path(file).parts[: -node.level]
    return ".".join([*folder, *([node.module] if node.module else [])])


@cache
def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])
