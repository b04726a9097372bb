"""An empty database and all migrations make what tables.py says, there and back, on both."""

import re
import sqlite3
import zipfile

import pytest
from sqlalchemy import inspect, text

from scanner.errors import MigrationNeededError, StoreError
from scanner.settings.paths import shipped
from scanner.store.database import migrate, new_file
from scanner.store.database.engine import connect, open_store
from scanner.store.schema import append_only
from scanner.store.schema import budget_table as tables


@pytest.fixture(autouse=True)
def through_the_migrations(monkeypatch):
    """A new SQLite file would be given its tables at once (see test_new_file)."""
    monkeypatch.setattr(new_file, "make", lambda connection, head: False)


VERSIONS = sorted((shipped("migrations") / "versions").glob("*.py"))


def schema(store):
    """Tables, columns, indexes, foreign keys and triggers as the database tells them."""
    with store.read() as connection:
        look = inspect(connection)
        names = [n for n in look.get_table_names() if n != "alembic_version"]
        return {
            name: (
                [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(name)],
                look.get_pk_constraint(name)["constrained_columns"],
                sorted(str(i) for i in look.get_indexes(name)),
                sorted(str(f) for f in look.get_foreign_keys(name)),
                sorted(str(c) for c in look.get_check_constraints(name)),
            )
            for name in sorted(names)
        }, append_only.missing(connection)


def test_migrations_make_the_tables_of_the_program(empty_database, tmp_path):
    migrate.upgrade(empty_database)
    with open_store(empty_database) as store:
        assert migrate.differences(store) == []
        made, missing = schema(store)
        assert missing == []
        assert set(made) == set(tables.metadata.tables)


def test_migrated_and_created_tables_are_equal_to_the_last_constraint(tmp_path):
    """Autogenerate overlooks CHECKs, WITHOUT ROWID and deferral: SQLite's own words do not."""
    made = connect(f"sqlite:///{tmp_path / 'made.db'}", create=True)
    with made, made.write() as connection:
        tables.metadata.create_all(connection)
    migrate.upgrade(f"sqlite:///{tmp_path / 'migrated.db'}")

    def words(file):
        found = sqlite3.connect(tmp_path / file)
        try:
            rows = found.execute(
                "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql NOT NULL"
            ).fetchall()
        finally:
            found.close()
        return {name: _normal(sql) for name, sql in rows if name != "alembic_version"}

    assert words("migrated.db") == words("made.db")


def _normal(sql):
    """The parts of a CREATE in a fixed order, quotes and spaces aside."""
    flat = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    head, _, rest = flat.partition("(")
    body, _, tail = rest.rpartition(")")
    parts = re.split(r",(?![^(]*\)) ?", body)
    return head.strip(), sorted(p.strip() for p in parts), tail.strip()


def test_up_down_up_again(empty_database):
    migrate.upgrade(empty_database)
    with connect(empty_database) as store:
        first = schema(store)
        migrate.downgrade_store(store, "base")
        assert schema(store)[0] == {}
        with store.read() as connection:
            assert migrate.current(connection) is None
        migrate.upgrade_store(store)
        assert schema(store) == first


def test_one_revision_down_and_up(empty_database):
    migrate.upgrade(empty_database)
    with connect(empty_database) as store:
        before = schema(store)
        migrate.downgrade_store(store, "-1")
        migrate.upgrade_store(store)
        assert schema(store) == before


def test_upgrading_twice_changes_nothing(empty_database):
    assert migrate.upgrade(empty_database) == migrate.head()
    assert migrate.upgrade(empty_database) == migrate.head()


def test_an_empty_database_needs_its_migrations(empty_database):
    with connect(empty_database, create=True) as store, store.write() as connection:
        connection.execute(text("SELECT 1"))
    with pytest.raises(MigrationNeededError, match="scanner db upgrade") as caught:
        open_store(empty_database)
    assert caught.value.found is None


def test_a_database_of_a_newer_program_is_left_alone(empty_database):
    migrate.upgrade(empty_database)
    with connect(empty_database) as store, store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"9999.*newer scanner"):
        open_store(empty_database)
    with pytest.raises(StoreError, match=r"9999.*newer scanner"):
        migrate.upgrade(empty_database)


def test_a_failing_upgrade_leaves_the_old_schema(empty_database, monkeypatch):
    real = append_only.create_statements
    broken = lambda dialect, names: [*real(dialect, names), "CREATE NONSENSE"]  # noqa: E731
    monkeypatch.setattr(append_only, "create_statements", broken)
    with pytest.raises(StoreError):
        migrate.upgrade(empty_database)
    monkeypatch.undo()
    with connect(empty_database) as store:
        assert schema(store)[0] == {}
    assert migrate.upgrade(empty_database) == migrate.head()


def test_file_names_start_with_their_revision_and_are_one_line_of_descent():
    """Opening a database trusts file names, for it does not import Alembic."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(shipped("migrations")))
    ours = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    assert tuple(ours) == migrate.revisions()
    assert script.get_heads() == [migrate.head()]
    assert [file.name.partition("_")[0] for file in VERSIONS] == ours


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_every_migration_says_why(file):
    words = file.read_text(encoding="utf-8").split('"""')[1]
    assert "Why:" in words


def test_batch_mode_drops_triggers_and_they_are_missed(tmp_path):
    """The trap itself, so that nobody forgets it: rebuilding a SQLite table loses its triggers."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    store = open_store(f"sqlite:///{tmp_path / 'scanner.db'}", create=True)
    with store, store.write() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("balance", recreate="always"):
            pass
        assert append_only.missing(connection) == ["balance_no_update", "balance_no_delete"]


def test_migrations_are_in_the_wheel_and_work_from_there(tmp_path, monkeypatch):
    """Built as users get it, unpacked elsewhere, run without the checkout."""
    import subprocess
    import sys

    hatchling = pytest.importorskip("hatchling.build", reason="hatchling builds the wheel")
    monkeypatch.chdir(shipped("migrations").parent)
    wheel = tmp_path / hatchling.build_wheel(str(tmp_path))
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = (
        "import scanner, sys; from scanner.store.database.migrate import upgrade; "
        "from scanner.settings.paths import shipped; "
        "print(shipped('migrations'), upgrade(sys.argv[1]), 'alembic' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{tmp_path / 'wheel.db'}"],
        cwd=tmp_path, env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = [str(site / "scanner" / "_migrations"), migrate.head(), "False"]
    assert ran.stdout.split() == found, "the words of new_file.sql are in the wheel, too"
