"""How much is claimed in each chunk; added up here, not by a database.

SQLite keeps amounts as text, and its own sum() would round them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection

from sqlalchemy import Connection, select

from scanner.snapshots.plan import effective_height
from scanner.snapshots.values import Chunk
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import values
from scanner.store.schema.records import load_policy


def claimed_by_chunk(
    connection: Connection, snapshot_id: int, chunks: Collection[Chunk]
) -> dict[int, dict[str, int]]:
    """Chunk number -> asset -> base units claimed, for these chunks; duplicates do not count."""
    snapshot = connection.execute(select(t.snapshot).where(t.snapshot.c.id == snapshot_id)).one()
    at = load_policy(snapshot.policy).at
    places: dict[tuple[str, int | None], list[tuple[int, int]]] = {}
    for chunk in sorted(chunks, key=lambda c: c.plan.first):
        key = chunk.plan.network, chunk.plan.height
        places.setdefault(key, []).append((chunk.plan.first, chunk.no))
    c = t.claim.c
    networks = sorted({network for network, _ in places})
    query = select(c.no, c.network, c.height, c.asset, c.amount).where(
        c.list_id == snapshot.list_id,
        c.network.in_(networks),
        c.amount.is_not(None),
        c.duplicate.is_(False),
    )
    found: dict[int, dict[str, int]] = {chunk.no: {} for chunk in chunks}
    for no, network, height, asset, amount in values(connection, query):
        begins = places.get((network, effective_height(network, height, at)), [])
        place = bisect_right(begins, (no, 1 << 62)) - 1
        if place >= 0:
            sums = found[begins[place][1]]
            sums[asset] = sums.get(asset, 0) + amount
    return found
