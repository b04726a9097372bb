"""Turns what a database library raises into StoreError, with a remedy and without a secret."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from scanner.errors import StoreError, clip

_REMEDIES = (
    ("readonly database", "it is read-only: change its permissions or choose another database"),
    ("read-only transaction", "it was opened for reading only"),
    ("interrupted", "the question took too long to answer"),
    ("statement timeout", "the question took too long to answer"),
    (
        "unable to open database file",
        "the file cannot be opened: SQLite must be able to write to its folder, also to read: "
        "change the permissions, or copy the file to another folder",
    ),
    ("database is locked", "another process keeps it locked: wait for it or stop it"),
    ("file is not a database", "the file is not a SQLite database: choose another"),
    ("disk image is malformed", "the file is damaged: restore it from a backup"),
    ("disk is full", "the disk is full: make room, then run 'scanner resume'"),
    ("no space left", "the disk is full: make room, then run 'scanner resume'"),
    ("disk i/o error", "the disk reported an error: check it and its free space"),
    ("password authentication failed", "the user or password is wrong"),
    ("connection refused", "no server answers there: check that it is running"),
    ("failed to resolve host", "its host is unknown: check the URL"),
    ("terminating connection", "the server ended the connection: try again"),
    ("server closed the connection", "the server ended the connection: try again"),
    ("append-only", "results are append-only: nothing may change or delete them"),
    ("permission denied", "this role may not do that"),
    ("does not exist", "there is no such database, role or table"),
)


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Raise StoreError for whatever the database raises inside. name: of the database, to show."""
    try:
        yield
    except DBAPIError as e:
        raise StoreError(f"{name}: {remedy(str(e.orig))}") from e
    except SQLAlchemyError as e:
        raise StoreError(f"{name}: {clip(str(e).splitlines()[0], 300)}") from e
    except _driver_errors() as e:
        raise StoreError(f"{name}: {remedy(str(e))}") from e


def remedy(said: str) -> str:
    """What to do about a database's words, with its first line in brackets."""
    lines = said.strip().splitlines() or ["no reason given"]
    lowered = said.lower()
    for sign, what in _REMEDIES:
        if sign in lowered:
            return f"{what} ({clip(lines[0], 300)})"
    return clip(lines[0], 300)


def _driver_errors() -> tuple[type[BaseException], ...]:
    """Errors of bulk inserts, which talk to the driver itself."""
    psycopg = sys.modules.get("psycopg")
    return (sqlite3.Error,) if psycopg is None else (sqlite3.Error, psycopg.Error)
