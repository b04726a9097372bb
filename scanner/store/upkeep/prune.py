"""Deletes the rows of old snapshots, and leaves what their seals are over.

Verdicts, balances and findings of claims go: with each snapshot it is they that make a database
grow. The snapshot, its list, blocks, chunks with their digests, sums, totals, liabilities and its
links in the chain stay, so its seal can still be made anew, and its totals and result be read.
First the snapshot is named in `pruned`, which is append-only and a link of the chain: only then do
the triggers let its rows go. So nobody hides a snapshot by this: `db check` says what is pruned.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from scanner.errors import StoreError
from scanner.snapshots.values import SnapshotState
from scanner.store.database import chain
from scanner.store.database.engine import Store
from scanner.store.database.pruned import Pruned, goes, read_pruned
from scanner.store.reading.check import wrong
from scanner.store.reading.heads import SnapshotHead, heads
from scanner.store.reading.history import publisher_of, publishers
from scanner.store.reading.series import newest_of_schedules
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_rows
from scanner.store.schema.pruned_table import pruned as pruned_table

TABLES = (t.finding, t.control_result, t.balance)
"""What goes, by the tables' keys of snapshot and claim."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What pruning a snapshot would delete. rows: table -> how many."""

    head: SnapshotHead
    rows: dict[str, int]


def to_prune(store: Store, keep: int, publisher_id: int | None = None) -> list[SnapshotHead]:
    """Complete snapshots but the newest `keep` of each publisher that have rows, oldest first.

    Newest by id: what was taken last. Kept in any case are the one of the newest balances, which
    pages and metrics show, and the newest of each schedule: its next one is held against that,
    however many others are taken in between. publisher_id: only of this one.
    Raises ValueError below 1.
    """
    if keep < 1:
        raise ValueError("the newest complete snapshot of a publisher is never pruned")
    found: list[SnapshotHead] = []
    of_schedules = newest_of_schedules(store)
    for view in publishers(store):
        if publisher_id in (None, view.id):
            of = heads(store, publisher_id=view.id, states=(SnapshotState.COMPLETE,))
            kept = {view.latest_complete, *of_schedules}
            whole = [head for head in of if head.pruned is None]
            found += [head for head in whole[keep:] if head.id not in kept]
    return sorted(found, key=lambda head: head.id)


def plan(store: Store, chosen: Sequence[SnapshotHead]) -> list[Plan]:
    """What pruning these would delete; changes nothing.

    Raises StoreError if one is not complete, or the newest complete one of its publisher.
    """
    _refuse_kept(store, [head.id for head in chosen])
    with store.read() as connection:
        return [Plan(head, _rows(connection, head.id)) for head in chosen]


def prune(store: Store, snapshot_id: int, program: str, now: datetime) -> Pruned:
    """Delete a snapshot's rows, in one transaction.

    Raises StoreError if it is not complete, pruned already, the newest complete one of its
    publisher, or does not add up (what was changed is not to be lost with its traces).
    """
    _refuse_kept(store, [snapshot_id])
    # Read apart: every row is added up again, and others are not to wait for that. What is
    # complete does not change meanwhile.
    with store.read() as connection:
        of = select(t.snapshot.c.chain_head).where(t.snapshot.c.id == snapshot_id)
        seal = connection.execute(of).scalar_one()
        problem = next(wrong(connection, snapshot_id, seal), None)
        if problem is not None:
            raise StoreError(
                f"snapshot {snapshot_id} does not add up, so its rows are not deleted: {problem} "
                "(see 'scanner db check')"
            )
    with store.write() as connection:
        return _prune(connection, snapshot_id, program, now)


def _refuse_kept(store: Store, chosen: Sequence[int]) -> None:
    """Raise StoreError for the first snapshot that is not to be pruned, whatever its rows say."""
    newest = {view.id: view.latest_complete for view in publishers(store)}
    state = select(t.snapshot.c.state)
    for snapshot_id in chosen:
        with store.read() as connection:
            found = connection.execute(state.where(t.snapshot.c.id == snapshot_id)).scalar()
        if found != SnapshotState.COMPLETE.value:
            raise StoreError(
                f"snapshot {snapshot_id} is not complete: only complete ones are pruned"
            )
        publisher = publisher_of(store, snapshot_id)
        if publisher is None or newest.get(publisher) == snapshot_id:
            raise StoreError(f"snapshot {snapshot_id} is the newest complete one of its publisher")


def _prune(connection: Connection, snapshot_id: int, program: str, now: datetime) -> Pruned:
    again = select(pruned_table.c.at).where(pruned_table.c.snapshot_id == snapshot_id)
    if connection.execute(again).first() is not None:
        raise StoreError(f"snapshot {snapshot_id} is pruned already")
    f = t.finding.c
    counts = select(f.kind, func.count()).where(f.snapshot_id == snapshot_id).group_by(f.kind)
    findings = {kind: int(n) for kind, n in connection.execute(counts)}
    row = (
        *(snapshot_id, now, program, json.dumps(findings, sort_keys=True)),
        json.dumps(_rows(connection, snapshot_id), sort_keys=True),
    )
    insert_rows(connection, pruned_table, [row])
    for table in reversed(TABLES):  # findings last: they say what stays
        connection.execute(table.delete().where(goes(table, snapshot_id)))
    chain.append_rows(connection, chain.PRUNED, pruned_table, [row])
    query = select(pruned_table).where(pruned_table.c.snapshot_id == snapshot_id)
    return read_pruned(connection.execute(query).one())


def _rows(connection: Connection, snapshot_id: int) -> dict[str, int]:
    """Rows that would go, by table."""
    found: dict[str, int] = {}
    for table in TABLES:
        query = select(func.count()).where(goes(table, snapshot_id))
        found[table.name] = int(connection.execute(query).scalar_one())
    return found


def how_many_pruned(store: Store) -> int:
    """Snapshots that are named as pruned, whatever their records say."""
    with store.read() as connection:
        query = select(func.count()).select_from(pruned_table)
        return int(connection.execute(query).scalar_one())


def pruned_snapshots(store: Store, only: Collection[int] = ()) -> list[tuple[SnapshotHead, Pruned]]:
    """Every pruned snapshot, newest first. only: these alone. Raises PruneRecordError."""
    with store.read() as connection:
        rows = connection.execute(select(pruned_table)).all()
    known = {
        row.snapshot_id: read_pruned(row) for row in rows if not only or row.snapshot_id in only
    }
    return [
        (head, known[head.id])
        for head in (heads(store, states=(SnapshotState.COMPLETE,)) if known else ())
        if head.id in known
    ]
