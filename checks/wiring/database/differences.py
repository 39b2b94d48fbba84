"""What models expect and migrations do not make: an error where the program will fail on it, else drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.model import Place
from checks.wiring.database import rules
from checks.wiring.database.judging import Judged
from checks.wiring.database.migrations import Migrated
from checks.wiring.database.tables import Table, migrated
from checks.wiring.database.uses import Uses

_TEXTS = {"String", "Text", "Unicode", "UnicodeText", "Enum"}
_NUMBERS = {"Numeric", "Float", "Integer", "BigInteger", "SmallInteger"}
_KNOWN = {"Integer", "String", "Numeric", "Float", "Boolean", "DateTime", "Date", "Time", "Interval", "LargeBinary"}
_KNOWN |= {"Uuid", "UUID", "JSON", "ARRAY", "Enum", "_Binary"}


@dataclass(eq=False)
class Comparison:
    """One setup's differences, with the places of both ends."""

    uses: Uses
    migrated: Migrated
    tables: Mapping[str, Table]
    judged: Judged
    places: dict[tuple[str, str | None], Place] = field(default_factory=dict)

    def judge(self) -> None:
        """Judges each difference; a table that is missing as a whole is one finding."""
        self.places = migrated(self.uses, iter(sorted(self.migrated.revisions.values())))
        for each in self.migrated.differences:
            judge = getattr(self, f"_{each['kind']}", None)
            if judge is not None:
                judge(each)

    def _model(self, table: str, column: str | None = None) -> Place:
        known = self.tables.get(table)
        if known is None:
            return Place(self.migrated.setup.ini)
        return known.columns.get(column, known.place) if column else known.place

    def _migration(self, table: str, column: str | None = None) -> str:
        place = self.places.get((table, column)) or self.places.get((table, None))
        return f" ({place})" if place else ""

    def _error(self, message: str, place: Place) -> None:
        hint = "add the migration: `alembic revision --autogenerate`"
        self.judged.add(rules.MODELS_DIFFER, message, place, hint)

    def _drift(self, message: str, place: Place) -> None:
        self.judged.add(rules.MODELS_DRIFT, message, place)

    def _add_table(self, each: Mapping[str, Any]) -> None:
        if each["info"].get("is_view"):
            return
        message, place = f"no migration creates the table `{each['table']}`", self._model(each["table"])
        if self.uses.says(r"\.create_all\b"):  # it may be there all the same
            self._drift(message, place)
        else:
            self._error(message, place)

    def _remove_table(self, each: Mapping[str, Any]) -> None:
        table = each["table"]
        place = self.places.get((table, None))
        if place is not None and table not in self.tables:
            self._drift(f"a migration creates the table `{table}`, which no model that is imported describes", place)

    def _add_column(self, each: Mapping[str, Any]) -> None:
        table, column = each["table"], each["column"]
        message = f"no migration creates the column `{table}.{column}`; the table is made here{self._migration(table)}"
        self._error(message, self._model(table, column))

    def _remove_column(self, each: Mapping[str, Any]) -> None:
        table, column = each["table"], each["column"]
        if each["nullable"] or each["filled"]:
            message = f"the model has no column `{column}`, which a migration creates{self._migration(table, column)}"
            self._drift(message, self._model(table))
            return
        message = (
            f"the migrations make a column `{table}.{column}` that must have a value{self._migration(table, column)}, "
            "and the model does not know it: every INSERT fails"
        )
        self._error(message, self._model(table))

    def _modify_nullable(self, each: Mapping[str, Any]) -> None:
        table, column = each["table"], each["column"]
        if each["new"] and not each["old"] and not each["filled"]:
            message = f"the model lets `{table}.{column}` be None, the database does not"
            self._error(message + self._migration(table, column), self._model(table, column))
        else:
            message = f"the model says `{table}.{column}` is never None, the database lets it be"
            self._drift(f"{message}{self._migration(table, column)}", self._model(table, column))

    def _modify_type(self, each: Mapping[str, Any]) -> None:
        table, column, old, new = each["table"], each["column"], each["old"], each["new"]
        ends = f"`{table}.{column}` is {new['text']} in the model and {old['text']} in the database"
        message = ends + self._migration(table, column)
        if _clashes(old, new) or (_zone_differs(old, new) and self.uses.drivers == {"asyncpg"}):
            self._error(message, self._model(table, column))
        else:
            self._drift(message, self._model(table, column))

    def _add_constraint(self, each: Mapping[str, Any]) -> None:
        if each["unique"] and each["table"]:
            self._unique(each)

    def _add_index(self, each: Mapping[str, Any]) -> None:
        if each["unique"] and each["table"]:
            self._unique(each)
        elif each["table"]:
            columns = ", ".join(each["columns"])
            self._drift(f"no migration makes the index of `{each['table']}` on {columns}", self._model(each["table"]))

    def _unique(self, each: Mapping[str, Any]) -> None:
        table, columns = each["table"], each["columns"]
        named = ", ".join(f"`{name}`" for name in columns)
        place = self._model(table, columns[0] if len(columns) == 1 else None)
        message = f"the model says {named} of `{table}` is unique, and no migration makes it so{self._migration(table)}"
        self._error(message, place)


def _clashes(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether values of the one do not go into the other."""
    families = {_family(old), _family(new)}
    known = {str(old["family"]), str(new["family"])} <= _KNOWN | _TEXTS | _NUMBERS
    return known and len(families) > 1


def _family(kind: Mapping[str, Any]) -> str:
    family = str(kind["family"])
    if family == "Enum" and not str(kind["text"]).upper().startswith("VARCHAR"):
        return "an enum type"
    if family in _TEXTS:
        return "text"
    return "a number" if family in _NUMBERS else family.upper()


def _zone_differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return {str(old["family"]), str(new["family"])} == {"DateTime"} and bool(old["timezone"]) != bool(new["timezone"])
