"""Checks a database against itself: triggers, counts, totals, hash chains.

What a backup or a careless hand does to results shows here: everything that was added up is added
up again, row by row, and every sealed snapshot's hash chain is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanner.snapshots.interface import ChunkState, SnapshotState
from scanner.snapshots.tally import Tally
from scanner.store import append_only, bulk, seal
from scanner.store.engine import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be. snapshot_id: None if it is about the database."""

    snapshot_id: int | None
    what: str


def check(store: Store, progress: Callable[[int, int], None] | None = None) -> list[Problem]:
    """Everything that is wrong, nothing if all is well. Changes nothing.

    progress: called with the snapshots checked and their number.
    """
    from sqlalchemy import select

    from scanner.store import tables as t

    query = select(t.snapshot.c.id, t.snapshot.c.state, t.snapshot.c.chain_head)
    with store.read() as connection:
        problems = [Problem(None, what) for what in _database(connection)]
        snapshots = connection.execute(query.order_by(t.snapshot.c.id)).all()
        for count, (snapshot_id, state, head) in enumerate(snapshots, 1):
            problems += [Problem(snapshot_id, w) for w in _snapshot(connection, snapshot_id)]
            if state == SnapshotState.COMPLETE.value:
                problems += [
                    Problem(snapshot_id, w) for w in _sealed(connection, snapshot_id, head)
                ]
            if progress is not None:
                progress(count, len(snapshots))
    return problems


def _database(connection: Connection) -> Iterator[str]:
    from sqlalchemy import text

    for name in append_only.missing(connection):
        yield f"the trigger {name} is gone: results can be changed"
    if connection.dialect.name == "sqlite":
        for (said,) in connection.execute(text("PRAGMA integrity_check(10)")):
            if said != "ok":
                yield f"the file is damaged: {said}"
        for table, *_ in connection.execute(text("PRAGMA foreign_key_check")):
            yield f"a row of {table} refers to nothing"


def _snapshot(connection: Connection, snapshot_id: int) -> Iterator[str]:
    """Chunks that say done have all their balances and sums, others have none."""
    from sqlalchemy import and_, func, select

    from scanner.store import tables as t

    c, b = t.chunk.c, t.balance.c
    same = and_(b.snapshot_id == c.snapshot_id, b.chunk_no == c.no)
    query = (
        select(c.no, c.state, c.claims, func.count(b.claim_no))
        .outerjoin_from(t.chunk, t.balance, same)
        .where(c.snapshot_id == snapshot_id)
        .group_by(c.no, c.state, c.claims)
        .order_by(c.no)
    )
    for no, state, claims, found in connection.execute(query):
        wanted = claims if state == ChunkState.DONE.value else 0
        if found != wanted:
            yield f"chunk {no} is {state} and has {found} balances of {claims}"
    counted = recount(connection, snapshot_id)
    if counted.parts != seal.tally_of(connection, snapshot_id).parts:
        yield "its sums are not what its balances add up to"


def _sealed(connection: Connection, snapshot_id: int, head: str) -> Iterator[str]:
    from sqlalchemy import select

    from scanner.store import tables as t

    query = select(t.total).where(t.total.c.snapshot_id == snapshot_id)
    stored = sorted(tuple(row)[1:] for row in connection.execute(query))
    totals = recount(connection, snapshot_id).totals()
    if stored != sorted(seal.total_values(total) for total in totals):
        yield "its totals are not what its balances add up to"
    if seal.chain_head(connection, snapshot_id) != head:
        yield f"its hash chain does not end in {head}: results were changed after the seal"


def recount(connection: Connection, snapshot_id: int) -> Tally:
    """The tally of every balance there is, row by row."""
    from scanner.store.records import (
        BALANCE_COLUMNS,
        CLAIM_COLUMNS,
        CONTROL_COLUMNS,
        read_balance,
        read_claim,
        read_control,
    )
    from scanner.store.rows import joined

    first, second = len(CLAIM_COLUMNS), len(CLAIM_COLUMNS) + len(CONTROL_COLUMNS)
    query = joined(snapshot_id, (*CLAIM_COLUMNS, *CONTROL_COLUMNS, *BALANCE_COLUMNS))
    tally = Tally()
    for values in bulk.values(connection, query):
        balance = read_balance(values[second:])
        if balance is not None:
            tally.add(read_claim(values[:first]), read_control(values[first:second]), balance)
    return tally
