"""A SQLite file that fails at one statement: as another process's lock, a full or broken disk do."""

from __future__ import annotations

import re
import sqlite3
import threading
from typing import Any, NamedTuple

LOCKED, FULL, BROKEN = "database is locked", "database or disk is full", "disk I/O error"


class Way(NamedTuple):
    """said: SQLite's words. done: whether the statement was carried out all the same."""

    said: str
    done: bool = False


WAYS = (Way(LOCKED), Way(FULL), Way(BROKEN), Way(BROKEN, done=True))


class FaultyFile:
    """Stands in for `sqlite3.connect`. asked: every statement since `arm`, "COMMIT" for a commit."""

    def __init__(self) -> None:
        self._connect = sqlite3.connect
        self._lock = threading.Lock()
        self.asked: list[str] = []
        self.failed = ""
        self._way, self._left, self._what = WAYS[0], 0, re.compile("")

    def arm(self, way: Way, number: int, what: str = "") -> None:
        """Let the number-th statement from now on fail, of those in which `what` is found; 0: none.

        what: a regular expression.
        """
        self._way, self._left, self._what = way, number, re.compile(what)
        self.asked, self.failed = [], ""

    def __call__(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        fault = self

        class Cursor(sqlite3.Cursor):
            def execute(self, sql, *values):
                return fault.do(sql, super().execute, sql, *values)

            def executemany(self, sql, values):
                return fault.do(sql, super().executemany, sql, values)

        class Connection(sqlite3.Connection):
            def cursor(self, factory=Cursor):
                return super().cursor(factory)

            def commit(self):
                fault.do("COMMIT", super().commit)

        return self._connect(*arguments, factory=Connection, **options)

    def do(self, sql: str, work: Any, *arguments: Any) -> Any:
        """Carry out a statement, unless it is the one that fails."""
        with self._lock:
            self.asked.append(sql)
            way = None
            if self._left and self._what.search(sql):
                self._left -= 1
                way = None if self._left else self._way
        if way is None:
            return work(*arguments)
        self.failed = sql
        if way.done:
            work(*arguments)
        raise sqlite3.OperationalError(way.said)
