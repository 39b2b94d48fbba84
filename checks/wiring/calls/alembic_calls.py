"""Calls of alembic: its configuration, and the revisions that they name."""

from __future__ import annotations

import configparser
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from checks.model import Diagnostic
from checks.wiring.calls.model import Call
from checks.wiring.calls.nearest import instead
from checks.wiring.calls.rules import ALEMBIC, report
from checks.wiring.calls.servers import value_of
from checks.wiring.deployments.commands import source_of
from checks.wiring.system import System

_ASKS = frozenset(("upgrade", "downgrade", "stamp", "show"))
_KNOWN = re.compile(r"(?:heads?|base|current|[+-]\d+|\w*@\w+|[\w@]*:.*|.*[+-]\d+)\Z")
_REVISION = re.compile(r"^revision(?:\s*:[^=]+)?\s*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_WITHOUT = frozenset(("init", "list_templates", "--help", "-h", "--version"))


class Alembic:
    """The configurations and revisions of a project."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.files = frozenset(system.files)
        self.configs = sorted(file for file in system.files if file.rpartition("/")[2] == "alembic.ini")

    def judge(self, call: Call) -> Iterator[Diagnostic]:
        """Findings about one call."""
        words = call.started.arguments
        if call.started.name != "alembic" or not words or _WITHOUT & set(words):
            return
        config = self._config(call)
        if config is None:
            return
        if config not in self.files and not (self.system.root / config).exists():
            if not self._in_pyproject(config):
                text = f"`{call.text}`: there is no `{config}`{instead(config, self.configs)}"
                yield report(ALEMBIC, call.place, text)
            return
        verb = next((at for at, word in enumerate(words) if word in _ASKS), None)
        for word in words[verb + 1 :] if verb is not None else ():
            if not word.startswith("-") and "$" not in word and not _KNOWN.match(word):
                yield from self._revision(call, config, word)
                return

    def _config(self, call: Call) -> str | None:
        """The configuration file that is meant, relative to the project; None where that cannot be known."""
        name = value_of(call.started.arguments, ("-c", "--config")) or "alembic.ini"
        if "$" in name or call.started.assigned.get("ALEMBIC_CONFIG"):
            return None
        unit = call.unit
        if unit is not None:
            if unit.built is None or "ALEMBIC_CONFIG" in unit.variables:
                return None
            workdir = posixpath.join(unit.workdir or unit.built.workdir, call.started.workdir or "")
            return source_of(name, workdir, unit.built) if unit.built.whole or name != "alembic.ini" else None
        if call.folder is None or name.startswith(("/", "~")):
            return None
        path = posixpath.normpath(posixpath.join(call.started.workdir or call.folder, name))
        return None if path.startswith("..") else path

    def _in_pyproject(self, config: str) -> bool:
        """Newer versions read `[tool.alembic]` of pyproject.toml."""
        try:
            folder = Path(self.system.root, config).parent
            return "[tool.alembic" in (folder / "pyproject.toml").read_text(encoding="utf-8")
        except OSError:
            return False

    def _revision(self, call: Call, config: str, word: str) -> Iterator[Diagnostic]:
        known = self._revisions(config)
        if known and not any(revision.startswith(word) for revision in known):
            yield report(ALEMBIC, call.place, f"`{call.text}`: there is no revision `{word}`{instead(word, known)}")

    def _revisions(self, config: str) -> list[str]:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string((self.system.root / config).read_text(encoding="utf-8"))
            location = parser.get("alembic", "script_location").replace("%(here)s/", "")
        except (OSError, ValueError, configparser.Error):
            return []
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(config), location, "versions"))
        files = [file for file in self.files if file.startswith(f"{folder}/") and file.endswith(".py")]
        texts = (self.system.root / file for file in sorted(files))
        return [found for path in texts for found in _REVISION.findall(path.read_text("utf-8", "replace"))]
