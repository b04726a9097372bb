"""Snapshots without their rows: which there are, how each was taken and where it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from scanner.errors import SnapshotNotFoundError
from scanner.model.block import BlockRef
from scanner.model.statement import ListTexts
from scanner.snapshots.values import ChunkState, Origin, SnapshotPolicy, SnapshotState
from scanner.store.database.engine import Store
from scanner.store.database.pruned import refuse_pruned
from scanner.store.database.read_until import read_until
from scanner.store.schema import tables as t
from scanner.store.schema.pruned_table import pruned as pruned_table
from scanner.store.schema.records import from_wanted, load_policy, load_texts, read_block
from scanner.store.writing.publishers import list_publisher


@dataclass(frozen=True, slots=True)
class PinnedBlock:
    """A height and the block it was pinned to.

    height_wanted: as stated, None for the newest. source: name of the source that pinned it.
    read_until: seconds since 1970 UTC of the latest newest state that balances were read at in its
        place; None where all are of the block.
    """

    network: str
    height_wanted: int | None
    block: BlockRef
    source: str
    read_until: int | None = None

    @property
    def as_of(self) -> int | None:
        """When its balances are of, seconds since 1970 UTC; None if nobody told."""
        known = [time for time in (self.block.time, self.read_until) if time is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """A snapshot without its rows.

    chain_head: sha256 over everything stored, "" until the snapshot is complete.
    unreadable: rows of the list that gave no claim. list_name: of the file that this snapshot was
    taken of. texts: what the list signs; None where that was not kept. pruned: when its rows were
    deleted; None where they are all there.
    """

    id: int
    publisher: str
    list_id: int
    list_name: str
    list_sha256: str
    list_format: str
    list_variant: str
    claims: int
    unreadable: int
    state: SnapshotState
    created: datetime
    started: datetime | None
    finished: datetime | None
    program: str
    policy: SnapshotPolicy
    chunks: int
    chunks_done: int
    chunks_failed: int
    chain_head: str
    blocks: tuple[PinnedBlock, ...]
    texts: ListTexts | None = None
    pruned: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether every chunk is done and the totals are final."""
        return self.state is SnapshotState.COMPLETE


def resolve(store: Store, wanted: str, *, pruned: bool = False) -> int:
    """Turn "latest" or an id into a snapshot id.

    pruned: whether one whose rows are gone will do. Raises SnapshotNotFoundError,
    SnapshotPrunedError.
    """
    query = select(t.snapshot.c.id).order_by(t.snapshot.c.id.desc()).limit(1)
    text = wanted.strip()
    if text != "latest":
        # Longer numbers than any database counts to are no ids either.
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise SnapshotNotFoundError(wanted)
        query = query.where(t.snapshot.c.id == int(text))
    with store.read() as connection:
        found = connection.execute(query).scalar()
        if found is None:
            raise SnapshotNotFoundError(wanted if text != "latest" else "")
        if not pruned:
            refuse_pruned(connection, int(found))
    return int(found)


def heads(
    store: Store,
    *,
    publisher_id: int | None = None,
    before: int | None = None,
    limit: int | None = None,
    states: Collection[SnapshotState] = (),
) -> list[SnapshotHead]:
    """Snapshots, newest first; all of them unless told otherwise.

    publisher_id: only of this publisher. before: only ids below this one. limit: how many at most.
    states: only in one of these.
    """
    query = _head_query().order_by(t.snapshot.c.id.desc()).limit(limit)
    if publisher_id is not None:
        query = query.where(t.publisher.c.id == publisher_id)
    if before is not None:
        query = query.where(t.snapshot.c.id < before)
    if states:
        query = query.where(t.snapshot.c.state.in_([state.value for state in states]))
    with store.read() as connection:
        return _heads(connection, connection.execute(query).all())


def head(store: Store, snapshot_id: int) -> SnapshotHead:
    """One snapshot. Raises SnapshotNotFoundError."""
    with store.read() as connection:
        return read_head(connection, snapshot_id)


def read_head(connection: Connection, snapshot_id: int) -> SnapshotHead:
    """`head` on a connection that is open already. Raises SnapshotNotFoundError."""
    row = connection.execute(_head_query().where(t.snapshot.c.id == snapshot_id)).first()
    if row is None:
        raise SnapshotNotFoundError(str(snapshot_id))
    return _heads(connection, [row])[0]


def chains_read(
    connection: Connection, snapshots: Collection[int]
) -> dict[int, list[tuple[str, str]]]:
    """Snapshot -> each network that it pinned a block of, and the chain of it; in one question."""
    b = t.pinned_block.c
    query = select(b.snapshot_id, b.network, b.chain).where(b.snapshot_id.in_(snapshots)).distinct()
    found: dict[int, list[tuple[str, str]]] = {}
    for snapshot, network, chain in connection.execute(query):
        found.setdefault(snapshot, []).append((network, chain))
    return found


def _head_query() -> Select[Any]:
    return (
        select(
            t.snapshot,
            t.publisher.c.name.label("publisher"),
            t.reserve_list.c.name.label("list_name"),
            t.reserve_list.c.sha256,
            t.reserve_list.c.format,
            t.reserve_list.c.variant,
            t.reserve_list.c.claims,
            t.reserve_list.c.unreadable,
            pruned_table.c.at.label("pruned"),
        )
        .join(t.reserve_list, t.snapshot.c.list_id == t.reserve_list.c.id)
        .join(t.publisher, t.publisher.c.id == list_publisher())
        .outerjoin(pruned_table, pruned_table.c.snapshot_id == t.snapshot.c.id)
    )


def _heads(connection: Connection, found: Sequence[Any]) -> list[SnapshotHead]:
    """Three more questions, however many snapshots there are."""
    ids = [row.id for row in found]
    states, blocks = _chunk_states(connection, ids), _blocks(connection, ids)
    return [_head(row, states[row.id], blocks[row.id]) for row in found]


def _head(
    row: Any,  # noqa: ANN401 - a row
    states: Mapping[ChunkState, int],
    blocks: Sequence[PinnedBlock],
) -> SnapshotHead:
    policy = load_policy(row.policy)
    origin = policy.origin or Origin()
    return SnapshotHead(
        id=row.id,
        publisher=row.publisher,
        list_id=row.list_id,
        list_name=origin.list_name or row.list_name,
        list_sha256=row.sha256,
        list_format=row.format,
        list_variant=row.variant,
        claims=row.claims,
        unreadable=row.unreadable,
        state=SnapshotState(row.state),
        created=row.created,
        started=row.started,
        finished=row.finished,
        program=row.program,
        policy=policy,
        texts=load_texts(row.texts),
        chunks=sum(states.values()),
        chunks_done=states.get(ChunkState.DONE, 0),
        chunks_failed=states.get(ChunkState.FAILED, 0),
        chain_head=row.chain_head,
        blocks=tuple(blocks),
        pruned=row.pruned,
    )


def _chunk_states(connection: Connection, ids: Sequence[int]) -> dict[int, dict[ChunkState, int]]:
    c = t.chunk.c
    query = select(c.snapshot_id, c.state, func.count()).where(c.snapshot_id.in_(ids))
    states: dict[int, dict[ChunkState, int]] = {snapshot: {} for snapshot in ids}
    found = connection.execute(query.group_by(c.snapshot_id, c.state))
    for snapshot, state, count in found:
        states[snapshot][ChunkState(state)] = count
    return states


def _blocks(connection: Connection, ids: Sequence[int]) -> dict[int, list[PinnedBlock]]:
    """The pinned blocks of each snapshot, by network and height."""
    query = select(t.pinned_block).where(t.pinned_block.c.snapshot_id.in_(ids))
    found = connection.execute(query).all()
    until = read_until(connection, ids)
    blocks: dict[int, list[PinnedBlock]] = {snapshot: [] for snapshot in ids}
    for row in sorted(found, key=lambda r: (r.network, r.wanted_height)):
        pinned = PinnedBlock(
            *(row.network, from_wanted(row.wanted_height), read_block(row), row.source),
            read_until=until.get((row.snapshot_id, row.network, row.wanted_height)),
        )
        blocks[row.snapshot_id].append(pinned)
    return blocks
