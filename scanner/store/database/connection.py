"""Connects to a database, SQLite file or PostgreSQL, whatever its schema is."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from scanner.errors import MissingExtraError, StoreError
from scanner.store.database import locks
from scanner.store.database.troubles import UNSURE, explained, was_lost

BUSY_SECONDS = 30
"""How long a transaction waits for another process's before it gives up."""
READ_SECONDS = 10
"""How long a read-only connection works on one question, and waits for a lock."""
READERS = 8
"""How many read-only connections to one SQLite file there are at most."""


# What goes wrong is raised; where no log is kept, Python would print its library's own words beside
# (a Ctrl-C that comes while rows are fetched is told as "Error closing cursor").
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

POOL_SECONDS = 300
"""How long a thread waits for one of the connections of this process."""
STILL_SECONDS = 300
"""How long a process may stand still within a change, on PostgreSQL, before that is undone."""
ALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How soon a server is known to be gone whose machine or network went silent: by libpq's own
setting, in two hours. Words of libpq, which a URL may set otherwise."""


class Store:
    """An open database. Safe to share between threads. Use as a context manager or close().

    engine: SQLAlchemy's; `read` and `write` are how to use it.
    dialect: "sqlite" or "postgresql". name: what may be shown of the URL (no password).
    file: the SQLite file, None on PostgreSQL.
    """

    def __init__(self, engine: Engine, file: Path | None) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        shown = engine.url.render_as_string(hide_password=True)
        self.name = shown if file is None else f"sqlite:///{file}"
        self.file = file
        # SQLite has one writer at a time; waiting here is fairer than its busy loop.
        self._writer = Lock()
        self.turn: Callable[[], AbstractContextManager[None]] = nullcontext
        """What a writer of a SQLite file waits for besides: other processes of one snapshot."""

    def close(self) -> None:
        """Give up all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forked(self) -> None:
        """Called in a forked process: use no connection of the process it came from.

        They are kept, not closed: closing one here would end it there.
        """
        self._inherited = self.engine.pool
        self.engine.dispose(close=False)
        self._writer = Lock()

    @contextmanager
    def exclusive(self, what: str) -> Iterator[None]:
        """Be the only process that does `what` in this database, or raise StoreError at once.

        The operating system or the server lets go when the process ends, however it ends.
        """
        held = (
            locks.file_lock(self.file, what)
            if self.file is not None
            else locks.server_lock(self.engine, what)
        )
        with explained(self.name), held:
            yield

    def is_at(self, what: str) -> bool:
        """Whether a process, be it this one, does `what` as `exclusive` says. Raises StoreError."""
        if self.file is not None:
            return locks.file_holder(self.file) == what
        with self.read() as connection:
            return locks.server_is_held(connection, what)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout. Raises StoreError."""
        with explained(self.name), self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back on any error. Raises StoreError."""
        if self.dialect != "sqlite":
            with _committed(self.name, self.engine) as connection:
                yield connection
            return
        with self._writer, self.turn(), explained(self.name), self.engine.connect() as plain:
            connection = plain.execution_options(scanner_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    def read_while_writing(self) -> None:
        """Let readers see the last commit while a chunk is written; SQLite keeps it in the file."""
        if self.file is not None:
            with explained(self.name), self.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")


@contextmanager
def _committed(name: str, engine: Engine) -> Iterator[Connection]:
    """A transaction of PostgreSQL. Says so where nobody knows whether it was committed."""
    whole = False
    try:
        with explained(name), engine.begin() as connection:
            connection.execute(_NOT_FOR_EVER, {"seconds": f"{STILL_SECONDS}s"})
            yield connection
            whole = True
    except StoreError as e:
        if whole and was_lost(e.__cause__):
            raise StoreError(f"{name}: {UNSURE}") from e.__cause__
        raise


_NOT_FOR_EVER = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :seconds, true) "
    "WHERE current_setting('idle_in_transaction_session_timeout') = '0'"
)
"""A process that freezes, or whose machine does, keeps the locks of its transaction: everybody who
seals something would wait for it."""


def connect(url: str, *, create: bool = False, read_only: bool = False) -> Store:
    """Open a database whatever its schema is. Raises StoreError.

    read_only: the database itself refuses every change, and stops a query that takes longer than
        READ_SECONDS.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        return Store(_postgresql(parsed, read_only), None)
    file = _sqlite_file(parsed, create and not read_only)
    return Store(_sqlite_reader(file) if read_only else _sqlite(parsed, file), file)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The text is not repeated: it may hold a password.
        raise StoreError(
            "the database is not given as a URL: write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        return parsed
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(
            f"databases of kind {parsed.get_backend_name()!r} are not supported: "
            "use sqlite:///FILE or postgresql://USER@HOST/NAME"
        )
    # Said explicitly, for SQLAlchemy 2.0 and 2.1 differ in what a bare "postgresql" means.
    return parsed.set(drivername="postgresql+psycopg")


def _sqlite_file(url: URL, create: bool) -> Path:
    if url.query:
        raise StoreError(
            "a SQLite database takes no options after a '?': leave them out, or write %3F for a "
            "'?' of its file's name"
        )
    if not url.database or url.database == ":memory:":
        raise StoreError("a SQLite database must be a file (sqlite:///FILE): it has to last")
    file = Path(url.database)
    if file.is_dir():
        raise StoreError(f"{file} is a folder: name a file in it, sqlite:///{file / 'scanner.db'}")
    if file.exists():
        return file
    if not create:
        raise StoreError(
            f"there is no database {file}: 'scanner snapshot FILE' creates one, or name another "
            "with --database"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise StoreError(f"cannot make the folder {file.parent}: {e.strerror}") from None
    if not os.access(file.parent, os.W_OK):
        raise StoreError(f"cannot write into {file.parent}: choose another file with --database")
    file.touch(0o644)
    return file


def _sqlite(url: URL, file: Path) -> Engine:
    busy = BUSY_SECONDS
    engine = create_engine(
        url,
        creator=lambda: _open_file(file, "rw", busy),
        hide_parameters=True,
        max_overflow=60,
        pool_timeout=POOL_SECONDS,
    )
    _watch_file(engine, file)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        # FULL: a commit survives a power cut, not only a crash of this process. The journal of one
        # long import is not kept at its length for ever.
        for pragma in (
            "foreign_keys = ON",
            "synchronous = FULL",
            "cache_size = -16384",
            "journal_size_limit = 67108864",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Writers lock at their start: taking the lock half-way would fail instead of waiting.
        how = connection.get_execution_options().get("scanner_begin", "BEGIN")
        connection.exec_driver_sql(how)

    return engine


def _sqlite_reader(file: Path) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _open_file(file, "ro", READ_SECONDS),
        poolclass=QueuePool,
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,
    )
    _watch_file(engine, file)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        # Reading through the page cache of the operating system, which all readers share.
        for pragma in ("query_only = ON", f"mmap_size = {1 << 40}", "cache_size = -8192"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        until = monotonic() + READ_SECONDS
        plain: Any = connection.connection.driver_connection
        plain.set_progress_handler(lambda: int(monotonic() > until), 100_000)
        connection.exec_driver_sql("BEGIN")

    return engine


def _open_file(file: Path, mode: str, seconds: float) -> sqlite3.Connection:
    """Open a SQLite file that is there: SQLite would make an empty one in its place."""
    if not file.exists():
        raise StoreError(f"{file} is gone: put it back, or choose another database")
    place = f"file:{quote(str(file.absolute()))}?mode={mode}"
    return sqlite3.connect(
        place, uri=True, timeout=seconds, isolation_level=None, check_same_thread=False
    )


def _watch_file(engine: Engine, file: Path) -> None:
    """Use no connection to a file that has another in its place by now: what it is told is lost."""

    def identity() -> tuple[int, int] | None:
        with suppress(OSError):
            found = file.stat()
            return found.st_dev, found.st_ino
        return None

    @event.listens_for(engine, "connect")
    def _opened(_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = identity()

    @event.listens_for(engine, "checkout")
    def _still_there(
        _connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object
    ) -> None:
        if record.info.get("file") != identity():
            raise DisconnectionError("the file was replaced")


def _postgresql(url: URL, read_only: bool) -> Engine:
    limits = f"-c default_transaction_read_only=on -c statement_timeout={READ_SECONDS}s"
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=4,
            max_overflow=16,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                "application_name": "scanner",
                **kept_alive(url),
                **({"options": limits} if read_only else {}),
            },
        )
    except ModuleNotFoundError:
        raise MissingExtraError("PostgreSQL needs its driver", "postgres") from None


def kept_alive(url: URL) -> dict[str, int]:
    """What of ALIVE a URL does not say itself."""
    return {name: value for name, value in ALIVE.items() if name not in url.query}
