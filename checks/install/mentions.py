"""What texts tell somebody to install besides what is declared: `pip install pytest` in a README or a pipeline."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from checks.raw.requirements import normalise, parse_requirement

_READ = re.compile(
    r"(?:^|/)noxfile\.py\Z|\.(?:md|rst|sh|bash|ya?ml|toml|ini|cfg|[Dd]ockerfile)\Z|(?:^|/)(?:[Mm]akefile|[Jj]ustfile|Dockerfile[\w.-]*|"
    r"Jenkinsfile|Procfile|Pipfile|environment\.ya?ml)\Z"
)
_LARGEST = 512 * 1024
_INSTALL = re.compile(
    r"(?:pip3?|uv pip|pipx|conda|mamba) install\s+([^\n;&|`#]+)|(?:uv|poetry|pdm) add\s+([^\n;&|`#]+)|"
    r"--with[= ]([\w\[\],.=<>-]+)|session\.install\(([^)]*)\)"
)
# As Debian, Fedora and Alpine call what a distribution of theirs brings.
_SYSTEM = re.compile(r"\b(?:python3|py3)-([a-z][\w.+-]*)")
# Hidden, so never among a project's own files, and still the place where a pipeline installs its tools.
_PIPELINES = (".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", ".circleci/config.yml")


def mentioned(root: Path, files: Sequence[str]) -> frozenset[str]:
    """The normalised names."""
    paths = [root / file for file in files if _READ.search(file)]
    paths += [path for pattern in _PIPELINES for path in root.glob(pattern)]
    named = {name for path in paths for name in _names(path)}
    return frozenset(named.union(*(_environments(root / file) for file in files if file.endswith("pyproject.toml"))))


def _environments(path: Path) -> set[str]:
    """What hatch and PDM install for developers by tables of their own."""
    try:
        values: Any = tomllib.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return set()
    tables = [*_table(values, "tool", "hatch", "envs").values(), _table(values, "tool", "pdm", "dev-dependencies")]
    listed = [
        value for table in tables if isinstance(table, dict) for value in table.values() if isinstance(value, list)
    ]
    parsed = [parse_requirement(text) for value in listed for text in value if isinstance(text, str)]
    return {requirement.name for requirement in parsed if requirement is not None}


def _table(values: Any, *names: str) -> dict[str, Any]:
    for name in names:
        values = values.get(name) if isinstance(values, dict) else None
    return values if isinstance(values, dict) else {}


def _names(path: Path) -> Iterator[str]:
    try:
        if path.stat().st_size > _LARGEST:
            return
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    text = text.replace("\\\n", " ")
    yield from map(normalise, _SYSTEM.findall(text))
    for match in _INSTALL.finditer(text):
        for word in re.split(r"[\s,]+(?![^\[]*\])", next(filter(None, match.groups()))):
            parsed = parse_requirement(word.strip("\"'"))
            if parsed is not None and not word.startswith("-"):
                yield parsed.name
                if parsed.extras:
                    yield from (normalise(f"{parsed.name}-{extra}") for extra in parsed.extras)
