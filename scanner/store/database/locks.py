"""Keeps two processes from taking snapshots in one database at the same time.

Results would still be right (a chunk done twice changes nothing), but both would ask the nodes for
everything. The lock goes away with its holder, also after kill -9.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from scanner.errors import BusyError, StoreError

_TRIES, _BETWEEN = 4, 0.03
"""How often, and after how many seconds: whoever looks (`file_holder`) holds it for a moment."""
_LONGEST = 200


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
        for left in reversed(range(_TRIES)):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not left:
                    raise BusyError(what, str(database)) from None
            time.sleep(_BETWEEN)
        with suppress(OSError):  # a full disk: who looks then sees that somebody is at work
            os.ftruncate(handle, 0)
            os.write(handle, what.encode())
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(handle)


def file_holder(database: Path) -> str:
    """What somebody holds `DATABASE.lock` for, as it was named; "" if nobody does."""
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        handle = os.open(database.with_name(database.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(handle, _LONGEST).decode("utf-8", "replace")
    finally:
        os.close(handle)
    return ""


@contextmanager
def server_lock(engine: Engine, what: str) -> Iterator[None]:
    """Hold a PostgreSQL advisory lock named by `what`. Raises BusyError if another does."""
    key = _key(what)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:k)"), {"k": key}).scalar():
            raise BusyError(what, "this database")
        try:
            yield
        finally:
            _let_go(connection, key)


def server_is_held(connection: Connection, what: str) -> bool:
    """Whether somebody holds the PostgreSQL advisory lock named by `what`."""
    held = text(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND "
        "granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND (classid::bigint << 32) | objid::bigint = :k)"
    )
    return bool(connection.execute(held, {"k": _key(what)}).scalar())


def _key(what: str) -> int:
    return int.from_bytes(sha256(f"scanner:{what}".encode()).digest()[:8], "big", signed=True)


def _let_go(connection: Connection, key: int) -> None:
    """Give a lock back. One whose connection was lost is given back already: the work is done."""
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": key})
    except DBAPIError:
        connection.invalidate()
