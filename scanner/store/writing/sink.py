"""Takes what snapshots produce into the database; the other half of `SnapshotSink`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from scanner.errors import SnapshotNotFoundError, StoreError, clip
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.finding import Finding
from scanner.model.read_at import newest_height
from scanner.snapshots.doubts import Doubts
from scanner.snapshots.values import (
    Chunk,
    ChunkState,
    NumberedClaim,
    RowResult,
    SnapshotPolicy,
    SnapshotState,
)
from scanner.store.database import statistics
from scanner.store.database.engine import Store
from scanner.store.database.read_until import newest_state
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import Plain
from scanner.store.schema.records import CLAIM_COLUMNS, load_policy, read_chunk, read_claim
from scanner.store.writing import pins, results_in, runs, seal
from scanner.store.writing.claimed import claimed_by_chunk
from scanner.store.writing.doubted import doubts_of

LONGEST_ERROR = 500
"""Characters of a failed chunk's reason that are kept."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class StoreSink:
    """`scanner.snapshots.interface.SnapshotSink` on a Store."""

    def __init__(self, store: Store, now: Callable[[], datetime] = _utc_now) -> None:
        self._store, self._now = store, now

    def policy(self, snapshot_id: int) -> SnapshotPolicy:
        """How the snapshot is to be taken."""
        with self._store.read() as connection:
            return load_policy(_snapshot(connection, snapshot_id).policy)

    def taking(self, snapshot_id: int) -> AbstractContextManager[None]:
        """On SQLite one process takes snapshots in a file; on PostgreSQL one takes a snapshot."""
        return self._store.exclusive(f"snapshot {snapshot_id}")

    def forked(self) -> None:
        """Leave inherited connections alone and make new ones."""
        self._store.forked()

    def take_turns(self, turn: Callable[[], AbstractContextManager[None]] | None) -> None:
        """Write only inside `turn`, where a database has one writer at a time."""
        self._store.turn = turn or nullcontext

    def cut(self, snapshot_id: int, sizes: Mapping[str, int]) -> None:
        """Cut networks of which nothing is done yet into chunks of these sizes."""
        policy = self.policy(snapshot_id)
        with self._store.write() as connection:
            runs.cut_again(connection, snapshot_id, policy, sizes)

    def chunks(self, snapshot_id: int) -> list[Chunk]:
        """Every chunk of the snapshot, by number."""
        with self._store.read() as connection:
            _snapshot(connection, snapshot_id)
            return chunks_of(connection, snapshot_id)

    def claimed(self, snapshot_id: int, chunks: Collection[Chunk]) -> dict[int, dict[str, int]]:
        """Chunk number -> asset -> base units that its rows claim."""
        with self._store.read() as connection:
            return claimed_by_chunk(connection, snapshot_id, chunks)

    def chunk(self, snapshot_id: int, no: int) -> Chunk | None:
        """One chunk, None if there is none of that number."""
        c = t.chunk.c
        query = select(t.chunk).where(c.snapshot_id == snapshot_id, c.no == no)
        with self._store.read() as connection:
            row = connection.execute(query).first()
            return None if row is None else read_chunk(row)

    def late(self, snapshot_id: int) -> list[Chunk]:
        """Chunks that are done and hold balances of a newest state, by number."""
        c = t.chunk.c
        query = select(t.chunk).where(c.snapshot_id == snapshot_id, c.read_until.is_not(None))
        with self._store.read() as connection:
            return [read_chunk(row) for row in connection.execute(query.order_by(c.no))]

    def newest_read(self, snapshot_id: int, network: str) -> int:
        """The highest state that stored balances of a network name; 0 where none names one."""
        b, c = t.balance.c, t.chunk.c
        query = (
            select(b.detail)
            .distinct()
            .join(t.chunk, (c.snapshot_id == b.snapshot_id) & (c.no == b.chunk_no))
            .where(
                b.snapshot_id == snapshot_id,
                c.network == network,
                b.evidence == Evidence.LATEST_ONLY.value,
            )
        )
        with self._store.read() as connection:
            return newest_height(connection.execute(query).scalars())

    def unsettled(self, snapshot_id: int) -> bool:
        """Whether a chunk of the snapshot waits to be taken."""
        c = t.chunk.c
        query = select(c.no).where(
            c.snapshot_id == snapshot_id, c.state == ChunkState.PLANNED.value
        )
        with self._store.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def queued_snapshots(self) -> list[int]:
        """Snapshots that workers take and that have not ended, oldest first."""
        s = t.snapshot.c
        going = (SnapshotState.PLANNED.value, SnapshotState.RUNNING.value)
        query = select(s.id, s.policy).where(s.state.in_(going)).order_by(s.id)
        with self._store.read() as connection:
            return [row.id for row in connection.execute(query) if load_policy(row.policy).queued]

    def claims(self, chunk: Chunk) -> list[NumberedClaim]:
        """The claims of one chunk, by number."""
        plan = chunk.plan
        with self._store.read() as connection:
            snapshot = _snapshot(connection, chunk.snapshot_id)
            given = {"of": snapshot.list_id, "network": plan.network}
            given |= {"first": plan.first, "last": plan.last}
            if plan.network in load_policy(snapshot.policy).at:
                found = _CLAIMS.values(connection, given)
            else:
                found = _CLAIMS_AT.values(connection, {**given, "height": plan.height})
            return list(map(read_claim, found))

    def doubts(self, chunk: Chunk) -> Doubts:
        """What is doubted of the amounts of the chunk's list, with when its snapshot was made."""
        with self._store.read() as connection:
            snapshot = _snapshot(connection, chunk.snapshot_id)
            doubts = doubts_of(connection, snapshot.list_id)
        return doubts._replace(begun=int(snapshot.created.timestamp()))

    def pinned(self, snapshot_id: int, network: str, height: int | None) -> BlockRef | None:
        """The block that this network and height were pinned to, None if not yet."""
        with self._store.read() as connection:
            return pins.pinned(connection, snapshot_id, network, height)

    def pin(self, snapshot_id: int, height: int | None, block: BlockRef, source: str) -> BlockRef:
        """Keep what a height was pinned to. Returns the block kept: the first one wins."""
        with self._store.write() as connection:
            return pins.pin(connection, snapshot_id, height, block, source)

    def repin(
        self, snapshot_id: int, height: int | None, gone: BlockRef, block: BlockRef, source: str
    ) -> BlockRef:
        """Pin `block` in place of `gone`, if no chunk was read at it. Returns the block kept."""
        with self._store.write() as connection:
            pins.give_up(connection, snapshot_id, height, gone)
            return pins.pin(connection, snapshot_id, height, block, source)

    def start(self, snapshot_id: int) -> SnapshotState:
        """Mark the snapshot running, unless it is complete. Returns its state now."""
        with self._store.write() as connection:
            snapshot = _snapshot(connection, snapshot_id)
            if snapshot.state in (SnapshotState.COMPLETE.value, SnapshotState.RUNNING.value):
                return SnapshotState(snapshot.state)
            connection.execute(
                t.snapshot.update()
                .where(t.snapshot.c.id == snapshot_id)
                .values(state=SnapshotState.RUNNING.value, started=snapshot.started or self._now())
            )
        return SnapshotState.RUNNING

    def finish_chunk(
        self, chunk: Chunk, results: Sequence[RowResult], block: BlockRef | None = None
    ) -> list[Finding]:
        """Store results and the mark `done` in one transaction."""
        with self._store.write() as connection:
            if _lock_chunk(connection, chunk) is ChunkState.DONE:
                return results_in.compare(connection, chunk, results)
            pin = pins.check_pin(connection, chunk, block)
            digest, details = results_in.store_results(connection, chunk, results, pin)
            until = newest_state(details, int(self._now().timestamp()))
            _mark(connection, chunk, ChunkState.DONE, digest=digest, read_until=until)
        return []

    def fail_chunk(self, chunk: Chunk, error: str, results: Sequence[RowResult] = ()) -> None:
        """Mark the chunk failed, unless it is done. Verdicts in `results` are kept."""
        with self._store.write() as connection:
            if _lock_chunk(connection, chunk) is ChunkState.DONE:
                return
            results_in.store_verdicts(connection, chunk, results)
            _mark(connection, chunk, ChunkState.FAILED, error=clip(error, LONGEST_ERROR))

    def end(self, snapshot_id: int) -> SnapshotState:
        """Publish totals and seal the snapshot if every chunk is done; else mark it incomplete."""
        chunks = self.chunks(snapshot_id)
        if any(chunk.state is not ChunkState.DONE for chunk in chunks):
            failed = all(chunk.state is not ChunkState.PLANNED for chunk in chunks)
            return self._set_state(snapshot_id, failed)
        with self._store.write() as connection:
            seal.publish(connection, snapshot_id, self._now())
        statistics.refresh(self._store, sum(chunk.plan.claims for chunk in chunks))
        return SnapshotState.COMPLETE

    def _set_state(self, snapshot_id: int, failed: bool) -> SnapshotState:
        state = SnapshotState.INCOMPLETE if failed else SnapshotState.RUNNING
        with self._store.write() as connection:
            connection.execute(
                t.snapshot.update()
                .where(
                    t.snapshot.c.id == snapshot_id,
                    t.snapshot.c.state != SnapshotState.COMPLETE.value,
                )
                .values(state=state.value, finished=self._now() if failed else None)
            )
        return state


def chunks_of(connection: Connection, snapshot_id: int) -> list[Chunk]:
    """Every chunk of a snapshot, by number."""
    query = select(t.chunk).where(t.chunk.c.snapshot_id == snapshot_id).order_by(t.chunk.c.no)
    return [read_chunk(row) for row in connection.execute(query)]


def _snapshot(connection: Connection, snapshot_id: int) -> Any:  # noqa: ANN401 - a row
    row = connection.execute(select(t.snapshot).where(t.snapshot.c.id == snapshot_id)).first()
    if row is None:
        raise SnapshotNotFoundError(str(snapshot_id))
    return row


# Made once: what SQLAlchemy makes of a statement costs more than the answer.
_OF_CHUNK = (
    select(*CLAIM_COLUMNS)
    .where(
        t.claim.c.list_id == bindparam("of"),
        t.claim.c.network == bindparam("network"),
        t.claim.c.no.between(bindparam("first"), bindparam("last")),
    )
    .order_by(t.claim.c.no)
)
_CLAIMS = Plain(_OF_CHUNK)
_CLAIMS_AT = Plain(_OF_CHUNK.where(t.claim.c.height.is_not_distinct_from(bindparam("height"))))

_THIS = (t.chunk.c.snapshot_id == bindparam("of"), t.chunk.c.no == bindparam("number"))
_LOCKED = select(t.chunk.c.state).where(*_THIS).with_for_update()
_MARKED = t.chunk.update().where(*_THIS).values(attempts=t.chunk.c.attempts + 1)


def _lock_chunk(connection: Connection, chunk: Chunk) -> ChunkState:
    """The chunk's state; until the transaction ends nobody else finishes it."""
    state = connection.execute(_LOCKED, {"of": chunk.snapshot_id, "number": chunk.no}).scalar()
    if state is None:
        raise StoreError(
            f"chunk {chunk.no} of snapshot {chunk.snapshot_id} was divided again in the meantime"
        )
    return ChunkState(state)


def _mark(
    connection: Connection,
    chunk: Chunk,
    state: ChunkState,
    *,
    error: str = "",
    digest: str = "",
    read_until: int | None = None,
) -> None:
    now = {"state": state.value, "error": error, "digest": digest, "read_until": read_until}
    connection.execute(_MARKED, {"of": chunk.snapshot_id, "number": chunk.no, **now})
