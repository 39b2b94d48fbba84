"""Migrations, models and SQL, tried on a real PostgreSQL."""
