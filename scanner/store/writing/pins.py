"""Which block each network and height of a snapshot is read at: the first one pinned wins.

A block that leaves the best chain can be replaced while nothing read at it is stored; a trigger
refuses it afterwards.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from scanner.errors import PinReplacedError
from scanner.model.block import BlockRef
from scanner.snapshots.interface import Chunk, ChunkState
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_new
from scanner.store.schema.records import read_block, to_wanted


def pinned(
    connection: Connection, snapshot_id: int, network: str, height: int | None
) -> BlockRef | None:
    """The block that a network and height are pinned to, None if not yet."""
    c = t.pinned_block.c
    query = select(t.pinned_block).where(
        c.snapshot_id == snapshot_id, c.network == network, c.wanted_height == to_wanted(height)
    )
    row = connection.execute(query).first()
    return None if row is None else read_block(row)


def pin(
    connection: Connection, snapshot_id: int, height: int | None, block: BlockRef, source: str
) -> BlockRef:
    """Pin a height, unless it is. Returns what it is pinned to."""
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


def check_pin(connection: Connection, chunk: Chunk, block: BlockRef | None) -> None:
    """Raise PinReplacedError if a chunk was read at another block than the pinned one."""
    if block is None:
        return
    kept = pinned(connection, chunk.snapshot_id, chunk.plan.network, chunk.plan.height)
    if kept is not None and kept.hash != block.hash:
        raise PinReplacedError(block.network, block.height)
