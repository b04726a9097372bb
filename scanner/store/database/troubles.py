"""Turns what a database library raises into StoreError, with a remedy and without a secret."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from scanner.errors import StoreError, clip

_ENDED = "the server ended the connection: try again"
_FULL = "the server has no room for another connection: end other programs or raise its limit"
_AT_ONCE = "two processes changed the same at once: try again"
UNSURE = (
    "the connection was lost in the last step, so what was to be saved may be saved or not: look "
    "('scanner status') before you try again"
)

_REMEDIES = (
    ("readonly database", "it is read-only: change its permissions or choose another database"),
    (
        "read-only transaction",
        "it takes no changes: it was opened for reading only, or its server is a standby that only "
        "copies another",
    ),
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
    ("disk is full", "the disk is full: make room, then try again"),
    ("no space left", "the disk is full: make room, then try again"),
    ("disk i/o error", "the disk reported an error: check it and its free space"),
    ("password authentication failed", "the user or password is wrong"),
    ("connection refused", "no server answers there: check that it is running"),
    ("failed to resolve host", "its host is unknown: check the URL"),
    ("too many clients", _FULL),
    ("too many connections", _FULL),
    ("remaining connection slots", _FULL),
    ("the database system is", "the server starts or stops: try again in a minute"),
    ("deadlock detected", _AT_ONCE),
    ("could not serialize", _AT_ONCE),
    ("idle-in-transaction", "this process stood still in the middle of a change: try again"),
    ("terminating connection", _ENDED),
    ("server closed the connection", _ENDED),
    ("the connection is lost", _ENDED),
    ("the connection is closed", _ENDED),
    ("connection reset by peer", _ENDED),
    ("connection timed out", _ENDED),
    ("append-only", "results are append-only: nothing may change or delete them"),
    ("permission denied", "this role may not do that"),
    ("does not exist", "there is no such database, role or table"),
)


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Raise StoreError for whatever the database raises inside. name: of the database, to show.

    A stop (KeyboardInterrupt) goes on as it is, also where the database fails because of it.
    """
    try:
        yield
    except _errors() as e:
        stop = _stop_before(e)
        if stop is not None:
            raise stop from None
        raise StoreError(f"{name}: {_said(e)}") from e


def _said(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return remedy(str(error.orig))
    if isinstance(error, SQLAlchemyError):
        return clip(str(error).splitlines()[0], 300)
    return remedy(str(error))


def _stop_before(error: BaseException) -> BaseException | None:
    """The stop that was on its way where closing a connection that is at work failed."""
    seen: set[int] = set()
    before = error.__context__
    while before is not None and id(before) not in seen:
        if isinstance(before, KeyboardInterrupt | SystemExit):
            return before
        seen.add(id(before))
        before = before.__context__
    return None


def was_lost(error: BaseException | None) -> bool:
    """Whether it was the connection that failed, and not what was asked."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def remedy(said: str) -> str:
    """What to do about a database's words, with its first line in brackets."""
    lines = said.strip().splitlines() or ["no reason given"]
    lowered = said.lower()
    for sign, what in _REMEDIES:
        if sign in lowered:
            return f"{what} ({clip(lines[0], 300)})"
    return clip(lines[0], 300)


def _errors() -> tuple[type[BaseException], ...]:
    """Errors of SQLAlchemy, and of drivers: bulk inserts talk to those themselves."""
    psycopg = sys.modules.get("psycopg")
    drivers = (sqlite3.Error,) if psycopg is None else (sqlite3.Error, psycopg.Error)
    return (SQLAlchemyError, *drivers)
