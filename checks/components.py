"""What a system is made of, as far as its files tell: each component with the file that shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from checks.discovery import holds_line


class _Sign(NamedTuple):
    """A component shows in a file of that name (a regular expression), with a line of that kind where one is said."""

    name: str
    line: str = ""


_PYTHON = r"(?:.*/)?(?!test_)[^/]+(?<!_test)\.py"
_YAML = r"(?:.*/)?[^/]+\.ya?ml"
_SIGNS: Mapping[str, tuple[_Sign, ...]] = {
    "raw": (_Sign(r"\.raw/workflows/[^/]+/run\.py"),),
    "api": (_Sign(_PYTHON, r"^[ \t]*(?:from|import)\s+(?:fastapi|starlette|flask|aiohttp\.web|litestar|django)\b"),),
    "temporal": (_Sign(_PYTHON, r"^[ \t]*(?:from|import)\s+temporalio\b"),),
    "database": (
        _Sign(r"(?:.*/)?alembic\.ini"),
        _Sign(_PYTHON, r"^[ \t]*(?:from|import)\s+(?:sqlalchemy|asyncpg|psycopg2?|sqlmodel)\b"),
    ),
    "deployment": (
        _Sign(r"(?:.*/)?(?:docker-)?compose[^/]*\.ya?ml"),
        _Sign(r"(?:.*/)?Chart\.yaml"),
        _Sign(r"(?:.*/)?kustomization\.ya?ml"),
        _Sign(_YAML, r"^kind: *(?:Deployment|StatefulSet|CronJob|DaemonSet|Job|Pod)\b"),
    ),
}


def components(root: Path, files: Sequence[str]) -> Mapping[str, str]:
    """The components of a project, by name, each with a file of `files` that shows it; tests show none."""
    own = [file for file in files if "/tests/" not in f"/{file}"]
    found = {name: _shown_by(root, own, signs) for name, signs in _SIGNS.items()}
    return {name: file for name, file in found.items() if file is not None}


def _shown_by(root: Path, files: Sequence[str], signs: tuple[_Sign, ...]) -> str | None:
    for sign in signs:
        name = re.compile(sign.name)
        for file in files:
            if name.fullmatch(file) and (not sign.line or holds_line(f"{root}/{file}", (sign.line,))):
                return file
    return None
