"""Whether a name already means something in a pattern: a system of that name would have two things of one name."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

from checks.systems import patterns
from checks.systems.naming import Name, normalised

_SETTINGS = (".yaml", ".yml", ".toml", ".ini", ".tpl", "Dockerfile")


def clash(pattern: str, name: str) -> str | None:
    """Whether the name already means something in the pattern: it would then mean two things."""
    if name == pattern:
        return None
    new, root = Name.read(name), patterns.folder() / pattern
    if normalised(name) in _dependencies(root):
        return f"`{name}` is a package that {pattern} depends on"
    word = re.compile(rf"(?<![\w-])(?:{re.escape(new.kebab)}|{new.snake}|{new.pascal})(?![\w-])")
    for path in patterns.files(pattern):
        if new.snake in (path.stem, *path.parts) or new.kebab in path.parts:
            return f"`{name}` already names `{path}` in {pattern}"
        text = _meaningful(path, root / path)
        if found := word.search(text):
            line = text.count("\n", 0, found.start()) + 1
            return f"`{name}` already means something in {pattern} (`{path}:{line}`)"
    return None


def _dependencies(root: Path) -> set[str]:
    data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project = data.get("project", {})
    listed = chain(project.get("dependencies", []), *project.get("optional-dependencies", {}).values())
    return {normalised(re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0]) for each in listed}


def _meaningful(path: Path, file: Path) -> str:
    """The parts of a file in which a word is a name: not comments, not prose. Keeps the lines' numbers."""
    if path.suffix != ".py" and not path.name.endswith(_SETTINGS):
        return ""
    text = file.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".py":
        text = re.sub(r'"""[\s\S]*?"""', lambda found: "\n" * found[0].count("\n"), text)
        text = re.sub(r'"[^"\n]*"', "", text)
    return re.sub(r"#.*", "", text)
