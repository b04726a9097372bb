"""What is owed beside snapshots, as it is stored, each with whether a ratio can be made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, select

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.liabilities.moments import compare_moments
from scanner.model.amount import grouped_amount
from scanner.model.block import BlockRef
from scanner.model.jsontext import own_json
from scanner.settings.tables import load_registry
from scanner.store.database.read_until import Pin, read_until
from scanner.store.schema import tables as t
from scanner.store.schema.records import read_block
from scanner.store.schema.restatement_table import restatement


def liabilities_of(connection: Connection, snapshot_id: int) -> list[Liability]:
    """What is owed beside a snapshot, by asset."""
    return sorted(owed_beside(connection, [snapshot_id]).get(snapshot_id, ()), key=_asset)


def owed_beside(
    connection: Connection, snapshots: Collection[int], asset: str = ""
) -> Mapping[int, list[Liability]]:
    """Snapshot -> what is owed beside it, as it was stated last. asset: only this one."""
    said: dict[tuple[int, str], Liability] = {}
    for table in (t.liability, restatement):
        query = select(table).where(table.c.snapshot_id.in_(list(snapshots)))
        if asset:
            query = query.where(table.c.asset == asset)
        if table is restatement:
            query = query.order_by(restatement.c.no)
        for row in connection.execute(query):
            key = row.snapshot_id, row.asset
            said[key] = _stated(row, said.get(key))
    found: dict[int, list[Liability]] = {}
    for (snapshot, _), liability in said.items():
        found.setdefault(snapshot, []).append(liability)
    until = read_until(connection, list(found)) if found else {}
    blocks = _blocks(connection, list(found), until) if found else {}
    later = {snapshot: {n for s, n, _ in until if s == snapshot} for snapshot in found}
    return {
        snapshot: [
            _dated(liability, blocks.get(snapshot, ()), later[snapshot]) for liability in owed
        ]
        for snapshot, owed in found.items()
    }


def _stated(row: Any, before: Liability | None) -> Liability:  # noqa: ANN401 - a row
    """One statement. before: the one whose place it takes."""
    owed = Liability(
        asset=row.asset,
        amount=row.amount,
        decimals=row.decimals,
        evidence=LiabilityEvidence(row.evidence),
        source=row.source,
        as_of=row.as_of,
        detail=own_json(row.detail),
    )
    if before is None:
        return owed
    was = f"{grouped_amount(before.amount, before.decimals)} {before.asset}"
    day = f" of {before.as_of}" if before.as_of else ""
    unit = f" in {before.detail['unit']}" if before.detail.get("unit") else ""
    of = f" of {before.detail['scope']} only" if before.detail.get("scope") else ""
    words = f"{was}{day}{unit}{of} ({before.evidence.value}, {before.source})"
    again = "; that had been replaced before" if before.replaced else ""
    return replace(owed, replaced=f"replaced on {row.at:%Y-%m-%d}; before it was {words}{again}")


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
