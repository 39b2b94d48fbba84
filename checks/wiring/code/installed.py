"""Names that are imported from an installed package, whose source surely has no such name.

Only the text of the project's own environment is read: importing would run somebody else's code. Where a package makes
names as it runs (`__getattr__`, `globals()`, an extension module), nothing is said.
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from checks.model import Diagnostic, Place
from checks.wiring.code.judging import Scene, finding
from checks.wiring.code.own_imports import certain_imports
from checks.wiring.code.rules import BROKEN_IMPORT

_MAKES = re.compile(r"__getattr__|globals\(\)|vars\(|sys\.modules|__path__|setattr\(|exec\(|__dict__|import_module")
_STAR = re.compile(r"^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+\*", re.MULTILINE)
_WORD = re.compile(r"\b[A-Za-z_]\w*\b")
_LARGEST = 4 << 20
_DEPTH = 6


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings at imports of the project's own modules; none without an environment of the project's own."""
    folders = _site_packages(scene.system.context.python)
    if not folders:
        return
    tops = {part for file in scene.index.files for part in file.removesuffix(".py").split("/")}
    for module in scene.index.sources.own_modules():
        for node in certain_imports(module.tree):
            source = node.module if isinstance(node, ast.ImportFrom) and not node.level else None
            if not source or source.partition(".")[0] in tops | sys.stdlib_module_names:
                continue
            for alias in node.names:
                known = _names(folders, source) if alias.name != "*" else None
                if known is not None and alias.name not in known and not alias.name.startswith("_"):
                    near = difflib.get_close_matches(alias.name, sorted(known), 1, 0.7)
                    message = (
                        f"`{source}`, as it is installed in the project's environment, has no `{alias.name}`: "
                        "ImportError as soon as this is run"
                    )
                    hint = f"did you mean `{near[0]}`?" if near else None
                    yield finding(BROKEN_IMPORT, Place(module.file, node.lineno), message, hint)


def _site_packages(python: Path) -> tuple[Path, ...]:
    """Where a virtual environment keeps its packages; our own environment says nothing of the project's."""
    home = python.parent.parent
    if not (home / "pyvenv.cfg").is_file() or home.resolve() == Path(sys.prefix).resolve():
        return ()
    return tuple(sorted(home.glob("lib/python3*/site-packages")))


@cache
def _names(folders: tuple[Path, ...], dotted: str) -> frozenset[str] | None:
    """Every word of a module and of what it takes with `*`, and what lies beside it; None where names may be made."""
    file = _file(folders, dotted)
    return _words(folders, dotted, file, _DEPTH) if file is not None else None


def _file(folders: tuple[Path, ...], dotted: str) -> Path | None:
    """The source of a module of a regular package."""
    parts = dotted.split(".")
    for folder in folders:
        base = folder.joinpath(*parts)
        regular = all((folder.joinpath(*parts[:at]) / "__init__.py").is_file() for at in range(1, len(parts)))
        if not regular:
            continue
        for candidate in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if candidate.is_file():
                return candidate
    return None


def _words(folders: tuple[Path, ...], dotted: str, file: Path, depth: int) -> frozenset[str] | None:
    try:
        text = file.read_text(encoding="utf-8") if file.stat().st_size <= _LARGEST else ""
    except (OSError, ValueError):
        return None
    if not text or depth <= 0 or _MAKES.search(text):
        return None if text or file.name != "__init__.py" else _beside(file)
    found = set(_WORD.findall(text)) | _beside(file)
    for source in _STAR.findall(text):
        name = _absolute(dotted, source, file.name == "__init__.py")
        other = _file(folders, name) if name else None
        words = _words(folders, name, other, depth - 1) if other is not None else None
        if words is None:
            return None
        found |= words
    return frozenset(found)


def _beside(file: Path) -> frozenset[str]:
    """The modules of a package, also those that are no Python source."""
    if file.name != "__init__.py":
        return frozenset()
    return frozenset(entry.name.partition(".")[0] for entry in file.parent.iterdir())


def _absolute(dotted: str, source: str, is_package: bool) -> str:
    dots = len(source) - len(source.lstrip("."))
    if not dots:
        return source
    parts = dotted.split(".")
    kept = parts[: len(parts) - dots + (1 if is_package else 0)]
    return ".".join([*kept, source.lstrip(".")]).rstrip(".")
