"""Every verified row of a snapshot, in list order: what its totals are made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import bindparam, select

from scanner.model.balance import Balance, Evidence
from scanner.model.control import Control
from scanner.snapshots.tally import row_class
from scanner.store.database.engine import Store
from scanner.store.database.moments import chunks_left_out, moved_rows
from scanner.store.database.pruned import refuse_pruned
from scanner.store.reading.weighed import VerifiedRow, verdicts
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import Plain
from scanner.store.schema.records import CONTROL_COLUMNS, read_control
from scanner.store.schema.verdicts import stored_verdict
from scanner.store.writing.pins import evidence_by_chunk

AT_ONCE = 20_000
"""Rows that are read at once: a reader with a clock must not be stopped by the length of a list."""


def every_verified(store: Store, snapshot_id: int) -> Iterator[VerifiedRow]:
    """Each once, streamed; those of the chunks that are done. What is listed twice counts once.

    Raises SnapshotPrunedError, also where it is pruned while rows are read.
    """
    with store.read() as connection:
        refuse_pruned(connection, snapshot_id)
        pins = evidence_by_chunk(connection, snapshot_id)
        others, gone = chunks_left_out(connection, snapshot_id), moved_rows(connection, snapshot_id)
    after: int | None = 0
    while after is not None:
        with store.read() as connection:
            given = {"snapshot": snapshot_id, "after": after}
            found = list(_page().values(connection, given))
            # Asked after each page: rows that went meanwhile are not rows that never were.
            refuse_pruned(connection, snapshot_id)
        after = found[-1][0] if len(found) == AT_ONCE else None
        for no, chunk, amount, evidence, *rest in found:
            if chunk in others or no in gone:
                continue
            row, asset, network, address, decimals, *verdict = rest
            control = read_control(tuple(verdict))
            if control is None or not control.is_proof:
                continue
            held = Balance(amount, Evidence(evidence), ())
            said_by = row_class(held, control, pins.get(chunk))
            yield VerifiedRow(
                *(row, no, asset, network, address, decimals, amount, said_by),
                *(control.scheme, control.signed_by),
            )


@cache
def _page() -> Plain:
    b, c = t.balance.c, t.claim.c
    query = (
        select(
            *(b.claim_no, b.chunk_no, b.amount, b.evidence),
            *(c.row, c.asset, c.network, c.address, c.decimals),
            *CONTROL_COLUMNS,
        )
        .select_from(verdicts())
        .where(b.snapshot_id == bindparam("snapshot"), b.claim_no > bindparam("after"))
        # What is left is judged in Python: these only spare reading what cannot be verified.
        .where(b.evidence != Evidence.UNAVAILABLE.value, c.duplicate.is_(False))
        .where(stored_verdict().control == Control.CONTROLS.value)
        .order_by(b.claim_no)
        .limit(AT_ONCE)
    )
    return Plain(query)
