"""Opens a database: SQLite file or PostgreSQL, schema checked, errors in our own words."""

from __future__ import annotations

from scanner.store.database.connection import Store, connect
from scanner.store.database.migrate import require_head, upgrade_store

__all__ = ["Store", "connect", "open_store"]


def open_store(url: str, *, create: bool = False, read_only: bool = False) -> Store:
    """Open a database whose schema is this program's.

    url: sqlite:///FILE or postgresql://... create: make and set up a SQLite file that is missing
        or empty; an existing database is never changed by opening it.
    read_only: for readers that must never change anything; see `connect`.
    Raises MigrationNeededError for an older schema, StoreError for anything else, with a remedy.
    """
    store = connect(url, create=create, read_only=read_only)
    try:
        if create and store.file is not None and _is_empty(store):
            upgrade_store(store)
        with store.read() as connection:
            require_head(connection)
    except BaseException:
        store.close()
        raise
    return store


def _is_empty(store: Store) -> bool:
    with store.read() as connection:
        return not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
