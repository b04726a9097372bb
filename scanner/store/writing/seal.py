"""Publishes a snapshot's totals and seals it: a hash chain over all that was found, in key order.

Triggers keep results from being changed by mistake; whoever owns the database can drop them. The
head of the hash chain, printed in every export, shows such a change, for nobody can make other
results with the same head. It covers the list's bytes and its rows as they were read (by their
sha256), its name and findings, the policy, the pinned blocks, every chunk's digest
(chunk_seal.py) and the totals; no ids of this database and no clock, so the same results give the
same head wherever they are stored. What is stored when, and in which order, is the chain's matter
(chain.py).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from scanner.errors import StoreError
from scanner.model.balance import Evidence
from scanner.model.finding import FindingKind
from scanner.snapshots.tally import AssetTotal, Part, PartKey, Tally
from scanner.snapshots.values import SnapshotState
from scanner.store.database import chain
from scanner.store.database.moments import chunks_left_out, moved_rows
from scanner.store.database.rows import joined
from scanner.store.schema import bulk
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_rows
from scanner.store.schema.lines import digest
from scanner.store.schema.records import (
    BALANCE_COLUMNS,
    CLAIM_COLUMNS,
    CONTROL_COLUMNS,
    read_balance,
    read_claim,
    read_control,
)
from scanner.store.writing.pins import evidence_by_chunk

VERSION = "reserve-scanner snapshot 3"
"""First thing hashed: says what follows and in which form."""
OLD_VERSION = "reserve-scanner snapshot 2"
"""Made by older programs: without the list's name, form and findings."""


def chain_head(connection: Connection, snapshot_id: int, version: str = VERSION) -> str:
    """The head of a snapshot's hash chain from what is stored, in hex.

    head(0) = sha256(""); head(n) = sha256(head(n-1) || record n), records being canonical JSON:
    the header, the pinned blocks by network and height, the chunks by network, height and first
    claim, then the totals.
    """
    return chain_of(_records(connection, snapshot_id, version))


def chain_of(records: Iterable[Sequence[object]]) -> str:
    """The head of the hash chain over records, in hex. Raises TypeError for what is no record."""
    head = sha256(b"").digest()
    for record in records:
        head = sha256(head + _canonical(record)).digest()
    return head.hex()


def _canonical(record: Sequence[object]) -> bytes:
    """A record as it is hashed: JSON in UTF-8, in ASCII where a text has no UTF-8 form."""
    try:
        return orjson.dumps(record)
    except TypeError:
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair: a byte of a file's name
            return json.dumps(record, separators=(",", ":")).encode("ascii")
        raise


def sealed_records(connection: Connection, snapshot_id: int) -> list[Sequence[object]]:
    """The records that a snapshot's seal is over, for readers without the database.

    Of the version that it was sealed in; of today's where what is stored gives the seal in neither.
    """
    query = select(t.snapshot.c.chain_head).where(t.snapshot.c.id == snapshot_id)
    sealed = connection.execute(query).scalar()
    old = list(_records(connection, snapshot_id, OLD_VERSION))
    if chain_of(old) == sealed:
        return old
    return list(_records(connection, snapshot_id, VERSION))


def publish(connection: Connection, snapshot_id: int, now: datetime) -> None:
    """Store the totals and mark the snapshot complete; nothing if another process has done it.

    Raises StoreError if a claim of the list is in no chunk: its plan was changed behind our back.
    """
    query = select(t.snapshot.c.state).where(t.snapshot.c.id == snapshot_id).with_for_update()
    if connection.execute(query).scalar_one() == SnapshotState.COMPLETE.value:
        return
    if count := left_out(connection, snapshot_id):
        raise StoreError(
            f"{count:,} claims of the list are in no chunk of snapshot {snapshot_id}: its plan was "
            "changed in the database; take a new snapshot"
        )
    totals = tally_of(connection, snapshot_id).totals()
    insert_rows(connection, t.total, ((snapshot_id, *total_values(total)) for total in totals))
    head = chain_head(connection, snapshot_id)
    connection.execute(
        t.snapshot.update()
        .where(t.snapshot.c.id == snapshot_id)
        .values(state=SnapshotState.COMPLETE.value, finished=now, chain_head=head)
    )
    chain.append(connection, chain.SNAPSHOT, {"id": snapshot_id})


def left_out(connection: Connection, snapshot_id: int) -> int:
    """How many claims of the snapshot's list have no balance in it, not even a missing one.

    Claims are numbered from 1 without a gap, and a snapshot has one balance of each at most.
    """
    b, of = t.balance.c, t.reserve_list.c
    whole = select(of.claims).join(t.snapshot, t.snapshot.c.list_id == of.id)
    claims = connection.execute(whole.where(t.snapshot.c.id == snapshot_id)).scalar()
    if claims is None:  # its list is gone, which the seal tells
        return 0
    read = select(func.count()).where(b.snapshot_id == snapshot_id, b.claim_no.between(1, claims))
    return int(claims) - int(connection.execute(read).scalar_one())


def tally_of(connection: Connection, snapshot_id: int) -> Tally:
    """The tally of every chunk that is done.

    What is of another moment than most, or moved while it was read, is no proof.
    """
    tally = Tally()
    others = chunks_left_out(connection, snapshot_id)
    query = select(t.subtotal).where(t.subtotal.c.snapshot_id == snapshot_id)
    for s in connection.execute(query):
        proof = s.proof and s.chunk_no not in others
        key = PartKey(s.asset, s.decimals, proof, Evidence(s.evidence))
        tally.add_part(key, Part(s.rows, s.claimed, s.found, s.shortfall, s.surplus))
    _count_moved(connection, snapshot_id, tally, others)
    return tally


def _count_moved(
    connection: Connection, snapshot_id: int, tally: Tally, others: Collection[int]
) -> None:
    """Count rows that moved while they were read as no proof; the chunks' sums have them as one."""
    numbers = moved_rows(connection, snapshot_id)
    if not numbers:
        return
    first, second = len(CLAIM_COLUMNS), len(CLAIM_COLUMNS) + len(CONTROL_COLUMNS)
    columns = (*CLAIM_COLUMNS, *CONTROL_COLUMNS, *BALANCE_COLUMNS, t.balance.c.chunk_no)
    query = joined(snapshot_id, columns, (FindingKind.MOVED_WHILE_READ,))
    pins = evidence_by_chunk(connection, snapshot_id)
    for values in bulk.values(connection, query):
        chunk = values[-1]
        if chunk in others:
            continue
        tally.of_another_moment(
            read_claim(values[:first]),
            read_control(values[first:second]),
            read_balance(values[second:-1]),
            pins.get(chunk),
        )


def total_values(total: AssetTotal) -> tuple[Any, ...]:
    """The values of a row of `total` after its snapshot; what is not known is kept as 0."""
    return (
        *(total.asset, total.decimals, total.claimed or 0),
        *(total.by_evidence[e] or 0 for e in Evidence if e is not Evidence.UNAVAILABLE),
        *(total.unverified or 0, total.unavailable_rows),
        *(total.shortfall or 0, total.surplus or 0),
    )


def _records(connection: Connection, snapshot_id: int, version: str) -> Iterator[Sequence[object]]:
    yield _header(connection, snapshot_id, version)
    yield from _blocks(connection, snapshot_id)
    yield from _chunks(connection, snapshot_id)
    for total in tally_of(connection, snapshot_id).totals():
        yield ["total", *map(str, total_values(total))]


def _header(connection: Connection, snapshot_id: int, version: str) -> Sequence[object]:
    c = t.reserve_list.c
    query = (
        select(c.sha256, c.content, c.claims, t.snapshot.c.policy)
        .add_columns(c.id, c.name, c.format, c.variant)
        .join(t.snapshot, t.snapshot.c.list_id == c.id)
        .where(t.snapshot.c.id == snapshot_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise LookupError("its list is gone")
    content, policy, list_id, *about = _split(row)
    if version == OLD_VERSION:
        return [version, *content, policy]
    return [version, *content, policy, *about, digest(chain.finding_lines(connection, list_id))]


def _split(row: Sequence[Any]) -> tuple[Any, ...]:
    return (row[:3], *row[3:])


def _blocks(connection: Connection, snapshot_id: int) -> list[Sequence[object]]:
    c = t.pinned_block.c
    columns = c.network, c.wanted_height, c.chain, c.height, c.hash, c.time, c.source, c.evidence
    query = select(*columns)
    rows = connection.execute(query.where(c.snapshot_id == snapshot_id))
    # Sorted here: databases do not agree about the order of text.
    # Without the last where it was not recorded, as such snapshots were sealed.
    return [
        ["block", *(row if row.evidence is not None else row[:-1])]
        for row in sorted(rows, key=lambda r: (r.network, r.wanted_height))
    ]


def _chunks(connection: Connection, snapshot_id: int) -> list[Sequence[object]]:
    c = t.chunk.c
    query = select(c.network, c.wanted_height, c.first, c.last, c.claims, c.digest)
    rows = connection.execute(query.where(c.snapshot_id == snapshot_id))
    return [["chunk", *row] for row in sorted(map(tuple, rows))]
