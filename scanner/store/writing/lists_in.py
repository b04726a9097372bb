"""Stores a published list: claims, unreadable rows, declared totals, findings; all or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import compress, islice
from typing import Any, Protocol

from sqlalchemy import Connection, Table, select, text

from scanner.lists.reconcile import ListAudit
from scanner.model.claim import Claim, DeclaredTotal, ListSummary, Row, UnreadableRow
from scanner.model.finding import Finding
from scanner.snapshots.columns import Columns
from scanner.store.database import chain, statistics
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import SENT, Loading, insert_new, insert_rows
from scanner.store.schema.index_at_end import IndexAtEnd
from scanner.store.schema.lines import Content, Line, line, with_findings

BATCH = 5_000
"""Rows that are held in memory at a time."""

LONGEST_KEY = 300
"""Characters of an address key that are stored as they are; no network's is longer than 120."""


class RowStream(Protocol):
    """A list being read, such as `scanner.lists.open.open_list` gives: rows, then the summary."""

    def __iter__(self) -> Iterator[Row]: ...

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
    audit: ListAudit,
    *,
    publisher: str,
    name: str,
    progress: Callable[[int], None] | None = None,
) -> StoredList:
    """Read `rows` to the end and store them in one transaction.

    audit: a new one; it observes every row, says which are duplicates, and its findings are
        stored with the list.
    publisher: whose list it is ("okx"). name: the file's name, for people.
    progress: called now and then with the number of rows read.
    The same bytes of the same publisher, read as the same rows with the same findings, are stored
    once; read differently (other columns, a column called needless, a coin that is known by now)
    they are another list.
    Raises StoreError, and whatever reading raises (ListFormatError); then nothing is stored.
    """
    with store.write() as connection:
        publisher_id, new = _publisher(connection, publisher)
        list_id = _next_list_id(connection)
        index = IndexAtEnd(connection)
        counts, rows_content = _store_rows(connection, list_id, rows, audit, index, progress)
        summary = rows.summary()
        findings = _finding_values(list_id, audit.findings(summary))
        lines = [line(t.list_finding, values, without="list_id") for values in findings]
        content = with_findings(rows_content, lines)
        known = _find(connection, publisher_id, summary.sha256, content) or _find(
            connection, publisher_id, summary.sha256, rows_content, lines
        )
        if known is not None:
            connection.rollback()
            return known
        _check_counts(summary, counts)
        index.make()
        insert_rows(connection, t.list_finding, findings)
        _store_list(connection, list_id, publisher_id, name, content, summary)
        if new:
            chain.append(connection, chain.PUBLISHER, {"id": publisher_id})
        chain.append(connection, chain.LIST, {"id": list_id})
    statistics.refresh(store, counts[Claim])
    return StoredList(list_id, counts[Claim], already=False)


def _publisher(connection: Connection, name: str) -> tuple[int, bool]:
    """A publisher's id, and whether it is new."""
    insert = insert_new(connection, t.publisher).values(name=name)
    new = bool(connection.execute(insert).rowcount)
    found = connection.execute(select(t.publisher.c.id).where(t.publisher.c.name == name))
    return int(found.scalar_one()), new


def _next_list_id(connection: Connection) -> int:
    """The id the list will have. Its row comes last, when its counts are known: rows of
    reserve_list are never changed, and foreign keys to it are checked at the commit.
    """
    query = (
        "SELECT coalesce(max(id), 0) + 1 FROM reserve_list"  # we hold the write lock
        if connection.dialect.name == "sqlite"
        else "SELECT nextval(pg_get_serial_sequence('reserve_list', 'id'))"
    )
    return int(connection.execute(text(query)).scalar_one())


Counts = dict[type, int]


def _store_rows(
    connection: Connection,
    list_id: int,
    rows: Iterable[Row],
    audit: ListAudit,
    index: IndexAtEnd,
    progress: Callable[[int], None] | None,
) -> tuple[Counts, str]:
    """Store every row. Returns how many of each kind, and the hash of all of them."""
    counts: Counts = dict.fromkeys(_COLUMNS, 0)
    remaining, read, content = iter(rows), 0, Content(chain.LIST_ROWS)
    with Loading(connection) as loading:
        while batch := list(islice(remaining, BATCH)):
            repeated = [audit.observe(row) for row in batch]
            for part in range(0, len(batch), SENT):
                some, marks = batch[part : part + SENT], repeated[part : part + SENT]
                for table, columns in _by_table(some, marks, list_id, counts):
                    content.add_columns(table, columns)
                    loading.add_columns(table, columns)
            index.stored(counts[Claim])
            read += len(batch)
            if progress is not None:
                progress(read)
    return counts, content.digest()


def _by_table(
    rows: Sequence[Row], repeated: Sequence[bool], list_id: int, counts: Counts
) -> Iterator[tuple[Table, Columns]]:
    """Rows as columns of the tables they go to. counts: of each kind before; counted on here.

    The audit keeps findings, with those of its own. Raises KeyError for a row of another kind.
    """
    kinds = {kind for kind in map(type, rows) if not issubclass(kind, Finding)}
    for kind in sorted(kinds, key=_ORDER.__getitem__):
        table, make = _COLUMNS[kind]
        of_kind = [type(row) is kind for row in rows]
        mine: list[Any] = list(compress(rows, of_kind))
        first, counts[kind] = counts[kind] + 1, counts[kind] + len(mine)
        keys = [list_id] * len(mine), range(first, counts[kind] + 1)
        marked = [list(compress(repeated, of_kind))] if kind is Claim else []
        yield table, [*keys, *make(mine), *marked]


def _claim_columns(claims: Sequence[Claim]) -> Columns:
    """Their fields, which the table has as columns, in their order."""
    columns: list[Sequence[Any]] = list(zip(*claims, strict=True))
    if max(map(len, columns[_KEY])) > LONGEST_KEY:
        columns[_KEY] = list(map(stored_key, columns[_KEY]))
    return columns


_KEY = Claim._fields.index("address_key")


def stored_key(address_key: str) -> str:
    """An address key as it is stored: one that no address can have is cut to a digest.

    Indexes hold some 2,700 bytes, and a hostile list may call anything an address. Equal keys stay
    equal, different ones different.
    """
    if len(address_key) <= LONGEST_KEY:
        return address_key
    return "?sha256:" + sha256(address_key.encode("utf-8", "surrogatepass")).hexdigest()


def _unreadable_columns(rows: Sequence[UnreadableRow]) -> Columns:
    # Readers give a FindingKind: the plain text of it is stored.
    return list(zip(*((r.row, r.column, str(r.kind), r.reason, r.text) for r in rows), strict=True))


def _total_columns(totals: Sequence[DeclaredTotal]) -> Columns:
    values = (
        (d.row, d.coin, d.asset, d.network, d.decimals, d.amount, d.height, d.group, d.places)
        for d in totals
    )
    return [*zip(*values, strict=True), [d.reason for d in totals]]


_COLUMNS: dict[type, tuple[Table, Callable[[Sequence[Any]], Columns]]] = {
    Claim: (t.claim, _claim_columns),
    UnreadableRow: (t.unreadable_row, _unreadable_columns),
    DeclaredTotal: (t.declared_total, _total_columns),
}
_ORDER = {kind: place for place, kind in enumerate(_COLUMNS)}


def _check_counts(summary: ListSummary, counts: Counts) -> None:
    """Rows in are rows accounted for: a difference is a bug of a reader, never to be stored."""
    if (summary.claims, summary.unreadable) != (counts[Claim], counts[UnreadableRow]):
        raise AssertionError(f"the reader counted {summary}, {counts} came through")


def _store_list(
    connection: Connection,
    list_id: int,
    publisher_id: int,
    name: str,
    content: str,
    summary: ListSummary,
) -> None:
    connection.execute(
        t.reserve_list.insert().values(
            id=list_id,
            publisher_id=publisher_id,
            name=name,
            sha256=summary.sha256,
            content=content,
            format=summary.format,
            variant=summary.variant,
            size=summary.size,
            data_rows=summary.data_rows,
            claims=summary.claims,
            unreadable=summary.unreadable,
            notes=json.dumps(dict(summary.notes), sort_keys=True),
            imported=datetime.now(UTC),
        )
    )


def _finding_values(list_id: int, findings: Sequence[Finding]) -> list[tuple[Any, ...]]:
    return [
        (list_id, no, f.kind.value, f.reason, f.row, f.asset, f.network, f.address)
        for no, f in enumerate(findings, 1)
    ]


def _find(
    connection: Connection,
    publisher_id: int,
    file_sha256: str,
    content: str,
    findings: Sequence[Line] | None = None,
) -> StoredList | None:
    """The list with this content. findings: it must have just these, as lines; None: any."""
    row = connection.execute(
        select(t.reserve_list.c.id, t.reserve_list.c.claims).where(
            t.reserve_list.c.publisher_id == publisher_id,
            t.reserve_list.c.sha256 == file_sha256,
            t.reserve_list.c.content == content,
        )
    ).first()
    if row is None:
        return None
    if findings is not None and list(chain.finding_lines(connection, row.id)) != list(findings):
        return None
    return StoredList(row.id, row.claims, already=True)
