"""One run over everything of a project that concerns its database."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from checks.hints import install_command
from checks.model import Diagnostic, Place
from checks.wiring.database import constructs, judging, rules
from checks.wiring.database.built import building_files, judge_built
from checks.wiring.database.client import Lost
from checks.wiring.database.create_all import create_all
from checks.wiring.database.differences import Comparison
from checks.wiring.database.enums import judge_enums
from checks.wiring.database.installations import choose, find_installations
from checks.wiring.database.judging import Judged
from checks.wiring.database.migrations import Migrated, Setup, find_setups, migrate
from checks.wiring.database.modules import model_modules
from checks.wiring.database.refused import Statements
from checks.wiring.database.scripts import Script, find_scripts, run_scripts
from checks.wiring.database.sent import Senders, Sent
from checks.wiring.database.server import Server, Unavailable, serve
from checks.wiring.database.surroundings import Surroundings, Target, surround
from checks.wiring.database.tables import Table, declared_tables
from checks.wiring.database.uses import Uses
from checks.wiring.system import Findings


@dataclass(eq=False)
class Trial:
    """What there is to try, and what it came to."""

    uses: Uses
    judged: Judged = field(default_factory=Judged)
    looked_at: dict[str, int] = field(default_factory=dict)
    version: str = "none"
    setups: tuple[Setup, ...] = ()
    tables: tuple[Table, ...] = ()
    scripts: tuple[Script, ...] = ()
    statements: tuple[Sent, ...] = ()
    upserts: tuple[constructs.Upsert, ...] = ()
    building: tuple[str, ...] = ()
    migrated: dict[str, Migrated] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.setups = find_setups(self.uses)
        self.tables = declared_tables(self.uses)
        if self.uses.kind == "postgresql":
            self._read_code()

    def _read_code(self) -> None:
        senders = Senders(self.uses)
        self.scripts = find_scripts(self.uses, bool(self.setups))
        self.statements = tuple(senders.statements())
        self.upserts = tuple(constructs.upserts(senders))
        self.building = building_files(self.uses) if self.tables else ()
        constructs.judge_dialects(senders, self.judged)
        if self.uses.drivers == {"asyncpg"}:
            constructs.naive_moments(senders, self.tables, self.judged)

    def has_migrations(self) -> bool:
        """Whether there are any, on whatever database."""
        return bool(self.setups)

    def needs_server(self) -> bool:
        """Whether a PostgreSQL has something to say."""
        return self.uses.kind == "postgresql" and bool(self.scripts or self.tables or self.statements)

    def run(self, folder: Path) -> None:
        """Tries everything on the kind of database that is deployed."""
        if self.uses.kind == "sqlite":
            import sqlite3

            self.version = f"SQLite {sqlite3.sqlite_version}"
            target = Target(None, "", "", folder / "private.db")
            self._migrate_all(surround(self.uses, folder, target), target)
            return
        context = self.uses.system.context
        installations = find_installations(context.python, context.environment)
        installation = choose(installations, self.uses.major, self.uses.extensions)
        if installation is None:
            self._untried(f"there is no PostgreSQL here; {install_command('postgres')}")
            return
        try:
            with serve(installation, context.environment) as server:
                self.version = f"PostgreSQL {server.version}"
                self._try(folder, server)
        except (Unavailable, Lost, OSError) as error:
            self._untried(str(error))

    def _untried(self, why: str) -> None:
        places = [*(setup.place for setup in self.setups), *(Place(script.file) for script in self.scripts)]
        places += [*(table.place for table in self.tables), *(sent.place(None) for sent in self.statements)]
        self.judged.untried.append((places[0], why))

    def _try(self, folder: Path, server: Server) -> None:
        """As a deployment does: the image's own scripts, then migrations or the program's tables, then its queries."""
        target = Target(server, self.uses.user, self.uses.database, folder / "private.db")
        around = surround(self.uses, folder, target)
        self._prepare(target)
        if self.setups:
            databases = self._migrate_all(around, target)
        else:
            databases = [target.database]
            self._make_tables(around, server, self.judged)
        self._ask(server, databases, around)

    def _prepare(self, target: Target) -> None:
        """An empty database, with what the image's own scripts make."""
        if target.server is not None:
            target.server.create(target.database, self.uses.roles)
            if self.scripts:
                self._count(
                    "statements", run_scripts(self.uses, self.scripts, target.server, target.database, self.judged)
                )

    def _make_tables(self, around: Surroundings, server: Server, judged: Judged) -> None:
        if self.tables:
            self._count("tables", len(self.tables))
            create_all(self.uses, self.tables, around, server, judged)

    def _migrate_all(self, around: Surroundings, target: Target) -> list[str]:
        """Each setup in a database of its own; their names."""
        databases = []
        for number, setup in enumerate(self.setups):
            own = replace(target, database=f"{target.database}_{number}") if number else target
            if number:
                self._prepare(own)
            self._migrate(setup, around, own)
            databases.append(own.database)
        return databases

    def _migrate(self, setup: Setup, around: Surroundings, target: Target) -> None:
        models, stands_in = model_modules(self.tables, around), False
        migrated = migrate(self.uses, setup, around, target, models)
        self._count("migrations", len(migrated.revisions))
        judging.judge(self.uses, migrated, str(self.uses.kind), self.judged)
        if migrated.failure is not None and migrated.failure.stage in ("downgrade", "again"):
            # What the way back broke says nothing about the tables and queries.
            self._fresh(target)
            migrated = migrate(self.uses, setup, around, target, models, ("upgrade",))
        elif migrated.failure is not None and target.server is not None and not self.judged.blocked:
            self._fresh(target)
            made = Judged()
            self._make_tables(around, target.server, made)
            stands_in = bool(self.tables) and made.complete
        if migrated.compared:
            self.migrated[target.database] = migrated
            self._compare(migrated)
        self.judged.complete = stands_in or (migrated.compared and not migrated.failure)

    def _fresh(self, target: Target) -> None:
        target.sqlite.unlink(missing_ok=True)
        before = len(self.judged.found)
        self._prepare(target)
        del self.judged.found[before:]

    def _compare(self, migrated: Migrated) -> None:
        tables = {table.name: table for table in self.tables}
        self._count("tables", len(tables))
        Comparison(self.uses, migrated, tables, self.judged).judge()

    def _ask(self, server: Server, databases: list[str], around: Surroundings) -> None:
        with ExitStack() as stack:
            sessions = [stack.enter_context(server.session(name)) for name in databases]
            constructs.judge_upserts(self.upserts, self.tables, sessions, self.judged)
            tables = {table.name: table for table in self.tables}
            for name, session in zip(databases, sessions, strict=True):
                if name in self.migrated:
                    judge_enums(self.uses, self.migrated[name], tables, session, self.judged)
            self._count("statements", judge_built(self.uses, self.building, around, sessions, self.judged))
            self._count("statements", Statements(self.uses, self.statements, sessions, self.judged).judge())

    def _count(self, kind: str, amount: int) -> None:
        self.looked_at[kind] = self.looked_at.get(kind, 0) + amount

    def findings(self) -> Findings:
        """All that was said."""
        rule = rules.DATABASE_UNPROVEN
        untried = [
            Diagnostic(rule.id, rule.severity, f"not proven on a real database: {why}", *place)
            for place, why in self.judged.untried
        ]
        blocked = "; ".join(dict.fromkeys(self.judged.blocked)) or None
        found = tuple(dict.fromkeys([*self.judged.found, *untried]))
        return Findings(found, self.looked_at, {"database": self.version}, blocked)
