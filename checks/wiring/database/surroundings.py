"""Where the project's own code runs: a copy of the project, an environment of its own, and our database in it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.model import CheckContext
from checks.process import Command, Outcome, run
from checks.wiring.database.mending import mended, placeholder
from checks.wiring.database.server import Server
from checks.wiring.database.uses import EXAMPLES, URL, Uses
from checks.wiring.model import Kind, Read, Unit

PROBE = Path(__file__).with_name("probe.py")
PROBE_LIMIT_S = 90.0
_MENDINGS = 3
"""How often settings may refuse something else."""
_LARGEST_FILE = 2 * 1024 * 1024
_LARGEST_COPY = 64 * 1024 * 1024
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE")
_USUAL_URLS = ("DATABASE_URL", "SQLALCHEMY_DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "DB_URL", "POSTGRES_URL")
_PART = re.compile(
    r"^(?:\w*_)?(?:POSTGRES|POSTGRESQL|PG|DB|DATABASE)_?"
    r"(HOST|HOSTNAME|SERVER|PORT|USER|USERNAME|PASSWORD|PASS|DB|NAME|DATABASE)$"
)
_USUAL_PARTS = (
    *(f"{first}_{part}" for first in ("POSTGRES", "DB", "DATABASE") for part in ("HOST", "PORT", "USER", "PASSWORD")),
    *("POSTGRES_SERVER", "POSTGRES_DB", "DB_NAME", "DATABASE_NAME"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """The database that everything goes to: one on a server, else an SQLite file of its own."""

    server: Server | None
    user: str
    database: str
    sqlite: Path

    def as_json(self) -> dict[str, Any]:
        """For the probe; nothing where there is no server."""
        if self.server is None:
            return {}
        return {
            "port": self.server.port,
            "user": self.user,
            "password": self.server.password,
            "database": self.database,
        }

    def url(self, scheme: str) -> str:
        """The same as a URL."""
        if self.server is None:
            return f"sqlite:///{self.sqlite}"
        return f"{scheme}://{self.user}:{self.server.password}@127.0.0.1:{self.server.port}/{self.database}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The folders: `project` is the copy, everything else lies beside it."""

    context: CheckContext
    folder: Path
    project: Path
    environment: dict[str, str]
    reads: tuple[Read, ...] = ()

    def ask(
        self, request: Mapping[str, object], *, path: Sequence[Path] = (), probe: Path = PROBE
    ) -> tuple[list[dict[str, Any]], Outcome]:
        """What the probe answers; `path` leads what Python imports from.

        Where settings refuse the environment, they are asked again with what they take.
        """
        answer = self._ask(request, path, probe)
        for _ in range(_MENDINGS):
            changes = mended(self.environment, answer[0], self.reads)
            if not changes:
                break
            kept = {name: value for name, value in self.environment.items() if name not in changes}
            self.environment.clear()
            self.environment.update(kept, **{name: value for name, value in changes.items() if value})
            answer = self._ask(request, path, probe)
        return answer

    def _ask(
        self, request: Mapping[str, object], path: Sequence[Path], probe: Path
    ) -> tuple[list[dict[str, Any]], Outcome]:
        question, answer = self.folder / "request.json", self.folder / "answer.jsonl"
        question.write_text(json.dumps(request), encoding="utf-8")
        answer.unlink(missing_ok=True)
        environment = dict(self.environment)
        if path:
            environment["PYTHONPATH"] = ":".join(map(str, path))
        argv = (str(self.context.python), str(probe), str(question), str(answer))
        outcome = run(Command(argv, self.project, environment, PROBE_LIMIT_S))
        lines = answer.read_text(encoding="utf-8").splitlines() if answer.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")], outcome

    def shown(self, path: str) -> str | None:
        """A path in the copy or in the project, as people know it; None for anything else."""
        for base in (self.project, self.context.root, self.context.root.resolve()):
            if path.startswith(f"{base}/") and "site-packages" not in path:
                return path.removeprefix(f"{base}/")
        return None


def surround(uses: Uses, folder: Path, target: Target) -> Surroundings:
    """Copies the project and makes its environment below `folder`."""
    project = folder / "project"
    _copy(uses, project)
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    reads = uses.system.code.every_read()
    return Surroundings(uses.system.context, folder, project, _environment(uses, folder, target), reads)


def _copy(uses: Uses, project: Path) -> None:
    root, total = uses.system.root, 0
    project.mkdir()
    for file in (*uses.system.files, *(name for name in EXAMPLES if name in uses.files)):
        source, goal = root / file, project / file
        try:
            size = source.stat().st_size
        except OSError:
            continue
        total += size
        if size <= _LARGEST_FILE and total <= _LARGEST_COPY and not goal.exists():
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, goal)


def _environment(uses: Uses, folder: Path, target: Target) -> dict[str, str]:
    own = uses.system.context.environment
    found = {name: own[name] for name in _KEPT if name in own}
    found.update(_said(uses))
    for read in uses.system.code.every_read():
        if read.name not in found and (read.required or URL.match(read.default or "")):
            found[read.name] = read.default or placeholder(read.name)
    for name in list(found):
        if name not in _KEPT:
            found[name] = _ours(name, found[name], uses, target)
    for name in (*_USUAL_URLS, *_USUAL_PARTS):
        if name not in found:
            found[name] = target.url(uses.scheme) if name in _USUAL_URLS else _part(name, "", target)
    return {
        **found,
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
    }


def _said(uses: Uses) -> dict[str, str]:
    """What the deployments set, first of all for whoever migrates; before it, the example of the environment."""
    units = [unit for deployment in uses.system.deployments for unit in deployment.units if unit.built or unit.starts]
    units.sort(key=_migrates)
    found = dict(uses.example)
    for unit in units:
        found.update({name: each.value for name, each in unit.variables.items() if each.value is not None})
    return {name: value for name, value in found.items() if not name.startswith(("PYTHON", "LD_", "PATH"))}


def _migrates(unit: Unit) -> bool:
    return any(start.kind is Kind.PROGRAM and start.name == "alembic" for start in unit.starts)


def _ours(name: str, value: str, uses: Uses, target: Target) -> str:
    """A value that leads to a database leads to ours."""
    found = URL.match(value)
    if found:
        return target.url(found["scheme"])
    if name in _USUAL_URLS or re.search(r"(?:DATABASE|POSTGRES|DB)_?(?:URL|URI|DSN)$", name):
        return target.url(uses.scheme) if not value.startswith("sqlite") or target.server else target.url("sqlite")
    return _part(name, value, target)


def _part(name: str, value: str, target: Target) -> str:
    part = _PART.match(name)
    if part is None or target.server is None:
        return value
    ours = {"PORT": str(target.server.port), "PASS": target.server.password, "PASSWORD": target.server.password}
    ours.update(dict.fromkeys(("HOST", "HOSTNAME", "SERVER"), "127.0.0.1"))
    ours.update(dict.fromkeys(("USER", "USERNAME"), target.user))
    return ours.get(part[1], target.database)
