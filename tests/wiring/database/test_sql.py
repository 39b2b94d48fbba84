"""Where statements end, and where parameters stand."""

from __future__ import annotations

import pytest

from checks.wiring.database.sql import first_word, from_format, from_text, has_format, is_preparable, line_of, split


def test_semicolons_in_quotes_comments_and_bodies_end_nothing() -> None:
    script = """-- one; two
    SELECT ';', E'\\';', "a;b"; /* ; */
    CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$ BEGIN RETURN ';'; END; $body$;
    DO $$ BEGIN NULL; END $$
    -- the end;
    """
    assert [first_word(each.text) for each in split(script)] == ["SELECT", "CREATE", "DO"]
    last = list(split(script))[-1]
    assert line_of(script, last.offset + 1) == 3


def test_parameters_of_text_are_sqlalchemys() -> None:
    assert from_text("a = :a AND b = :b AND c = :a") == "a = $1 AND b = $2 AND c = $1"
    assert from_text("at::date > :day AND t = '12:30'") == "at::date > $1 AND t = '12:30'"
    # SQLAlchemy leaves this one alone, and so the server gets it as it stands.
    assert from_text("a = :a::jsonb") == "a = :a::jsonb"
    assert from_text(r"t LIKE 'x\:y'") == "t LIKE 'x:y'"


def test_parameters_of_psycopg() -> None:
    assert from_format("a = %s AND b = %s AND c LIKE '%%x'") == "a = $1 AND b = $2 AND c LIKE '%x'"
    assert from_format("a = %(a)s OR b = %(a)s") == "a = $1 OR b = $1"
    assert not has_format("a LIKE 'x%%'")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", True),
        ("-- why\n(SELECT 1)", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("CREATE TABLE a (id int)", False),
        ("PRAGMA foreign_keys = ON", False),
        ("created_at > now()", False),
    ],
)
def test_what_a_server_can_analyse(sql: str, expected: bool) -> None:
    assert is_preparable(sql) is expected
