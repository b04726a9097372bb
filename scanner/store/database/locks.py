"""Keeps two processes from taking snapshots in one database at the same time.

Results would still be right (a chunk done twice changes nothing), but both would ask the nodes for
everything. The lock goes away with its holder, also after kill -9.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from scanner.errors import BusyError, StoreError


@contextmanager
def file_lock(database: Path, what: str) -> Iterator[None]:
    """Hold `DATABASE.lock` for as long as the block runs. Raises BusyError if another does."""
    import fcntl  # noqa: PLC0415 - not on Windows

    path = database.with_name(database.name + ".lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as e:
        raise StoreError(f"cannot open {path}: {e.strerror}; is the folder writable?") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(what, str(database)) from None
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(handle)


@contextmanager
def server_lock(engine: Engine, what: str) -> Iterator[None]:
    """Hold a PostgreSQL advisory lock named by `what`. Raises BusyError if another does."""
    key = int.from_bytes(sha256(f"scanner:{what}".encode()).digest()[:8], "big", signed=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:k)"), {"k": key}).scalar():
            raise BusyError(what, "this database")
        try:
            yield
        finally:
            _let_go(connection, key)


def _let_go(connection: Connection, key: int) -> None:
    """Give a lock back. One whose connection was lost is given back already: the work is done."""
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": key})
    except DBAPIError:
        connection.invalidate()
