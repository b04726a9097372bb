"""Takes a snapshot: pins each height, then judges and reads chunk by chunk.

Networks are read side by side, and the chunks of one network as many at a time as its source
allows, in threads (docs/adr/0001-sync-and-threads.md). The chunk table is the truth: whatever stops
this process, taking the snapshot again goes on with the chunks that are not done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import groupby
from threading import Event, Lock

from scanner.chains.interface import BalanceSource
from scanner.model.block import BlockRef
from scanner.model.registry import Registry
from scanner.snapshots.chunks import (
    ChunkFailedError,
    StoppedError,
    Tools,
    pin_height,
    record_failure,
    take_chunk,
)
from scanner.snapshots.interface import (
    Chunk,
    ChunkState,
    Judge,
    Progress,
    SnapshotSink,
    SnapshotState,
    Taken,
)

GIVE_UP_AFTER = 3
"""Chunks of a network that fail in a row for want of an answer before the rest is not tried."""

_TICK = 0.5
"""Seconds between two looks at Ctrl-C."""


def take_snapshot(
    sink: SnapshotSink,
    snapshot_id: int,
    sources: Mapping[str, BalanceSource],
    judge: Judge,
    registry: Registry,
    *,
    progress: Progress | None = None,
    stop: Event | None = None,
) -> Taken:
    """Take every chunk that is not done, then end the snapshot.

    sources: by network name; a network without one gives `unavailable` balances and is judged all
        the same. The caller closes them.
    stop: set it to stop after the requests in flight; KeyboardInterrupt does the same. What is
        done stays done, and taking the snapshot again goes on from there.
    Raises StoreError, also when another process is taking it; failures of sources end up in the
    chunks.
    """
    with sink.taking(snapshot_id):
        state = sink.start(snapshot_id)
        if state is not SnapshotState.COMPLETE:
            sink.cut(snapshot_id, {n: s.ability.chunk_size for n, s in sources.items()})
            policy = sink.policy(snapshot_id)
            tools = Tools(sink, judge, registry, policy.attempts, stop or Event())
            _Run(tools, sink.chunks(snapshot_id), sources, progress).run()
            state = sink.end(snapshot_id)
        chunks = sink.chunks(snapshot_id)
    return Taken(
        snapshot_id,
        state,
        sum(c.state is ChunkState.DONE for c in chunks),
        sum(c.state is ChunkState.FAILED for c in chunks),
    )


class _Run:
    """One run over the chunks of a snapshot that are not done."""

    def __init__(
        self,
        tools: Tools,
        chunks: Sequence[Chunk],
        sources: Mapping[str, BalanceSource],
        progress: Progress | None,
    ) -> None:
        self._tools, self._sources = tools, sources
        self._meter = _Meter(chunks, progress)
        self._todo: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            if chunk.state is not ChunkState.DONE:
                self._todo.setdefault(chunk.plan.network, []).append(chunk)

    def run(self) -> None:
        if self._todo:
            _side_by_side(self._tools.stop, len(self._todo), self._networks())

    def _networks(self) -> list[Callable[[], None]]:
        return [partial(self._network, network) for network in self._todo]

    def _network(self, network: str) -> None:
        source = self._sources.get(network)
        patience = _Patience()
        by_height = sorted(self._todo[network], key=lambda c: (_height_order(c), c.no))
        try:
            for _, group in groupby(by_height, key=_height_order):
                self._height(list(group), source, patience)
        except StoppedError:
            return

    def _height(
        self, chunks: list[Chunk], source: BalanceSource | None, patience: _Patience
    ) -> None:
        block: BlockRef | None = None
        try:
            if source is not None:
                patience.check()
                block = pin_height(self._tools, chunks[0].snapshot_id, chunks[0], source)
        except ChunkFailedError as failure:
            patience.failed(failure)
            for chunk in chunks:
                self._record(chunk, failure)
            return

        def take(chunk: Chunk) -> None:
            self._take(chunk, source, block, patience)

        parallel = source.ability.parallel if source is not None else 1
        work = [partial(take, chunk) for chunk in chunks]
        _side_by_side(self._tools.stop, parallel, work)

    def _take(
        self,
        chunk: Chunk,
        source: BalanceSource | None,
        block: BlockRef | None,
        patience: _Patience,
    ) -> None:
        try:
            patience.check()
            take_chunk(
                self._tools, chunk, source, block, lambda share: self._meter.part(chunk, share)
            )
            patience.worked()
        except ChunkFailedError as failure:
            patience.failed(failure)
            self._record(chunk, failure)
        else:
            self._meter.done(chunk)

    def _record(self, chunk: Chunk, failure: ChunkFailedError) -> None:
        record_failure(self._tools, chunk, failure)
        self._meter.done(chunk)


class _Patience:
    """Gives a network up when chunk after chunk gets no answer.

    A dead node is not asked a thousand times. Shared by the threads of one network.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._in_a_row = 0
        self._last = ""

    def check(self) -> None:
        """Raise ChunkFailedError if the network is given up."""
        with self._lock:
            if self._in_a_row >= GIVE_UP_AFTER:
                reason = f"not asked, for {self._in_a_row} times in a row: {self._last}"
                raise ChunkFailedError(reason, retryable=False)

    def worked(self) -> None:
        with self._lock:
            self._in_a_row = 0

    def failed(self, failure: ChunkFailedError) -> None:
        if failure.retryable:
            with self._lock:
                self._in_a_row += 1
                self._last = failure.reason


class _Meter:
    """Adds up progress over chunks that are taken side by side."""

    def __init__(self, chunks: Sequence[Chunk], progress: Progress | None) -> None:
        self._lock = Lock()
        self._progress = progress
        self._all = sum(c.plan.claims for c in chunks)
        self._done = sum(c.plan.claims for c in chunks if c.state is ChunkState.DONE)
        self._parts: dict[int, float] = {}

    def part(self, chunk: Chunk, share: float) -> None:
        with self._lock:
            self._parts[chunk.no] = min(max(share, 0.0), 1.0) * chunk.plan.claims
            self._tell()

    def done(self, chunk: Chunk) -> None:
        with self._lock:
            self._parts.pop(chunk.no, None)
            self._done += chunk.plan.claims
            self._tell()

    def _tell(self) -> None:
        if self._progress is not None and self._all:
            count = self._done + int(sum(self._parts.values()))
            self._progress(count / self._all, count)


def _height_order(chunk: Chunk) -> int:
    return -1 if chunk.plan.height is None else chunk.plan.height


def _side_by_side(stop: Event, parallel: int, work: Sequence[Callable[[], None]]) -> None:
    """Do all of `work`, at most `parallel` at a time. The first error stops the rest and is raised.

    A run that is to stop ends with StoppedError from whatever was begun.
    """
    with ThreadPoolExecutor(max(1, min(parallel, len(work)))) as pool:
        pending: set[Future[None]] = {pool.submit(w) for w in work}
        try:
            while pending:
                # With a time-out, so that Ctrl-C gets through to the main thread.
                finished, pending = wait(pending, _TICK, return_when=FIRST_EXCEPTION)
                for future in finished:
                    future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
