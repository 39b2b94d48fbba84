"""The keys of a Secret or ConfigMap that a command in a guide makes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from checks.deploy.compose.env_files import env_file_lines

_ELIDED = re.compile(r"(^|\s)\.\.\.(\s|$)")
_LITERAL = re.compile(r"--from-literal[= ]['\"]?([^=\s'\"]+)")
_ENV_FILE = re.compile(r"--from-env-file[= ]['\"]?([^\s'\"`]+)")


def typed_keys(lines: Iterable[str], root: Path) -> set[str]:
    """Every key that the commands make; none where one of them makes more than can be known.

    Where the env file is made by people, its example says what will be in it.
    """
    made: set[str] = set()
    for line in lines:
        if "--from-file" in line or _ELIDED.search(line):
            return set()
        made |= set(_LITERAL.findall(line))
        for name in _ENV_FILE.findall(line):
            keys = set(env_file_lines(root / name))
            if not keys:
                return set()
            made |= keys
    return made
