"""The statements of the code, analysed by a server that has the schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from checks.wiring.database import rules
from checks.wiring.database.client import Refusal, Session
from checks.wiring.database.judging import Judged
from checks.wiring.database.sent import Sent
from checks.wiring.database.sql import first_word, is_preparable
from checks.wiring.database.uses import Uses

# What depends on the types of parameters, which only the program knows; or on who asks.
_UNSURE = {"42P18", "42P08", "42725", "42501", "42P02", "42846", "42P22"}
_SURE_WITHOUT_SCHEMA = {"42601"}
_NO_TABLE, _NO_FUNCTION, _SYNTAX = "42P01", "42883", "42601"
_NAMES = (_NO_TABLE, "42703")
_VALUES = {"22P02", "22007", "22008"}
_WRITTEN_OUT = ("'1'", "1", "('1')", "('1', '2')", "('1'), ('2')", "NULL", "name", "DESC", "ARRAY['1']")
"""What a driver may put in the place of a parameter before the server sees it."""
_ON_THE_SERVER = {"asyncpg", "psycopg"}
"""Drivers that hand parameters to the server as parameters."""
_CAST = re.compile(r":\w+::")


@dataclass(eq=False)
class Statements:
    """All that the code sends, and a session in each database that it may send it to."""

    uses: Uses
    sent: Sequence[Sent]
    sessions: Sequence[Session]
    judged: Judged
    _tables: int = field(default=0)

    def judge(self) -> int:
        """Makes what the code makes, then analyses the rest; how many were looked at."""
        self._make([each for each in self.sent if not is_preparable(each.sql)], self.sessions[0])
        self._tables = sum(_count_tables(session) for session in self.sessions)
        for each in self.sent:
            if is_preparable(each.sql):
                self._analyse(each)
        return len(self.sent)

    def _make(self, makes: list[Sent], session: Session) -> None:
        """Tables first: an index or a reference may be written before them."""
        waiting = makes
        for _ in range(3):
            refused = [(each, refusal) for each in waiting if (refusal := session.run(each.sql)[1]) is not None]
            waiting = [each for each, _ in refused]
        for each, refusal in refused if makes else ():
            if re.search(r"\$\d", each.sql) or refusal.code in ("42P07", "42710", "42701", "42P06", "42723", "42P16"):
                continue
            if refusal.code in ("42601", "42704") and first_word(each.sql) == "CREATE":
                self._tell(each, refusal)
            self.judged.complete = False

    def _analyse(self, sent: Sent) -> None:
        refusals = [session.prepare(sent.sql) for session in self.sessions]
        taking = [session for session, refusal in zip(self.sessions, refusals, strict=True) if refusal is None]
        if taking:
            self._plan(sent, taking[0])
            return
        refusal = refusals[0]
        if refusal is not None and self.is_certain(sent, refusal):
            self._tell(sent, refusal)

    def _plan(self, sent: Sent, session: Session) -> None:
        """Which constraint ON CONFLICT means is found out only when the statement is planned."""
        if not re.search(r"\bON\s+CONFLICT\s*\(", sent.sql, re.IGNORECASE):
            return
        count = max((int(number) for number in re.findall(r"\$(\d+)", sent.sql)), default=0)
        values = f"({', '.join(['NULL'] * count)})" if count else ""
        session.run(f"PREPARE sent AS {sent.sql}")
        refusal = session.run(f"EXPLAIN EXECUTE sent{values}")[1]
        session.run("DEALLOCATE ALL")
        if refusal is not None and refusal.code == "42P10":
            place = sent.place(_position(sent.sql, r"\bON\s+CONFLICT"))
            self.judged.add(rules.CONFLICT_TARGET, f"PostgreSQL refuses this statement: {refusal.words}", place)

    def is_certain(self, sent: Sent, refusal: Refusal) -> bool:
        """Whether no driver, no value and no setting could make the server take it."""
        code = refusal.code
        if code in _UNSURE or (not code.startswith("42") and code not in {*_VALUES, "3F000"}):
            return False
        if code in _SURE_WITHOUT_SCHEMA:
            return not _at_parameter(sent.sql, refusal.position) or self._is_never_right(sent, refusal)
        if code == _NO_FUNCTION and refusal.message.startswith("function"):
            return self._no_such_function(refusal.message)
        if code in (*_NAMES, "3F000") and not (self.judged.complete and self._tables):
            return False
        if code == _NO_TABLE:
            return not self._made_elsewhere(refusal.message)
        return not re.search(r"unknown|polymorphic|could not determine", refusal.message)

    def _is_never_right(self, sent: Sent, refusal: Refusal) -> bool:
        """Whether a parameter stands where no value helps, or where this driver puts nothing in its place."""
        at = (refusal.position or 1) - 1
        found = re.compile(r"\$\d+").match(sent.sql, at) or re.search(r"\$\d+(?=\s*$)", sent.sql[:at])
        text = self.uses.text(sent.file)
        if found is None or re.search(r"(?i)\bIN\s*$", sent.sql[: found.start()]):
            return False  # SQLAlchemy and psycopg2 write lists out there
        if self.uses.drivers and self.uses.drivers <= _ON_THE_SERVER and "psycopg2" not in text:
            return True
        tried = (f"{sent.sql[: found.start()]}{value}{sent.sql[found.end() :]}" for value in _WRITTEN_OUT)
        refusals = (self.sessions[0].prepare(sql) for sql in tried)
        return all(refused is not None and refused.code == _SYNTAX for refused in refusals)

    def _made_elsewhere(self, message: str) -> bool:
        named = re.search(r'"([^"]+)"', message)
        name = re.escape(named[1].rpartition(".")[2]) if named else ""
        pattern = rf"(?i)\b(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?[\"'\w.{{}}]*{name}\b"
        made = rf"(?:Table|create_table)\(\s*[\"']{name}[\"']"
        return not name or self.uses.says(pattern) or self.uses.says(made)

    def _no_such_function(self, message: str) -> bool:
        """Of no function of that name any types are right; of another, where all types are known."""
        named = re.match(r'function "?(?:\w+\.)?(\w+)"?\(', message)
        if named is None or self.uses.says(rf"(?i)\bFUNCTION\s+[\w.\"]*{named[1]}\b"):
            return False
        query = f"SELECT 1 FROM pg_proc WHERE proname = '{named[1]}' LIMIT 1"
        return "unknown" not in message or not any(session.rows(query) for session in self.sessions)

    def _tell(self, sent: Sent, refusal: Refusal) -> None:
        hint = refusal.hint or None
        if refusal.code == _SYNTAX and _CAST.search(sent.sql):
            hint = "`text()` takes no parameter before `::`: write `CAST(:name AS type)`"
        place = sent.place(refusal.position)
        self.judged.add(rules.SQL_REFUSED, f"PostgreSQL refuses this statement: {refusal.words}", place, hint)


def _position(sql: str, pattern: str) -> int:
    found = re.search(pattern, sql, re.IGNORECASE)
    return found.start() + 1 if found else 1


def _at_parameter(sql: str, position: int | None) -> bool:
    """Whether it is a parameter that stands in the wrong place: a driver may put a list or a literal there."""
    before = sql[: (position or 1) - 1]
    return sql[(position or 1) - 1 :].startswith("$") or re.search(r"\$\d+\s*$", before) is not None


def _count_tables(session: Session) -> int:
    query = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    return int(session.rows(query)[0][0] or 0)
