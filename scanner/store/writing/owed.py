"""What is owed beside snapshots, as it is stored, each with whether a ratio can be made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

from sqlalchemy import Connection, select

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.liabilities.moments import compare_moments
from scanner.model.block import BlockRef
from scanner.model.jsontext import own_json
from scanner.settings.tables import load_registry
from scanner.store.database.read_until import Pin, read_until
from scanner.store.schema import tables as t
from scanner.store.schema.records import read_block


def liabilities_of(connection: Connection, snapshot_id: int) -> list[Liability]:
    """What is owed beside a snapshot, by asset."""
    return sorted(owed_beside(connection, [snapshot_id]).get(snapshot_id, ()), key=_asset)


def owed_beside(
    connection: Connection, snapshots: Collection[int], asset: str = ""
) -> Mapping[int, list[Liability]]:
    """Snapshot -> what is owed beside it. asset: only this one."""
    c = t.liability.c
    query = select(t.liability).where(c.snapshot_id.in_(list(snapshots)))
    if asset:
        query = query.where(c.asset == asset)
    found: dict[int, list[Liability]] = {}
    for row in connection.execute(query):
        found.setdefault(row.snapshot_id, []).append(
            Liability(
                asset=row.asset,
                amount=row.amount,
                decimals=row.decimals,
                evidence=LiabilityEvidence(row.evidence),
                source=row.source,
                as_of=row.as_of,
                detail=own_json(row.detail),
            )
        )
    until = read_until(connection, list(found)) if found else {}
    blocks = _blocks(connection, list(found), until) if found else {}
    later = {snapshot: {n for s, n, _ in until if s == snapshot} for snapshot in found}
    return {
        snapshot: [
            _dated(liability, blocks.get(snapshot, ()), later[snapshot]) for liability in owed
        ]
        for snapshot, owed in found.items()
    }


def _dated(owed: Liability, blocks: Collection[BlockRef], later: Collection[str]) -> Liability:
    why, dated = compare_moments(owed.as_of, blocks, _native(owed.asset), later)
    return replace(owed, other_day=why, dated=dated)


@cache
def _native(asset: str) -> frozenset[str]:
    networks = load_registry().networks.values()
    return frozenset(n.name for n in networks if n.native == asset)


def _blocks(
    connection: Connection, snapshots: Collection[int], until: Mapping[Pin, int]
) -> dict[int, list[BlockRef]]:
    """The pinned blocks, with the time that their balances are of."""
    b = t.pinned_block
    query = select(b).where(b.c.snapshot_id.in_(list(snapshots)))
    query = query.order_by(b.c.snapshot_id, b.c.network, b.c.wanted_height)
    found: dict[int, list[BlockRef]] = {}
    for row in connection.execute(query):
        block = read_block(row)
        seconds = until.get((row.snapshot_id, row.network, row.wanted_height))
        if seconds is not None:
            block = replace(block, time=max(seconds, block.time or 0))
        found.setdefault(row.snapshot_id, []).append(block)
    return found


def _asset(liability: Liability) -> str:
    return liability.asset
