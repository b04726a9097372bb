"""Opens a database: SQLite file or PostgreSQL, schema checked, errors in our own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Store:
    """An open database. Safe to share between threads. Use as a context manager or close().

    name: what may be shown of the URL (no password).
    """

    name: str

    def close(self) -> None:
        """Give up all connections."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def exclusive(self, what: str) -> Iterator[None]:
        """Be the only process that does `what` in this database, or raise StoreError at once."""
        raise NotImplementedError
        yield

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading one consistent state. Raises StoreError."""
        raise NotImplementedError
        yield

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back on any error. Raises StoreError."""
        raise NotImplementedError
        yield


def open_store(url: str, *, create: bool = False) -> Store:
    """Open a database whose schema is this program's.

    url: sqlite:///FILE or postgresql://... create: make and set up a SQLite file that is missing.
    Raises MigrationNeededError for an older schema, StoreError for anything else, with a remedy.
    """
    raise NotImplementedError
