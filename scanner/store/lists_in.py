"""Stores a published list: claims, unreadable rows, declared totals and findings, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from scanner.model.claim import ListSummary, Row
from scanner.model.finding import Finding
from scanner.store.engine import Store


class RowStream(Protocol):
    """A list being read, such as `scanner.lists` opens: rows, then the summary at the end."""

    def __iter__(self) -> Iterable[Row]: ...

    def summary(self) -> ListSummary:
        """Counts and sha256 once the end was reached."""
        ...


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list in the database. already: the same bytes were stored before; nothing was added."""

    list_id: int
    claims: int
    already: bool


def import_list(
    store: Store,
    rows: RowStream,
    *,
    publisher: str,
    name: str,
    findings: Callable[[], Sequence[Finding]] = lambda: (),
    progress: Callable[[int], None] | None = None,
) -> StoredList:
    """Read `rows` to the end and store them in one transaction.

    publisher: whose list it is ("okx"). name: the file's name, for people.
    findings: called after the last row for what is to be told about the list as a whole
        (totals block, mixed heights); duplicates and unreadable rows are found here.
    progress: called now and then with the rows stored.
    The same bytes of the same publisher are stored once. Raises StoreError, and whatever reading
    raises (ListFormatError); then nothing is stored.
    """
    raise NotImplementedError


def find_list(store: Store, publisher: str, sha256: str) -> StoredList | None:
    """The stored list with these bytes, None if there is none."""
    raise NotImplementedError
