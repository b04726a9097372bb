"""The chain of a database: everything that is sealed is one link, and each link holds the last.

A list when it is stored, a snapshot when it is complete and when its rows are pruned, liabilities,
their proofs, prices, later findings, a publisher when it is new, renamed or merged: each appends a
link with the digest of its rows. head(n) = sha256(head(n-1) || the line of [n, kind, subject,
digest, time]) in hex, head(0) being nothing. So nothing sealed can be changed or taken out of the
middle unseen. Who writes the whole database can make the chain anew, and can cut its end off: only
a copy of a head that is kept elsewhere shows that (`scanner db check --head`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, and_, func, or_, select, text

from scanner.model.finding import FindingKind
from scanner.store.schema import bulk
from scanner.store.schema import tables as t
from scanner.store.schema.chain_table import link as link_table
from scanner.store.schema.lines import Content, Line, digest, dumps, line, with_findings
from scanner.store.schema.pruned_table import pruned as pruned_table
from scanner.store.schema.restatement_table import restatement
from scanner.store.schema.types import UtcTime

BEGIN: Final = "begin"
LIST: Final = "list"
SNAPSHOT: Final = "snapshot"
LIABILITIES: Final = "liabilities"
PRICES: Final = "prices"
FINDINGS: Final = "findings"
PROOFS: Final = "proofs"
PUBLISHER: Final = "publisher"
PRUNED: Final = "pruned"
RESTATEMENTS: Final = "restatements"

LIST_ROWS: Final = (t.claim, t.unreadable_row, t.declared_total)
"""Tables that a list's content is made of."""
SNAPSHOT_ROWS: Final = (t.pinned_block, t.chunk, t.subtotal, t.total)
"""Tables whose rows a snapshot's link covers; chunks hold the digests of verdicts and balances."""
AT_ONCE: Final = 200
"""Keys in the subject of one link."""

_LOCK: Final = int.from_bytes(sha256(b"scanner:chain").digest()[:8], "big", signed=True)
LATER: Final = (FindingKind.BALANCE_CHANGED.value, FindingKind.MOVED_WHILE_READ.value)
"""Findings that come after their chunk is sealed; each is sealed by itself."""

Subject = Mapping[str, Any]


def append(connection: Connection, kind: str, subject: Subject) -> str:
    """Seal the rows that a subject names, in the running transaction. Returns the new head.

    Called when they are stored, last in the transaction: others who seal wait for its end.
    """
    if connection.dialect.name != "sqlite":  # there, who writes is alone
        connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": _LOCK})
    last = connection.execute(select(link_table).order_by(link_table.c.no.desc()).limit(1)).first()
    if last is None:
        last = _append(connection, None, BEGIN, _beginning(connection, kind, subject))
    return str(_append(connection, last, kind, subject).head)


def append_rows(
    connection: Connection, kind: str, table: Table, rows: Sequence[Sequence[Any]]
) -> None:
    """Seal rows of a table by their keys, AT_ONCE in a link. rows: values in its columns' order."""
    places = [list(table.columns).index(column) for column in table.primary_key.columns]
    keys = iter(sorted([_plain(row[place]) for place in places] for row in rows))
    while some := list(islice(keys, AT_ONCE)):
        append(connection, kind, {"keys": some})


def begin(connection: Connection) -> None:
    """Begin the chain of a database that has none: what is there is older than its seals."""
    if connection.execute(select(link_table.c.no).limit(1)).first() is None:
        _append(connection, None, BEGIN, _beginning(connection, "", {}))


def newest(connection: Connection) -> str:
    """The head of the newest link, "" for a database that holds nothing."""
    query = select(link_table.c.head).order_by(link_table.c.no.desc()).limit(1)
    return connection.execute(query).scalar() or ""


def head_after(before: str, no: int, kind: str, subject: str, made: str, at: datetime) -> str:
    """The head of a link. before: the head of the one before, "" for the first."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return sha256(before.encode() + dumps([no, kind, subject, made, moment])).hexdigest()


def _append(connection: Connection, last: Row[Any] | None, kind: str, subject: Subject) -> Row[Any]:
    no, at = (last.no if last else 0) + 1, datetime.now(UTC)
    words = json.dumps(subject, sort_keys=True, separators=(",", ":"))
    made = digest_of(connection, kind, subject)
    head = head_after(last.head if last else "", no, kind, words, made, at)
    values = {"no": no, "kind": kind, "subject": words, "digest": made, "at": at, "head": head}
    connection.execute(link_table.insert().values(**values))
    return connection.execute(select(link_table).where(link_table.c.no == no)).one()


def _beginning(connection: Connection, kind: str, subject: Subject) -> Subject:
    """What is older than the chain: ids up to these, but for what the first link is about."""
    lists = connection.execute(select(func.max(t.reserve_list.c.id))).scalar() or 0
    snapshots = connection.execute(select(func.max(t.snapshot.c.id))).scalar() or 0
    publishers = connection.execute(select(func.max(t.publisher.c.id))).scalar() or 0
    if kind == LIST and subject["id"] == lists:
        lists -= 1
    if kind == PUBLISHER and subject["id"] == publishers:
        publishers -= 1
    if kind == SNAPSHOT and subject["id"] == snapshots:
        snapshots -= 1
    return {
        "lists": lists,
        "publishers": publishers,
        "snapshots": snapshots,
        "loose": {} if kind else {k: digest(loose_lines(connection, k, set())) for k in LOOSE},
    }


# What each kind of link covers


def digest_of(connection: Connection, kind: str, subject: Subject) -> str:
    """The digest of what a link is about, from what is stored now. Raises LookupError if gone."""
    if kind == BEGIN:
        return digest([dumps(subject)])
    if kind == LIST:
        return digest(_list_lines(connection, subject["id"]))
    if kind == PUBLISHER:
        return digest(_publisher_lines(connection, subject["id"]))
    if kind == SNAPSHOT:
        return digest(_snapshot_lines(connection, subject["id"]))
    return digest(_keyed_lines(connection, LOOSE[kind], subject["keys"]))


LOOSE: Final[Mapping[str, Table]] = {
    LIABILITIES: t.liability,
    PRICES: t.price,
    FINDINGS: t.finding,
    PROOFS: t.liability_proof,
    PRUNED: pruned_table,
    RESTATEMENTS: restatement,
}
"""Kinds of links that seal single rows by their keys."""


def list_contents(connection: Connection, list_id: int) -> tuple[str, str]:
    """The content of a stored list, made anew: of rows and findings, and as programs before it
    made it, of the rows alone. Its findings are in the link that seals it either way.
    """
    rows = _list_content(connection, list_id)
    return with_findings(rows, list(finding_lines(connection, list_id))), rows


def _list_content(connection: Connection, list_id: int) -> str:
    """The hash of a list's rows."""
    content = Content(LIST_ROWS)
    for table in LIST_ROWS:
        query = select(table).where(table.c.list_id == list_id).order_by(table.c.no)
        for values in bulk.values(connection, query):
            content.add(table, values)
    return content.digest()


def finding_lines(connection: Connection, list_id: int) -> Iterator[Line]:
    """A list's findings as lines, without its id."""
    query = select(t.list_finding).where(t.list_finding.c.list_id == list_id)
    for values in bulk.values(connection, query.order_by(t.list_finding.c.no)):
        yield line(t.list_finding, values, without="list_id")


def _list_lines(connection: Connection, list_id: int) -> Iterator[Line]:
    """A list's own row, which holds the hash of its content, and its findings."""
    row = connection.execute(select(t.reserve_list).where(t.reserve_list.c.id == list_id)).first()
    if row is None:
        raise LookupError("the list is gone")
    yield line(t.reserve_list, tuple(row))
    yield from finding_lines(connection, list_id)


def _publisher_lines(connection: Connection, publisher_id: int) -> Iterator[Line]:
    """Its name, and which it is the same as: the newest link about it is the one that holds."""
    row = connection.execute(select(t.publisher).where(t.publisher.c.id == publisher_id)).first()
    if row is None:
        raise LookupError("the publisher is gone")
    yield line(t.publisher, tuple(row))


def _snapshot_lines(connection: Connection, snapshot_id: int) -> Iterator[Line]:
    row = connection.execute(select(t.snapshot).where(t.snapshot.c.id == snapshot_id)).first()
    if row is None:
        raise LookupError("the snapshot is gone")
    yield line(t.snapshot, tuple(row))
    yield from sorted(_list_lines(connection, row.list_id))
    for table in SNAPSHOT_ROWS:
        query = select(table).where(table.c.snapshot_id == snapshot_id)
        # Sorted here: databases do not agree about the order of text.
        yield from sorted(line(table, values) for values in bulk.values(connection, query))


def _keyed_lines(
    connection: Connection, table: Table, keys: Sequence[Sequence[Any]]
) -> Iterator[Line]:
    """Rows by their keys, sorted. Raises LookupError if one is gone."""
    columns = list(table.primary_key.columns)
    same = (
        and_(*(c == _value(c.type, v) for c, v in zip(columns, key, strict=True))) for key in keys
    )
    found = sorted(
        line(table, values) for values in bulk.values(connection, select(table).where(or_(*same)))
    )
    if len(found) != len(keys):
        raise LookupError(f"{len(keys) - len(found)} of its rows are gone")
    yield from found


def loose_lines(connection: Connection, kind: str, sealed: set[str]) -> Iterator[Line]:
    """Rows of a kind that no link covers, sorted. sealed: keys as `key_text` writes them."""
    table = LOOSE[kind]
    query = select(table)
    if table is t.finding:
        query = query.where(t.finding.c.kind.in_(LATER))
    places = [list(table.columns).index(column) for column in table.primary_key.columns]
    yield from sorted(
        line(table, values)
        for values in bulk.values(connection, query)
        if key_text([_plain(values[place]) for place in places]) not in sealed
    )


def key_text(key: Sequence[Any]) -> str:
    """A key of a subject as one text."""
    return json.dumps(list(key))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _value(kind: Any, plain: Any) -> Any:  # noqa: ANN401 - a type of SQLAlchemy's, a JSON value
    return datetime.fromisoformat(plain) if isinstance(kind, UtcTime) else plain
