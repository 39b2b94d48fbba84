"""What the run of a project's migrations means: a fault of theirs, or something that could not be tried here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from checks.hints import run_command
from checks.model import Diagnostic, Place, Rule, Severity
from checks.wiring.database import rules
from checks.wiring.database.migrations import STAGES, Failure, Migrated, does_nothing, downgrades, upgrade_of
from checks.wiring.database.uses import Uses

_OUR_FAULTS = {"ImportError", "AttributeError", "TypeError", "NameError", "SyntaxError", "IndentationError"}
_SQLALCHEMY = re.compile(r"[/\\](?:sqlalchemy|alembic)[/\\]")
# The server lacks an extension, or was asked for more than it may take: no fault of the migration.
_NOT_HERE = ("0A000", "58P01", "57014", "55P03", "53300")


@dataclass(slots=True)
class Judged:
    """Findings, why something could not be judged, and what could not be tried here."""

    found: list[Diagnostic] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    untried: list[tuple[Place, str]] = field(default_factory=list)
    complete: bool = True

    def add(
        self, rule: Rule, message: str, place: Place, hint: str | None = None, severity: Severity | None = None
    ) -> None:
        """One more finding; `severity` where it is not the rule's own."""
        self.found.append(Diagnostic(rule.id, severity or rule.severity, message, *place, hint))


def judge(uses: Uses, migrated: Migrated, kind: str, judged: Judged) -> None:
    """Adds what one setup came to."""
    setup = migrated.setup.place
    before = len(judged.found)
    if migrated.trouble is not None:
        judged.untried.append((setup, migrated.trouble))
    elif migrated.failure is not None:
        _Failed(uses, migrated, migrated.failure, kind, judged).judge()
    elif migrated.revisions and (dialect := migrated.done["upgrade"].get("dialect")) != kind:
        judged.untried.append((setup, f"`env.py` connects to {dialect}, whatever the environment says of {kind}"))
    if migrated.widened and (migrated.done or len(judged.found) > before) and _nobody_widens(uses):
        message = (
            "`alembic` does not find the project's own modules: it does not look where it is started, as "
            "`prepend_sys_path` is not set"
        )
        judged.add(rules.MIGRATION_FAILS, message, setup, "add `prepend_sys_path = .` below `[alembic]`")
    judged.complete = judged.complete and migrated.failure is None and migrated.trouble is None
    empty = sorted(_empty_downgrades(uses, migrated))
    if empty:
        others = f" (and of {len(empty) - 1} others)" if len(empty) > 1 else ""
        message = f"`downgrade` of this migration{others} does nothing, but `upgrade` changes the database"
        judged.add(rules.DOWNGRADE_EMPTY, message, Place(*empty[0]), "undo what `upgrade` does, or raise an error")


def _nobody_widens(uses: Uses) -> bool:
    """Whether nothing else could lead Python to the project: a variable, an installation, `python -m`."""
    return not uses.says(
        r"PYTHONPATH|-m[\"',\s]+alembic|pip install[^\n]*\s(?:-e\s+)?\.(?:\s|\[|$)"
        r"|uv (?:sync|run|pip)|poetry|pdm|\[build-system\]"
    )


def _empty_downgrades(uses: Uses, migrated: Migrated) -> Iterator[tuple[str, int]]:
    for file, function, _ in downgrades(uses, iter(migrated.revisions.values())):
        upgrade = upgrade_of(uses, file)
        if does_nothing(function) and upgrade is not None and not does_nothing(upgrade):
            yield file, function.lineno


@dataclass(frozen=True, slots=True)
class _Failed:
    uses: Uses
    migrated: Migrated
    failure: Failure
    kind: str
    judged: Judged

    def judge(self) -> None:
        """A fault where that is certain; else what could not be tried, and why."""
        if self.failure.missing is not None:
            self._missing(self.failure.missing)
        elif self.failure.type == "MultipleHeads" or "Multiple head" in self.failure.message:
            self._heads()
        elif not self._is_certain():
            self._untried()
        elif self.failure.stage in ("downgrade", "again"):
            self._downgrade()
        elif self.failure.stage != "models":
            self._upgrade()
        else:
            self._untried()

    def _upgrade(self) -> None:
        lost = re.fullmatch(r"'([\w-]+)'", self.failure.message) if self.failure.type == "KeyError" else None
        follower = self._follower(lost[1]) if lost else None
        if lost and follower:
            message = f"there is no migration `{lost[1]}` for this one to follow: every command of alembic fails"
            self.judged.add(rules.MIGRATION_FAILS, message, follower)
            return
        command = STAGES.get(self.failure.stage, "alembic")
        message, hint = f"`{command}` fails{self._on()}: {self.failure.message}", None
        if self.failure.type == "MissingGreenlet":
            message = (
                f"`{command}` fails: the URL names an async driver, and `env.py` makes an engine that is not async"
            )
            hint = "use `async_engine_from_config`, or a URL with a driver that is not async"
        self.judged.add(rules.MIGRATION_FAILS, message, self._place(), hint)

    def _follower(self, revision: str) -> Place | None:
        """Where a migration says that it follows another."""
        pattern = re.compile(rf"^down_revision\b.*[\"']{re.escape(revision)}[\"']", re.MULTILINE)
        for file in self.uses.python(("down_revision",)):
            if found := pattern.search(self.uses.text(file)):
                return Place(file, self.uses.text(file).count("\n", 0, found.start()) + 1)
        return None

    def _is_certain(self) -> bool:
        failure = self.failure
        if failure.type in ("OtherDatabase", "KeyboardInterrupt") or failure.code in _NOT_HERE:
            return False
        if failure.type == "KeyError" and failure.stage == "start":
            return True
        if failure.statement or failure.code or failure.type in _OUR_FAULTS:
            return bool(failure.frames) or failure.type in _OUR_FAULTS
        if self.uses.says(r"\bcommand\.upgrade\("):  # the project's own code starts alembic, with settings of its own
            return False
        return bool(failure.frame_files) and _SQLALCHEMY.search(failure.frame_files[-1]) is not None

    def _untried(self) -> None:
        stage = STAGES.get(self.failure.stage, "reading the migrations")
        why = f"`{stage}` could not be tried: {self.failure.type}: {self.failure.message}"
        self.judged.untried.append((self._place(), why))

    def _place(self) -> Place:
        """The migration's own step, else the last one in the project."""
        files = set(self.migrated.revisions.values())
        scripts = self.migrated.setup.scripts
        frames = [place for place in self.failure.frames if place.file in files]
        frames = frames or [place for place in self.failure.frames if scripts and place.file.startswith(f"{scripts}/")]
        return (frames or list(self.failure.frames) or [self.migrated.setup.place])[-1]

    def _on(self) -> str:
        return f" on {'PostgreSQL' if self.kind == 'postgresql' else 'SQLite'}"

    def _missing(self, module: str) -> None:
        place, top = self._place(), module.partition(".")[0]
        if any(file.startswith((f"{top}/", f"src/{top}/")) or file == f"{top}.py" for file in self.uses.system.files):
            command = STAGES.get(self.failure.stage, "alembic")
            self.judged.add(rules.MIGRATION_FAILS, f"`{command}` fails: there is no module `{module}`", place)
        elif top in ("psycopg2", "psycopg", "asyncpg") and self.uses.drivers and top not in self.uses.drivers:
            message = (
                f"the database URL `{self.uses.scheme}://` needs the driver `{top}`, which is not declared "
                f"(declared: {', '.join(f'`{name}`' for name in sorted(self.uses.drivers))})"
            )
            self.judged.add(rules.MIGRATION_FAILS, message, place, "name the driver in the URL, or declare it")
        else:
            python, mend = self.uses.system.context.python, run_command(self.uses.system.root, "--sync")
            self.judged.blocked.append(f"migrations need `{top}`, which {python} has not: `{mend}`")

    def _heads(self) -> None:
        ends = sorted(self.migrated.revisions[head] for head in self.migrated.heads if head in self.migrated.revisions)
        names = ", ".join(f"`{name}`" for name in ends)
        place = Place(ends[-1], _line(self.uses, ends[-1], r"^down_revision\b")) if ends else self._place()
        message = f"the migrations have {len(ends)} ends ({names}): `alembic upgrade head` refuses to choose"
        self.judged.add(rules.MIGRATION_HEADS, message, place, "let one follow the other: `alembic merge heads`")

    def _downgrade(self) -> None:
        known = list(downgrades(self.uses, iter(self.migrated.revisions.values())))
        if any(does_nothing(function) or refused for _, function, refused in known):
            return  # told by itself, or meant
        place = self._place()
        if self.failure.stage == "downgrade":
            message = f"`alembic downgrade base` fails{self._on()}: {self.failure.message}"
            self.judged.add(rules.DOWNGRADE_FAILS, message, place)
            return
        lines = {file: function.lineno for file, function, _ in known}
        message = (
            f"`downgrade` leaves something behind: after `alembic downgrade base`, `alembic upgrade head` fails at "
            f"{place}: {self.failure.message}"
        )
        self.judged.add(rules.DOWNGRADE_FAILS, message, Place(place.file, lines.get(place.file, place.line)))


def _line(uses: Uses, file: str, pattern: str) -> int | None:
    found = re.search(pattern, uses.text(file), re.MULTILINE)
    return uses.text(file).count("\n", 0, found.start()) + 1 if found else None
