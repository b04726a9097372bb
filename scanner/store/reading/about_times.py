"""Findings about when balances were read: at one moment, or so that coins can be counted twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, select

from scanner.model.balance import Evidence
from scanner.model.finding import Finding, FindingKind
from scanner.store.schema import tables as t


def far_apart(connection: Connection, snapshot: int, spread: int) -> Iterator[Finding]:
    """Coins that move, or are sold, between two moments are counted at both.

    A network that only knows its newest state cannot be read at the list's moment: that is not
    shown, and not false.
    """
    p = t.pinned_block.c
    query = select(p.network, p.wanted_height, p.time).where(
        p.snapshot_id == snapshot, p.time.is_not(None)
    )
    pins = sorted((time, network, wanted) for network, wanted, time in connection.execute(query))
    if not pins or pins[-1][0] - pins[0][0] <= spread:
        return
    late = {
        network
        for _, network, wanted in pins
        if _newest_only(connection, snapshot, network, wanted)
    }
    fixed = [pin for pin in pins if pin[1] not in late]
    if fixed and fixed[-1][0] - fixed[0][0] > spread:
        (first, here, _), (last, there, _) = fixed[0], fixed[-1]
        reason = (
            f"balances on {here} are of {_moment(first)}, on {there} of {_moment(last)}: coins "
            "moved or sold in between are counted twice; take the snapshot at one moment (--at "
            "with a time), or say with --spread how far apart you allow"
        )
        yield Finding(FindingKind.MIXED_TIMES, reason, network=there)
    earliest = (fixed or pins)[0]
    for time, network, _ in pins:
        if network in late and time - earliest[0] > spread:
            reason = (
                f"{network} tells of its newest state only, here of {_moment(time)}; {earliest[1]} "
                f"was read as of {_moment(earliest[0])}: coins that came in between count twice"
            )
            yield Finding(FindingKind.READ_LATER, reason, network=network)


def _newest_only(connection: Connection, snapshot: int, network: str, wanted: int) -> bool:
    """Whether balances of a network and height were read at the newest state only."""
    b, c = t.balance.c, t.chunk.c
    query = (
        select(b.claim_no)
        .join(t.chunk, and_(c.snapshot_id == b.snapshot_id, c.no == b.chunk_no))
        .where(b.snapshot_id == snapshot, c.network == network, c.wanted_height == wanted)
        .where(b.evidence == Evidence.LATEST_ONLY.value)
    )
    return connection.execute(query.limit(1)).first() is not None


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
