"""Which names of variables occur in what the project runs: a name that occurs nowhere is read by nobody."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from checks.temporal.names import Names
from checks.wiring.code import settings
from checks.wiring.code.nodes import nodes
from checks.wiring.code.settings_config import configured, is_settings
from checks.wiring.code.sources import ProjectSources

_SOURCES = re.compile(
    r"(?i)\.(?:py|pyi|sh|bash|js|mjs|cjs|ts|tsx|jsx|vue|svelte|go|rs|rb|java|kt|php|cs|ini|cfg|toml|conf|tpl|template|"
    r"j2|json|mako|sql|html|lua|nix)$|(?:^|/)(?:dockerfile[^/]*|makefile|justfile|procfile|entrypoint[^/]*)$"
)
_DEPLOYED = re.compile(r"(?i)(?:^|/)(?:charts?|helm|k8s|kubernetes|deploy|manifests|kustomize)/.*\.(?:tpl|json)$")
_LIMIT = 1 << 20
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Mentions:
    """The names that occur in code."""

    def __init__(self, root: Path, files: Sequence[str], sources: ProjectSources, names: Names) -> None:
        self.root = root
        self.files = files
        self.sources = sources
        self.names = names

    def may_read(self, name: str) -> bool:
        """Whether anything may read a variable of that name, also one that is put together from parts."""
        if name in self._words or name.lower() in self._fields:
            return True
        if any(name.lower().startswith(prefix) for prefix in self._prefixes):
            return True
        return any(len(part) > 3 and (name.endswith(part) or name.startswith(part)) for part in self._parts)

    def imports(self, module: str) -> bool:
        """Whether any of the project's files imports a module."""
        return any(name.startswith(module) for each in self.sources.own_modules() for name, _ in each.imports)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for file in self.files for word in self._words_of(file))

    def _words_of(self, file: str) -> Iterator[str]:
        if file in self.sources.files:
            module = self.sources.load(file)
            if module is not None and not module.in_tests:
                for node in nodes(module, ast.Constant):
                    if isinstance(node.value, str):
                        yield from _NAME.findall(node.value)
        elif _SOURCES.search(file) and not _DEPLOYED.search(file) and not file.endswith(".lock"):
            try:
                text = (self.root / file).read_bytes()[:_LIMIT].decode("utf-8", "replace")
            except OSError:
                return
            yield from _NAME.findall(text)

    @cached_property
    def _parts(self) -> frozenset[str]:
        """The constant parts of f-strings and the like: `f"{prefix}_HOST"`."""
        found: set[str] = set()
        for module in self.sources.own_modules():
            for node in nodes(module, ast.JoinedStr):
                for part in node.values:
                    if isinstance(part, ast.Constant) and re.fullmatch(r"_?[A-Z][A-Z0-9_]*", str(part.value)):
                        found.add(str(part.value))
        return frozenset(found)

    @cached_property
    def _classes(self) -> list[list[settings.Field]]:
        definitions = [each for module in self.sources.own_modules() for each in module.definitions]
        return [list(settings.fields(each, self.names)) for each in definitions if is_settings(each, self.names)]

    @cached_property
    def _fields(self) -> frozenset[str]:
        return frozenset(name.lower() for fields in self._classes for field in fields for name in field.names)

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        """With a delimiter, `DATABASE__HOST` is a part of the field `database`; what cannot be known reads anything."""
        found = []
        for fields in self._classes:
            for field in fields:
                config = configured(field.owner, self.names)
                if config.delimiter:
                    found += [f"{name.lower()}{config.delimiter.lower()}" for name in field.names]
                if not config.known:
                    found.append(config.prefix.lower())
        return tuple(found)
