"""Gives a new SQLite file its tables at once, in the words that all migrations end in.

Alembic takes a fifth of a second to import and as long for every migration there ever was, which
each first command would wait for. `migrations/new_file.sql` is made by scripts/write-schema; a test
holds it against a file that went through the migrations.
"""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import complete_statement

from sqlalchemy import Connection

from scanner.settings.paths import shipped

NAME = "new_file.sql"
_VERSION = "INSERT INTO alembic_version VALUES ('{}');"


def make(connection: Connection, head: str) -> bool:
    """Make the tables, if the database is a SQLite file without any.

    head: the newest migration. False if nothing was done: there is something already, or the words
    are those of another migration.
    """
    if connection.dialect.name != "sqlite":
        return False
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
        return False
    file = shipped("migrations") / NAME
    words = list(statements(file.read_text("utf-8"))) if file.is_file() else []
    if not words or words[-1] != _VERSION.format(head):
        return False
    for statement in words:
        connection.exec_driver_sql(statement)
    return True


def statements(text: str) -> Iterator[str]:
    """The statements of a file of SQL; a trigger's own semicolons end none."""
    begun = ""
    for line in text.splitlines(keepends=True):
        if not begun and line.startswith("--"):
            continue
        begun += line
        if complete_statement(begun):
            yield begun.strip()
            begun = ""


def words_of(connection: Connection, head: str) -> str:
    """The statements that make the tables of a database as they are, and name its migration."""
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    made = connection.exec_driver_sql(query).scalars().all()
    return "\n".join([*(f"{sql};" for sql in made), _VERSION.format(head)]) + "\n"
