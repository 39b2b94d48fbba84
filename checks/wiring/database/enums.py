"""Enum types: what models write must be among the values that the migrations made, which alembic does not compare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checks.model import Place
from checks.wiring.database import rules
from checks.wiring.database.client import Session
from checks.wiring.database.judging import Judged
from checks.wiring.database.migrations import Migrated
from checks.wiring.database.tables import Table
from checks.wiring.database.uses import Uses

_LABELS = """
    SELECT c.relname, a.attname, t.typname, e.enumlabel
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_enum e ON e.enumtypid = t.oid WHERE c.relkind IN ('r', 'p') AND a.attnum > 0
"""


def judge_enums(uses: Uses, migrated: Migrated, tables: Mapping[str, Table], session: Session, judged: Judged) -> None:
    """One finding for each type that lacks a value of the models."""
    made: dict[tuple[str, str], tuple[str, set[str]]] = {}
    for table, column, kind, label in session.rows(_LABELS) if migrated.enums else ():
        made.setdefault((str(table), str(column)), (str(kind), set()))[1].add(str(label))
    told: set[str] = set()
    for each in migrated.enums:
        kind, labels = made.get((each["table"], each["column"]), ("", set()))
        lacking = [value for value in each["values"] if value not in labels] if labels else []
        if lacking and kind not in told:
            told.add(kind)
            _tell(uses, migrated, tables.get(each["table"]), each["column"], kind, lacking, judged)


def _tell(
    uses: Uses, migrated: Migrated, table: Table | None, column: str, kind: str, lacking: list[str], judged: Judged
) -> None:
    values = ", ".join(f"`{value}`" for value in lacking)
    made = next(_made(uses, migrated, kind), None)
    message = (
        f"the migrations make the type `{kind}` without {values}{f' ({made})' if made else ''}: PostgreSQL refuses "
        "each statement in which the model's enum brings it"
    )
    place = table.columns.get(column, table.place) if table else migrated.setup.place
    hint = f"add a migration: `ALTER TYPE {kind} ADD VALUE '{lacking[0]}'`"
    judged.add(rules.MODELS_DIFFER, message, place, hint)


def _made(uses: Uses, migrated: Migrated, kind: str) -> Iterator[Place]:
    """Where a migration names the type first."""
    for file in sorted(migrated.revisions.values()):
        found = re.search(rf"[\"'\s]{re.escape(kind)}[\"'\s]", uses.text(file))
        if found:
            yield Place(file, uses.text(file).count("\n", 0, found.start() + 1) + 1)
