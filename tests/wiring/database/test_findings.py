"""What a whole project comes to on a real database."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.program import ROOT, clean_environment

from checks.model import CheckContext
from checks.wiring.database import installations
from checks.wiring.database.findings import find
from checks.wiring.reading import read_system
from checks.wiring.system import Findings

Write = Callable[[dict[str, str]], Path]
SYSTEMS = ("hiring-process", "webhook-intake", "scheduled-report")
ENV = """
import os

from alembic import context
from app.models import Base
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
MODELS = """
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase): ...

class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    age: Mapped[int | None]
    name: Mapped[str | None] = mapped_column(String(100))
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op
revision = "0001"
down_revision = None

def upgrade():
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(320), nullable=False, unique=True),
        sa.Column("age", sa.String(3)),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.Enum("a", "b", name="person_kind")),
    )

def downgrade():
    op.drop_table("people")
"""
STORE = '''
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app.models import Person

COLUMNS = "id, email"
BY_KIND = f"""
    SELECT {COLUMNS} FROM people
    WHERE kind = 'c'
"""

def queries(session, bad):
    session.execute(text(BY_KIND))
    session.execute(text("SELECT strftime('%Y', now())"))
    session.execute(text("SELECT id FROM people WHERE email = :email::text"))
    session.execute(text("SELECT id FROM persons"))
    session.execute(text(f"SELECT {bad} FROM nowhere"))
    session.execute(text("SELECT id FROM people WHERE id IN :ids AND email = ANY(:emails)"))
    session.execute(insert(Person).values(name="a").on_conflict_do_nothing(index_elements=[Person.name]))
    session.execute(insert(Person).values(name="a").on_conflict_do_nothing(index_elements=[Person.email]))
'''
PROJECT = {
    "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n",
    "requirements.txt": "alembic\npsycopg[binary]\nsqlalchemy\n",
    "alembic.ini": "[alembic]\nscript_location = migrations\npath_separator = os\n",
    "migrations/env.py": ENV,
    "migrations/versions/0001_people.py": MIGRATION,
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "app/store.py": STORE,
}


def findings(root: Path) -> Findings:
    return find(read_system(CheckContext(root, Path(sys.executable), 2, (), clean_environment())))


def said(found: Findings) -> list[tuple[str, str, str | None, int | None]]:
    return sorted((each.rule.partition(".")[2], each.severity, each.file, each.line) for each in found.diagnostics)


def contents(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_reference_system_is_green_and_stays_as_it_was(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(ROOT / "fixtures" / name, root, ignore=shutil.ignore_patterns("__pycache__", ".*_cache", ".venv"))
    before = contents(root)
    found = findings(root)
    assert found.diagnostics == ()
    assert found.blocked is None
    assert found.looked_at["migrations"] >= 1
    assert found.looked_at["tables"] >= 1
    assert found.notes["database"].startswith("PostgreSQL ")
    assert contents(root) == before


def test_faults_of_every_kind_are_found_in_one_run(project: Write) -> None:
    found = findings(project(PROJECT))
    assert said(found) == [
        ("conflict-target", "error", "app/store.py", 20),
        ("downgrade-fails", "error", "migrations/versions/0001_people.py", 17),
        ("migration-fails", "error", "alembic.ini", 1),
        ("models-differ", "error", "app/models.py", 11),
        ("models-differ", "error", "app/models.py", 12),
        ("models-drift", "warning", "app/models.py", 7),
        ("sql-refused", "error", "app/store.py", 8),
        ("sql-refused", "error", "app/store.py", 15),
        ("sql-refused", "error", "app/store.py", 16),
        ("sql-refused", "error", "app/store.py", 17),
    ]
    (message,) = [each.message for each in found.diagnostics if (each.file, each.line) == ("app/models.py", 11)]
    assert "`people.age` is INTEGER in the model and VARCHAR(3) in the database" in message
    assert "migrations/versions/0001_people.py:12" in message


def test_where_nothing_concerns_a_database_nothing_is_started(project: Write) -> None:
    root = project({"main.py": "print('select 1')\n", "requirements.txt": "fastapi\n"})
    assert findings(root) == Findings()


def test_without_postgresql_one_warning_says_what_was_not_proven(
    project: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installations, "PACKAGED", ())
    monkeypatch.setattr(installations, "WHEEL", "no_such_wheel")
    root = project({"requirements.txt": "psycopg\n", "schema.sql": "CREATE TABLE a (id int);\n"})
    environment = {**clean_environment(), "PATH": "/nonexistent"}
    found = find(read_system(CheckContext(root, Path(sys.executable), 1, (), environment)))
    assert found.notes == {"database": "none"}
    (warning,) = found.diagnostics
    assert (warning.rule, warning.severity) == ("wiring.database-unproven", "warning")
    assert "no PostgreSQL" in warning.message


def test_a_project_that_knows_only_sqlite_is_tried_on_sqlite(project: Write) -> None:
    files = {**PROJECT, "requirements.txt": "alembic\nsqlalchemy\n", "docker-compose.yml": "services: {}\n"}
    files["app/store.py"] = ""
    found = findings(project(files))
    assert found.notes["database"].startswith("SQLite ")
    assert ("models-differ", "error", "app/models.py", 12) in said(found)


def test_numbered_scripts_run_up_and_back(project: Write) -> None:
    root = project(
        {
            "requirements.txt": "asyncpg\n",
            "migrations/0001_jobs.sql": "-- migrate:up\nCREATE TABLE jobs (i int);\n-- migrate:down\nDROP TABLE job;\n",
            "migrations/0002_more.sql": "-- migrate:up\nALTER TABLE jobs ADD note text;\nALTER TABLE work ADD a int;\n",
            "app.py": (
                "async def f(connection):\n"
                "    await connection.fetch('SELECT note FROM jobs WHERE i = $1', 1)\n"
                "    await connection.execute('DELETE FROM jobs WHERE i = ?', 1)\n"
            ),
        }
    )
    assert said(findings(root)) == [
        ("downgrade-fails", "error", "migrations/0001_jobs.sql", 4),
        ("schema-fails", "error", "migrations/0002_more.sql", 3),
        ("sql-refused", "error", "app.py", 3),
    ]


@pytest.mark.parametrize(
    ("driver", "refused"), [("psycopg2-binary", [5]), ("psycopg", [4, 5]), ("asyncpg\npsycopg2", [5])]
)
def test_parameters_where_no_value_may_stand(driver: str, refused: list[int], project: Write) -> None:
    root = project(
        {
            "requirements.txt": f"{driver}\n",
            "schema.sql": "CREATE TABLE jobs (i int, at timestamptz);\n",
            "app.py": (
                "def f(cursor, days):\n"
                "    cursor.execute('SELECT i FROM jobs WHERE i IN %s', (days,))\n"
                "    cursor.execute('SELECT i FROM jobs LIMIT %s', (days,))\n"
                "    cursor.execute('DELETE FROM jobs WHERE at < now() - interval %s', (days,))\n"
                "    cursor.execute('DELETE FROM jobs WHERE at < now() - interval %s days', (days,))\n"
            ),
        }
    )
    assert said(findings(root)) == [("sql-refused", "error", "app.py", line) for line in refused]
