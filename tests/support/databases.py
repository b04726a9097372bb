"""One test, both databases."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text

from scanner.store.database.engine import Store, open_store
from scanner.store.database.migrate import upgrade
from scanner.store.schema import append_only, guards, referred, tables
from support.postgres import Postgres
from support.sealed_database import fill

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.node)]


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without any schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'scanner.db'}"
    return request.getfixturevalue("postgres_database")


def new_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """URL of a database without schema, of the kind that a fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'scanner.db'}"
    cluster: Postgres = request.getfixturevalue("postgres_cluster")
    return cluster.create_database()


@pytest.fixture(params=BOTH)
def filled_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with something in every table of results: two snapshots, all sealed."""
    url = new_database(request, tmp_path)
    upgrade(url)
    with open_store(url) as opened:
        fill(opened)
    return url


@pytest.fixture
def queue_store(postgres_database: str) -> Iterator[Store]:
    """An open store without rows that has the queue's tables."""
    from scanner.worker.queue import set_up

    upgrade(postgres_database)
    with open_store(postgres_database) as opened:
        set_up(opened)
        yield opened


@pytest.fixture(scope="session")
def migrated_postgres(postgres_cluster: Postgres) -> str:
    """URL of a database with our schema that many tests use, one after another."""
    url = postgres_cluster.create_database()
    upgrade(url)
    return url


@cache
def _migrated_sqlite() -> Path:
    """A file with our schema that tests copy, made once a process."""
    folder = tempfile.TemporaryDirectory(prefix="migrated-")
    atexit.register(folder.cleanup)
    file = Path(folder.name) / "scanner.db"
    with open_store(f"sqlite:///{file}", create=True):
        pass
    return file


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An open store without rows, on SQLite and again on PostgreSQL."""
    if request.param == "sqlite":
        file = shutil.copy(_migrated_sqlite(), tmp_path / "scanner.db")
        with open_store(f"sqlite:///{file}") as opened:
            yield opened
        return
    with open_store(request.getfixturevalue("migrated_postgres")) as opened:
        _empty(opened)
        yield opened


def _empty(store: Store) -> None:
    """Take everything out again; what a test did to the triggers is undone."""
    with store.write() as connection:
        if guards.wrong(connection):
            for name, table in _triggers(connection):
                connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON {table}')
            made = append_only.create_statements("postgresql", append_only.APPEND_ONLY)
            made += [*guards.create_statements("postgresql"), *referred.create_statements()]
            for statement in made:
                connection.exec_driver_sql(statement.replace("%", "%%"))
        # Only the owner of the server gets past the triggers like this.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        every = list(tables.metadata.tables)
        used = connection.execute(_SIZES, {"names": every}).all()
        if all(size <= _FEW_BYTES for _, size in used):
            for name, _ in used:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')
        else:
            # It makes files anew, of each table and each of its indexes: dear for a few rows.
            connection.exec_driver_sql("TRUNCATE " + ", ".join(f'"{name}"' for name in every))
        connection.execute(_FROM_ONE, {"names": [f"{name}_id_seq" for name in every]})


_FEW_BYTES = 64 * 1024
_SIZES = text(
    "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relname = ANY(:names)"
    " AND relkind = 'r' AND pg_relation_size(oid) > 0"
)
_FROM_ONE = text(
    "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences"
    " WHERE sequencename = ANY(:names) AND last_value IS NOT NULL"
)


def _triggers(connection):
    query = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
    names = connection.exec_driver_sql(query).all()
    return [(name, table) for name, table in names if not name.startswith("procrastinate_")]
