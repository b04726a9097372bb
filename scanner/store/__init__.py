"""Owns the database: tables, engine, queries, migrations."""
