"""Reads what setup.py and setup.cfg ask for, as far as it is written out."""

from __future__ import annotations

import ast
import configparser
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.install.model import Asked, Declared, Origin, Purpose
from checks.install.requirement_text import asked_of
from checks.model import Place
from checks.raw.source import read_source


def setup_sets(root: Path, files: Sequence[str]) -> Iterator[Declared]:
    """One set a file, with its extras: what cannot be read keeps the set open."""
    for file in files:
        name = posixpath.basename(file)
        asked = (
            _of_setup_py(root, file) if name == "setup.py" else _of_setup_cfg(root, file) if name == "setup.cfg" else []
        )
        if asked:
            yield Declared(file, file, posixpath.dirname(file), Purpose.RUN, tuple(asked))


def _of_setup_py(root: Path, file: str) -> list[Asked]:
    tree = read_source(root / file).tree
    keywords = [
        word for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords
    ] if tree is not None else []  # fmt: skip
    asked: list[Asked] = []
    for word in keywords:
        if word.arg in ("install_requires", "extras_require", "setup_requires", "tests_require"):
            if not isinstance(word.value, (ast.List, ast.Tuple, ast.Dict)):
                asked.append(Asked("", Place(file, word.value.lineno), None, Origin.ELSEWHERE))
            values = word.value.values if isinstance(word.value, ast.Dict) else [word.value]
            texts = [node for value in values for node in ast.walk(value)]
            asked += [found for node in texts if (found := _constant(node, file)) is not None]
    return asked


def _constant(node: ast.AST, file: str) -> Asked | None:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return None
    found = asked_of(node.value, Place(file, node.lineno))
    return found if isinstance(found, Asked) else None


def _of_setup_cfg(root: Path, file: str) -> list[Asked]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        text = (root / file).read_text(encoding="utf-8", errors="replace")
        parser.read_string(text)
    except (OSError, configparser.Error):
        return []
    listed = [parser.get("options", "install_requires", fallback="")]
    listed += parser["options.extras_require"].values() if parser.has_section("options.extras_require") else []
    lines = [line.strip() for value in listed for line in value.splitlines() if line.strip()]
    numbers = {line.strip(): number for number, line in enumerate(text.splitlines(), 1)}
    asked = [asked_of(line, Place(file, numbers.get(line))) for line in lines]
    return [each for each in asked if isinstance(each, Asked)]
