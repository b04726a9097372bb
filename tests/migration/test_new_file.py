"""A new SQLite file is what one that went through all migrations is, to the last word."""

import subprocess
import sys
from pathlib import Path

import pytest

from scanner.settings.paths import shipped
from scanner.store.database import migrate, new_file
from scanner.store.database.engine import connect, open_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path):
    return f"sqlite:///{tmp_path / 'new.db'}"


def everything(connection):
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
    return connection.exec_driver_sql(query).all(), migrate.current(connection)


def test_it_is_what_the_migrations_make(place, tmp_path):
    with connect(place, create=True) as store, store.write() as connection:
        assert new_file.make(connection, migrate.head())
        made = everything(connection)
    old = f"sqlite:///{tmp_path / 'old.db'}"
    with connect(old, create=True) as store, store.write() as connection:
        migrate.by_migrations(connection, "head")
        assert everything(connection) == made, "run scripts/write-schema"


def test_the_file_is_what_the_script_writes():
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "write-schema", "--stdout"],
        check=True, capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip
    assert (shipped("migrations") / new_file.NAME).read_text("utf-8") == made


def test_a_new_file_needs_no_alembic(place):
    code = (
        "import sys; from scanner.store.database.engine import open_store; "
        "open_store(sys.argv[1], create=True).close(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, place], check=True, cwd=ROOT, timeout=120)
    with open_store(place) as store:
        assert migrate.differences(store) == []


def test_words_of_another_migration_are_not_used(place):
    with connect(place, create=True) as store, store.write() as connection:
        assert not new_file.make(connection, "0099")
        assert everything(connection) == ([], None)


def test_what_is_there_is_left_alone(place):
    with connect(place, create=True) as store, store.write() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (a)")
        before = everything(connection)
        assert not new_file.make(connection, migrate.head())
        assert everything(connection) == before


def test_no_words_no_tables(place, tmp_path, monkeypatch):
    monkeypatch.setattr(new_file, "shipped", lambda _: tmp_path)
    with connect(place, create=True) as store, store.write() as connection:
        assert not new_file.make(connection, migrate.head())


def test_a_triggers_semicolons_end_no_statement():
    trigger = "CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT 1; SELECT 2; END;"
    text = f"-- words\nCREATE TABLE a (\n\tb\n);\n{trigger}\n"
    assert list(new_file.statements(text)) == ["CREATE TABLE a (\n\tb\n);", trigger]
