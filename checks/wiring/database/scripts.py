"""The project's plain SQL: what the database's image runs at its first start, migrations by number, a schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from checks.model import Place
from checks.wiring.database import rules
from checks.wiring.database.client import Lost, Refusal, Session
from checks.wiring.database.judging import Judged
from checks.wiring.database.server import Server
from checks.wiring.database.sql import Statement, first_word, line_of, split
from checks.wiring.database.uses import Uses

_MOUNT = re.compile(r"(?:^|[\s\"'])(?:\./)?(?P<source>[\w./-]+):/docker-entrypoint-initdb\.d(?:/[\w.-]*)?")
_LONG_MOUNT = re.compile(
    r"source:\s*[\"']?(?:\./)?([\w./-]+)[\"']?\s*\n\s*target:\s*[\"']?/docker-entrypoint-initdb\.d"
)
_COPIED = re.compile(r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(\S+)\s+/docker-entrypoint-initdb\.d", re.MULTILINE)
_NUMBERED = re.compile(r"(?:V?\d+)[\w.-]*\.sql$")
_SCHEMA = re.compile(r"(?:^|/)(?:schema|init|init[-_]db|create[-_]tables|tables|ddl|structure)\.sql$")
_DOWN = re.compile(r"^--\s*(?:\+goose\s+Down|migrate:down)\b.*", re.MULTILINE | re.IGNORECASE)
_NOT_HERE = ("0A000", "58P01", "42501", "57014")
_ALREADY = ("42P07", "42710", "42P06", "42P04", "42701", "42723")
_COPY_DATA = re.compile(r"^COPY\s[^;]*FROM\s+stdin", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Script:
    """One file to run; `start` is true where the database's image runs it by itself."""

    file: str
    start: bool = False


def find_scripts(uses: Uses, has_migrations: bool) -> tuple[Script, ...]:
    """The scripts that make the schema, in the order in which they run."""
    mounted = [Script(file, True) for file in _mounted(uses)]
    if has_migrations:
        return tuple(mounted)
    taken = {script.file for script in mounted}
    files = [file for file in uses.files if file.endswith(".sql") and file not in taken and not _is_other(file)]
    numbered = [Script(file) for file in files if _is_migration(file)]
    schema = [] if mounted or numbered else [Script(file) for file in files if _SCHEMA.search(file)]
    return (*mounted, *(sorted(numbered, key=lambda each: _order(each.file)) or schema))


def _mounted(uses: Uses) -> Iterator[str]:
    seen: set[str] = set()
    for file in uses.files:
        text = uses.text(file) if file.endswith((".yml", ".yaml")) or "Dockerfile" in file else ""
        if "docker-entrypoint-initdb.d" not in text:
            continue
        sources = [match["source"] for match in _MOUNT.finditer(text)]
        sources += [*_LONG_MOUNT.findall(text), *_COPIED.findall(text)]
        for source in sources:
            path = str(PurePosixPath(file).parent / source)
            for found in _below(uses, path.removeprefix("./").rstrip("/")):
                if found not in seen:
                    seen.add(found)
                    yield found


def _below(uses: Uses, path: str) -> list[str]:
    return sorted(
        file for file in uses.system.files if file == path or (file.startswith(f"{path}/") and file.endswith(".sql"))
    )


def _is_other(file: str) -> bool:
    return re.search(r"sqlite|mysql|mssql|seed|fixture|quer(?:y|ies)|sample|drop", file) is not None


def _is_migration(file: str) -> bool:
    *folders, name = file.split("/")
    inside = any(re.search(r"migrat|^versions$|^sql$|^schema$|^db$|^init", folder) for folder in folders)
    return inside and _NUMBERED.match(name) is not None and not re.search(r"[._-]down\.sql$", name)


def _order(file: str) -> tuple[str, int, str]:
    folder, _, name = file.rpartition("/")
    number = re.match(r"V?(\d+)", name)
    return folder, int(number[1]) if number else 0, name


def run_scripts(uses: Uses, scripts: tuple[Script, ...], server: Server, database: str, judged: Judged) -> int:
    """Runs them one after the other; how many statements the server took or refused."""
    count = 0
    try:
        with server.session(database) as session:
            for script in scripts:
                if script.file.endswith(".sql"):
                    count += _Running(uses, script, server, judged).run(session)
                else:
                    judged.complete = False
    except Lost as error:
        judged.complete = False
        judged.untried.append((Place(scripts[0].file), str(error)))
    return count


@dataclass(frozen=True, slots=True)
class _Running:
    uses: Uses
    script: Script
    server: Server
    judged: Judged

    def run(self, session: Session) -> int:
        """One file; psql goes on after a refusal, and so do we, but only the first is told: others follow from it."""
        text = self.uses.text(self.script.file)
        if _COPY_DATA.search(text) or re.search(r"^\\(?!c(?:onnect)?\b)", text, re.MULTILINE):
            self.judged.complete = False
            self.judged.untried.append((Place(self.script.file), "it holds data or commands that only psql reads"))
            return 0
        down = _DOWN.search(text)
        statements = list(split(_without_connects(text[: down.start()] if down else text)))
        if re.search(r"^\\c", text, re.MULTILINE):
            self.judged.complete = False
        for number, statement in enumerate(statements):
            refusal = session.run(statement.text)[1]
            if refusal is not None and not self._is_harmless(statement, refusal):
                self._tell(text, statement, refusal)
                return number + 1
        if down is not None:
            self._undo(session, text, down.end())
        return len(statements)

    def _is_harmless(self, statement: Statement, refusal: Refusal) -> bool:
        """The image makes the database and its role before; and one file may be written for several uses."""
        word = first_word(statement.text)
        if word in ("GRANT", "ALTER", "REVOKE", "SET", "COMMENT") and refusal.code in ("42704", "3D000"):
            return True
        return refusal.code in ("42P04", "42710") and "DATABASE" in statement.text[:30].upper()

    def _tell(self, text: str, statement: Statement, refusal: Refusal) -> None:
        self.judged.complete = False
        position = statement.offset + (refusal.position or 1)
        place = Place(self.script.file, line_of(text, position) + 1)
        if refusal.code in _NOT_HERE:
            self.judged.untried.append((place, refusal.words))
            return
        if refusal.code in _ALREADY and not self.script.start:
            return  # two ways to one schema: this file is not the second step of it
        self.judged.add(rules.SCHEMA_FAILS, f"PostgreSQL refuses it: {refusal.words}", place, refusal.hint or None)

    def _undo(self, session: Session, text: str, start: int) -> None:
        """The downward half, rolled back: what comes after builds on the upward one."""
        session.run("BEGIN")
        for statement in split(text[start:]):
            refusal = session.run(statement.text)[1]
            if refusal is not None and refusal.code.startswith(("42", "2B", "22")):
                place = Place(self.script.file, line_of(text, start + statement.offset + (refusal.position or 1)) + 1)
                self.judged.add(rules.DOWNGRADE_FAILS, f"the way back fails: {refusal.words}", place)
                break
        session.run("ROLLBACK")


def _without_connects(text: str) -> str:
    """`\\c app` changes to the database that we are in already; the text keeps its length."""
    return re.sub(r"^\\c[^\n]*", lambda found: " " * len(found[0]), text, flags=re.MULTILINE)
