"""What a job does. Knows the store and the sources, and no queue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event

from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.errors import ConfigError, ScannerError, StoreError
from scanner.model.block import BlockRef
from scanner.model.registry import Registry
from scanner.snapshots.asking import ChunkFailedError, StoppedError, Tools
from scanner.snapshots.chunks import record_failure, take_chunk
from scanner.snapshots.closing import end_snapshot
from scanner.snapshots.heights import settle_heights
from scanner.snapshots.interface import Chunk, ChunkState, Judge, SnapshotPolicy, SnapshotState
from scanner.store.database.engine import Store
from scanner.store.writing.sink import StoreSink
from scanner.worker.saying import tell_chunk, tell_ended
from scanner.worker.watch import Outcome, Watch

log = logging.getLogger("scanner.worker")

Sources = Callable[[str, ReadPolicy], BalanceSource | None]
"""sources(network, policy) -> its source, None where none is configured."""


class TryAgainError(Exception):
    """The job had no answer and may be done again later."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The work of one worker process.

    tries: how often a chunk's job is done before its chunk fails for good. stop: set to end soon.
    tell: applies alert rules to snapshots that have ended, and delivers what is due. watch: counts
    what is done. broken: snapshots that a process alone takes no more, over a bug of ours. waited:
    those that it has said it waits for, for another process is at work in the file.
    """

    store: Store
    sources: Sources
    judge: Judge
    registry: Registry
    tries: int
    stop: Event
    tell: Callable[[], object] = lambda: None
    watch: Watch = field(default_factory=Watch)
    broken: set[int] = field(default_factory=set)
    waited: set[int] = field(default_factory=set)

    def chunk(self, snapshot_id: int, chunk_no: int, tried: int) -> None:
        """Take one chunk; when it was the last, end its snapshot.

        tried: how often this job was done before. One that is done or has failed is not taken
        again, and nothing happens if it is gone because the snapshot was cut anew. Raises
        TryAgainError while tries are left, StoppedError, StoreError.
        """
        with self.watch.job():
            try:
                self.watch.count(self._chunk(snapshot_id, chunk_no, tried))
            except TryAgainError:
                self.watch.count(Outcome.AGAIN)
                raise
            except (StoppedError, StoreError):
                self.watch.count(Outcome.BROKEN)
                raise

    def parallel(self, network: str) -> int:
        """How many chunks of a network may be in flight at a time."""
        try:
            source = self.sources(network, ReadPolicy())
        except ConfigError:
            return 1
        return 1 if source is None else source.ability.parallel

    def _chunk(self, snapshot_id: int, chunk_no: int, tried: int) -> Outcome:
        sink = StoreSink(self.store)
        chunk = sink.chunk(snapshot_id, chunk_no)
        outcome = Outcome.DONE
        if chunk is None:
            return outcome
        if chunk.state is ChunkState.PLANNED:
            sink.start(snapshot_id)
            outcome = self._take(sink, chunk, tried)
        self.settle(snapshot_id)
        return outcome

    def poisoned(self, snapshot_id: int, chunk_no: int, tried: int) -> None:
        """Give up a chunk whose workers died over it, time after time."""
        sink = StoreSink(self.store)
        chunk = sink.chunk(snapshot_id, chunk_no)
        if chunk is None:
            return
        if chunk.state is ChunkState.PLANNED:
            why = f"given up: {tried} workers died or froze while taking it"
            sink.fail_chunk(chunk, why)
            tell_chunk(chunk, why)
        self._settle_if_possible(snapshot_id)

    def settle_empty(self) -> None:
        """End the snapshots of lists without claims: they have no chunk whose job would do it."""
        sink = StoreSink(self.store)
        for snapshot_id in sink.queued_snapshots():
            if not sink.chunks(snapshot_id):
                self._settle_if_possible(snapshot_id)

    def _settle_if_possible(self, snapshot_id: int) -> None:
        """As `settle`; what goes wrong is told, and keeps nobody: who comes next ends it."""
        try:
            self.settle(snapshot_id)
        except StoppedError:
            return
        except ScannerError as e:
            log.warning("snapshot %s: %s", snapshot_id, e, extra={"snapshot": snapshot_id})
        except Exception:
            log.exception("snapshot %s", snapshot_id, extra={"snapshot": snapshot_id})

    def settle(self, snapshot_id: int) -> SnapshotState | None:
        """End the snapshot if no chunk is waiting any more. Returns its state then.

        Raises StoppedError where it is to be read once more and this worker ends.

        Whoever stores the last result sees them all, so somebody always gets here; ending a
        snapshot twice changes nothing.
        """
        sink = StoreSink(self.store)
        if sink.unsettled(snapshot_id):
            return None
        policy = sink.policy(snapshot_id)

        def source_of(network: str) -> BalanceSource | None:
            return self._source_or_none(network, policy)

        state = end_snapshot(self._tools(sink, policy), snapshot_id, source_of)
        tell_ended(self.store, snapshot_id, state)
        return state

    def _take(self, sink: StoreSink, chunk: Chunk, tried: int) -> Outcome:
        policy = sink.policy(chunk.snapshot_id)
        tools = self._tools(sink, policy)
        try:
            source = self._source(chunk.plan.network, policy)
            block = None
            if source is not None:
                block = self._block(tools, chunk, policy)
            take_chunk(tools, chunk, source, block)
        except ConfigError as e:
            record_failure(tools, chunk, ChunkFailedError(str(e), retryable=False))
            tell_chunk(chunk, str(e))
        except ChunkFailedError as failure:
            if failure.retryable and tried + 1 < self.tries:
                raise TryAgainError(failure.reason) from failure
            record_failure(tools, chunk, failure)
            tell_chunk(chunk, failure.reason)
        except (ScannerError, StoppedError):
            raise
        except Exception as e:
            # A bug of ours: left alone, the chunk would be given out for ever and end nothing.
            log.exception("chunk %s of snapshot %s", chunk.no, chunk.snapshot_id)
            why = f"an error in the program ({type(e).__name__}); the worker's log says more"
            if tried + 1 < self.tries:
                raise TryAgainError(why) from e
            sink.fail_chunk(chunk, why)
            tell_chunk(chunk, why)
        else:
            tell_chunk(chunk)
            return Outcome.DONE
        return Outcome.FAILED

    def _block(self, tools: Tools, chunk: Chunk, policy: SnapshotPolicy) -> BlockRef:
        """The block to read a chunk at. Raises ChunkFailedError.

        Not known yet, it is settled by the times of all blocks of the snapshot, so all are asked
        for; those that are clear are stored, and only looked up from then on.
        """
        plan, snapshot_id = chunk.plan, chunk.snapshot_id
        stored = tools.sink.pinned(snapshot_id, plan.network, plan.height)
        if stored is not None:
            return stored
        heights = {(c.plan.network, c.plan.height) for c in tools.sink.chunks(snapshot_id)}

        def source_of(network: str) -> BalanceSource | None:
            if network == plan.network:
                return self._source(network, policy)
            return self._source_or_none(network, policy)

        found = settle_heights(tools, snapshot_id, policy, heights, source_of)
        block = found[plan.network, plan.height]
        if isinstance(block, ChunkFailedError):
            raise block
        return block

    def _tools(self, sink: StoreSink, policy: SnapshotPolicy) -> Tools:
        return Tools(
            *(sink, self.judge, self.registry, policy.attempts, self.stop),
            rule=policy.statement,
            hashes=policy.hashes,
            networks=policy.networks,
        )

    def _source_or_none(self, network: str, policy: SnapshotPolicy) -> BalanceSource | None:
        try:
            return self._source(network, policy)
        except ConfigError:
            return None

    def _source(self, network: str, policy: SnapshotPolicy) -> BalanceSource | None:
        if policy.networks is not None and network not in policy.networks:
            return None
        return self.sources(network, ReadPolicy(policy.quorum, policy.proof))


def unended(store: Store) -> Sequence[tuple[int, int, str]]:
    """Queued snapshots of which every chunk is settled, and that nobody has ended.

    A chunk of each, as `waiting_chunks` has them: done again, its job ends the snapshot.
    """
    sink, found = StoreSink(store), []
    for snapshot_id in sink.queued_snapshots():
        chunks = sink.chunks(snapshot_id)
        if chunks and all(chunk.state is not ChunkState.PLANNED for chunk in chunks):
            found.append((snapshot_id, chunks[-1].no, chunks[-1].plan.network))
    return found


def waiting_chunks(store: Store) -> Sequence[tuple[int, int, str]]:
    """Chunks of queued snapshots that wait: (snapshot, chunk, network), oldest first."""
    sink = StoreSink(store)
    return [
        (chunk.snapshot_id, chunk.no, chunk.plan.network)
        for snapshot_id in sink.queued_snapshots()
        for chunk in sink.chunks(snapshot_id)
        if chunk.state is ChunkState.PLANNED
    ]
