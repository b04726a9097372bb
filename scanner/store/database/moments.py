"""When a snapshot's balances were read: at one moment, or some of them at others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, select

from scanner.model.balance import Evidence
from scanner.model.finding import FindingKind
from scanner.snapshots.apart import of_other_heights, of_other_moments
from scanner.store.database.read_until import read_until
from scanner.store.schema import tables as t
from scanner.store.schema.records import load_policy

Place = tuple[str, int]
"""A network and the height that its rows state, as stored."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Where balances were read further apart than a snapshot allows; empty where they were not.

    spread: seconds that are allowed. fixed: place -> time of its block, where a network was read at
    a block. late: place -> time of the newest state that was read, where a network tells of no
    other. apart: places of `fixed` that are not of the snapshot's moment. counted: whether the
    snapshot is of a program that told these and counted them as verified. heights: places that were
    read at another block of their network than most of its rows, where they are not verified.
    """

    spread: int = 0
    fixed: Mapping[Place, int] = field(default_factory=dict)
    late: Mapping[Place, int] = field(default_factory=dict)
    apart: frozenset[Place] = frozenset()
    counted: bool = False
    heights: frozenset[Place] = frozenset()

    @property
    def left_out(self) -> frozenset[Place]:
        """Places whose rows are not verified, for their coins may be counted elsewhere, too."""
        return self.heights if self.counted else self.apart | self.heights


_AT_ONCE = Moments()


def moments(connection: Connection, snapshot_id: int) -> Moments:
    """When a snapshot was read. Places without a balance, or without a time, are not among them."""
    until = read_until(connection, [snapshot_id])
    asked = {"snapshot": snapshot_id}
    blocks: dict[Place, int] = {}
    times: dict[Place, int] = {}
    for network, wanted, height, time in connection.execute(_BLOCKS, asked):
        place = network, wanted
        blocks[place] = height
        if known := [s for s in (time, until.get((snapshot_id, *place))) if s]:
            times[place] = max(known)
    several = len({(network, height) for (network, _), height in blocks.items()}) > len(
        {network for network, _ in blocks}
    )
    if len(set(times.values())) < 2 and not several:
        return _AT_ONCE
    policy = load_policy(connection.execute(_POLICY, asked).scalar_one())
    far = bool(times) and max(times.values()) - min(times.values()) > policy.spread
    if not far and not several:
        return _AT_ONCE
    rows, late = _read(connection, snapshot_id)
    fixed = {place: time for place, time in times.items() if place in rows.keys() - late}
    apart: frozenset[Place] = frozenset()
    if far:
        read = {place: (fixed[place], rows[place]) for place in fixed}
        apart = of_other_moments(read, policy.spread)
    heights: frozenset[Place] = frozenset()
    if several and policy.one_height:
        of_moment = blocks.keys() & (rows.keys() - late - apart)
        heights = of_other_heights({p: (p[0], blocks[p], rows[p]) for p in of_moment})
    newest = {place: time for place, time in times.items() if far and place in late}
    return Moments(policy.spread, fixed, newest, apart, not policy.one_moment, heights)


def chunks_left_out(connection: Connection, snapshot_id: int) -> frozenset[int]:
    """Numbers of the chunks whose rows are not verified, for they are of another moment."""
    places = moments(connection, snapshot_id).left_out
    if not places:
        return frozenset()
    c = t.chunk.c
    query = select(c.no, c.network, c.wanted_height).where(c.snapshot_id == snapshot_id)
    return frozenset(
        no for no, network, wanted in connection.execute(query) if (network, wanted) in places
    )


def moved_rows(connection: Connection, snapshot_id: int) -> frozenset[int]:
    """Numbers of the claims whose coins moved while they were read: they are not verified."""
    return frozenset(connection.execute(_MOVED, {"snapshot": snapshot_id}).scalars())


def moved(snapshot_id: int | BindParameter[int]) -> Select[Any]:
    """The same as a query."""
    f = t.finding.c
    kind = FindingKind.MOVED_WHILE_READ.value
    return select(f.claim_no).where(f.snapshot_id == snapshot_id, f.kind == kind)


_MOVED = moved(bindparam("snapshot"))
_POLICY = select(t.snapshot.c.policy).where(t.snapshot.c.id == bindparam("snapshot"))
_BLOCKS = select(
    t.pinned_block.c.network,
    t.pinned_block.c.wanted_height,
    t.pinned_block.c.height,
    t.pinned_block.c.time,
).where(t.pinned_block.c.snapshot_id == bindparam("snapshot"))


def _read(connection: Connection, snapshot_id: int) -> tuple[dict[Place, int], set[Place]]:
    """Rows with a balance at each place, and the places that tell of their newest state only."""
    c, s = t.chunk.c, t.subtotal.c
    same = and_(s.snapshot_id == c.snapshot_id, s.chunk_no == c.no)
    query = (
        select(c.network, c.wanted_height, s.evidence, func.sum(s.rows))
        .join_from(t.chunk, t.subtotal, same)
        .where(c.snapshot_id == snapshot_id, s.evidence != Evidence.UNAVAILABLE.value)
        .group_by(c.network, c.wanted_height, s.evidence)
    )
    rows: dict[Place, int] = {}
    late: set[Place] = set()
    for network, wanted, evidence, count in connection.execute(query):
        rows[network, wanted] = rows.get((network, wanted), 0) + int(count)
        if evidence == Evidence.LATEST_ONLY.value:
            late.add((network, wanted))
    return rows, late
