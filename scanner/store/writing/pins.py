"""Which block each network and height of a snapshot is read at: the first one pinned wins.

A block that leaves the best chain can be replaced while nothing read at it is stored; a trigger
refuses it afterwards.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, select

from scanner.errors import PinReplacedError
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.snapshots.values import Chunk, ChunkState
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_new
from scanner.store.schema.records import read_block, to_wanted

_PINNED = select(t.pinned_block).where(  # made once: every chunk asks
    t.pinned_block.c.snapshot_id == bindparam("of"),
    t.pinned_block.c.network == bindparam("network"),
    t.pinned_block.c.wanted_height == bindparam("wanted"),
)


def pinned(
    connection: Connection, snapshot_id: int, network: str, height: int | None
) -> BlockRef | None:
    """The block that a network and height are pinned to, None if not yet."""
    given = {"of": snapshot_id, "network": network, "wanted": to_wanted(height)}
    row = connection.execute(_PINNED, given).first()
    return None if row is None else read_block(row)


def pin(
    connection: Connection, snapshot_id: int, height: int | None, block: BlockRef, source: str
) -> BlockRef:
    """Pin a height, unless it is. Returns what it is pinned to."""
    kept = pinned(connection, snapshot_id, block.network, height)
    if kept is not None:  # nor may anything be written where the snapshot is sealed
        return kept
    connection.execute(
        insert_new(connection, t.pinned_block).values(
            snapshot_id=snapshot_id,
            network=block.network,
            wanted_height=to_wanted(height),
            chain=block.chain,
            height=block.height,
            hash=block.hash,
            time=block.time,
            source=source,
            evidence=None if block.evidence is None else block.evidence.value,
        )
    )
    return pinned(connection, snapshot_id, block.network, height) or block


def give_up(connection: Connection, snapshot_id: int, height: int | None, gone: BlockRef) -> None:
    """Take away a pin, if it is still `gone` and no chunk was read at it."""
    c, p, wanted = t.chunk.c, t.pinned_block.c, to_wanted(height)
    chunks = select(c.state).where(
        c.snapshot_id == snapshot_id, c.network == gone.network, c.wanted_height == wanted
    )
    # Locked, so that none of them is finished meanwhile.
    states = set(connection.execute(chunks.with_for_update()).scalars())
    if ChunkState.DONE.value not in states:
        connection.execute(
            t.pinned_block.delete().where(
                p.snapshot_id == snapshot_id,
                p.network == gone.network,
                p.wanted_height == wanted,
                p.hash == gone.hash,
            )
        )


def check_pin(connection: Connection, chunk: Chunk, block: BlockRef | None) -> Evidence | None:
    """Who named the block that a chunk was read at, None if there is no pin or it does not say.

    Raises PinReplacedError if it was read at another block than the pinned one.
    """
    if block is None:
        return None
    kept = pinned(connection, chunk.snapshot_id, chunk.plan.network, chunk.plan.height)
    if kept is None:
        return None
    if kept.hash != block.hash:
        raise PinReplacedError(block.network, block.height)
    return kept.evidence


def evidence_by_chunk(connection: Connection, snapshot_id: int) -> dict[int, Evidence | None]:
    """Who named the block of each chunk, by number; chunks without a pin are left out."""
    c, p = t.chunk.c, t.pinned_block.c
    same = and_(
        p.snapshot_id == c.snapshot_id,
        p.network == c.network,
        p.wanted_height == c.wanted_height,
    )
    query = select(c.no, p.evidence).join_from(t.chunk, t.pinned_block, same)
    rows = connection.execute(query.where(c.snapshot_id == snapshot_id))
    return {no: None if said is None else Evidence(said) for no, said in rows}
