"""PyYAML without the price of its regular expressions.

Importing PyYAML compiles some twenty expressions, which is three quarters of what the import costs and a sixth of a
short run; reading a config with libyaml needs two or three of them. So while it is imported, `re.compile` hands out
stand-ins that compile when they are first used.
"""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Any


class _Later:
    """A regular expression that is compiled at its first use."""

    def __init__(self, *asked: Any) -> None:
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        compiled = _compile(*self._asked)
        self.__dict__.update({each: getattr(compiled, each) for each in ("match", "search", "sub", "split")})
        return getattr(compiled, name)


_compile = re.compile


def import_yaml() -> ModuleType:
    """The module `yaml`, imported at its first use. The program has one thread while it reads its config."""
    if "yaml" not in sys.modules:
        re.compile = _Later  # type: ignore[assignment]
        try:
            import yaml
        finally:
            re.compile = _compile
        return yaml
    return sys.modules["yaml"]
