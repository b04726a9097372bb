"""The index of address keys on SQLite: while a long list comes in it is left out, and made at once.

Keys come in no order, so each of them changes another page of that index: it took three fifths of
what storing half a million claims did. Sorted and written once, it takes an eighth of that. All of
it is in the transaction that stores the list: nobody else sees the table without its index, and
what is rolled back leaves the one that was there.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

LEAST: Final = 20_000
"""Rows before which nothing is gained: all of the index is in memory."""
SHARE: Final = 6
"""How many times as many rows there may be already: all of them are sorted again, too."""

_NAME: Final = "ix_claim_address_key_list_id_no"


class IndexAtEnd:
    """What becomes of the index in the running transaction.

    The table is asked for nothing by address between `stored` and `make`; whatever ends the
    transaction without `make` must roll it back.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._create: str | None = None
        self._before: int | None = None
        if connection.dialect.name == "sqlite":
            newest = connection.execute(text("SELECT max(rowid) FROM claim")).scalar()
            self._before = newest or 0  # rows never go, so this is their number

    def stored(self, rows: int) -> None:
        """Called as rows come in. rows: how many are stored by now in this transaction."""
        if self._before is None or self._create or rows < max(LEAST, self._before // SHARE):
            return
        found = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = :name")
        self._create = self._connection.execute(found, {"name": _NAME}).scalar()
        if self._create is not None:
            self._connection.exec_driver_sql(f"DROP INDEX {_NAME}")
        self._before = None  # done with, also where there is none

    def make(self) -> None:
        """Make the index again, of the words it was made of, if it was left out."""
        if self._create is not None:
            self._connection.exec_driver_sql(self._create)
