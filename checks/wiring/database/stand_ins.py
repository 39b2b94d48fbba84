"""What stands in for extensions that every PostgreSQL image has and a wheel has not: enough to be named."""

from __future__ import annotations

from pathlib import Path

STAND_INS_SINCE = 18
"""Older servers look for extensions in their own folder only."""

STOOD_IN = {
    "uuid-ossp": """
        CREATE FUNCTION uuid_generate_v1() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
        CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
        CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
        CREATE FUNCTION uuid_generate_v5(uuid, text) RETURNS uuid LANGUAGE sql IMMUTABLE AS 'SELECT $1';
        CREATE FUNCTION uuid_nil() RETURNS uuid LANGUAGE sql IMMUTABLE
            AS $$SELECT '00000000-0000-0000-0000-000000000000'::uuid$$;
    """,
    "pgcrypto": """
        CREATE FUNCTION digest(text, text) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT sha256($1::bytea)';
        CREATE FUNCTION digest(bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT sha256($1)';
        CREATE FUNCTION hmac(text, text, text) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT sha256($1::bytea)';
        CREATE FUNCTION hmac(bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT sha256($1)';
        CREATE FUNCTION crypt(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
        CREATE FUNCTION gen_salt(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
        CREATE FUNCTION gen_salt(text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1';
        CREATE FUNCTION gen_random_bytes(integer) RETURNS bytea LANGUAGE sql AS 'SELECT sha256($1::text::bytea)';
        CREATE FUNCTION pgp_sym_encrypt(text, text) RETURNS bytea LANGUAGE sql AS 'SELECT $1::bytea';
        CREATE FUNCTION pgp_sym_decrypt(bytea, text) RETURNS text LANGUAGE sql AS 'SELECT $2';
    """,
    "citext": "CREATE DOMAIN citext AS text;",
    "pg_stat_statements": "SELECT 1;",
    "unaccent": "CREATE FUNCTION unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';",
}


def write_stand_ins(folder: Path) -> Path:
    """Writes them below `folder`; gives what `extension_control_path` has to name."""
    extensions = folder / "extension"
    extensions.mkdir(parents=True)
    for name, script in STOOD_IN.items():
        (extensions / f"{name}.control").write_text("default_version = '1.0'\nrelocatable = true\n", encoding="utf-8")
        (extensions / f"{name}--1.0.sql").write_text(script, encoding="utf-8")
    return folder
