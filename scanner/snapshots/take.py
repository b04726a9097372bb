"""Takes a snapshot: settles each height, then judges and reads chunk by chunk.

Networks are read side by side, and the chunks of one network as many at a time as its source
allows, in threads (docs/adr/0001-sync-and-threads.md). The chunk table is the truth: whatever stops
this process, taking the snapshot again goes on with the chunks that are not done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import groupby
from threading import Event, Lock

from scanner.chains.interface import BalanceSource
from scanner.model.block import BlockRef
from scanner.model.registry import Registry
from scanner.snapshots.asking import ChunkFailedError, StoppedError, Tools, side_by_side
from scanner.snapshots.chunks import record_failure, take_chunk
from scanner.snapshots.closing import end_snapshot
from scanner.snapshots.crew import Crew, Share, crew_size
from scanner.snapshots.goal import Goal, Guide
from scanner.snapshots.heights import GIVE_UP_AFTER, Settled, settle_heights
from scanner.snapshots.interface import (
    Chunk,
    ChunkState,
    Judge,
    Progress,
    SnapshotPolicy,
    SnapshotSink,
    SnapshotState,
    Taken,
)
from scanner.snapshots.meter import Meter

Covered = Callable[[Sequence[tuple[str, Fraction]]], None]
"""Told the assets that are not read to the end, with the share by amount that is."""

_TICK = 0.5
"""Seconds between two looks at Ctrl-C."""


def take_snapshot(  # noqa: PLR0913 - what to take, with what, and how long
    sink: SnapshotSink,
    snapshot_id: int,
    sources: Mapping[str, BalanceSource],
    judge: Judge,
    registry: Registry,
    *,
    progress: Progress | None = None,
    again: Progress | None = None,
    stop: Event | None = None,
    processes: int = 1,
    goal: Goal | None = None,
    covered: Covered | None = None,
    networks: Collection[str] | None = None,
    others_wait: bool = False,
) -> Taken:
    """Take every chunk that is not done, then end the snapshot.

    sources: by network name; a network without one gives `unavailable` balances and is judged all
        the same. The caller closes them. With several processes they have not been used yet.
    again: as progress, of the second reading of networks of newest states.
    stop: set it to stop after the requests in flight; KeyboardInterrupt does the same. What is
        done stays done, and taking the snapshot again goes on from there.
    processes: how many to use at most (crew.py). goal: when to begin no more chunks (goal.py);
        what is left is taken by the next run. covered: told after each chunk how much of what is
        claimed is read on slow networks.
    networks: those that the user wants read, None for all; rows on others are judged, and their
        balances `unavailable`. others_wait: they are left for a later run instead.
    Raises StoreError, also when another process is taking it; failures of sources end up in the
    chunks.
    """
    with sink.taking(snapshot_id):
        state = sink.start(snapshot_id)
        if state is not SnapshotState.COMPLETE:
            sink.cut(snapshot_id, {n: s.ability.chunk_size for n, s in sources.items()})
            policy = sink.policy(snapshot_id)
            tools = Tools(
                *(sink, judge, registry, policy.attempts, stop or Event()),
                rule=policy.statement,
                hashes=policy.hashes,
                networks=networks,
            )
            every = chunks = sink.chunks(snapshot_id)
            if others_wait:
                chunks = [chunk for chunk in every if not tools.left_out(chunk.plan.network)]
            guide = _guide(sink, chunks, sources, goal or Goal())
            settled = _settled(tools, policy, every, sources, guide)
            run = _Plan(tools, sources, guide, settled, covered)
            _take_all(run, chunks, progress, processes)
            state = _ended(run, snapshot_id, again)
        chunks = sink.chunks(snapshot_id)
    return Taken(
        snapshot_id,
        state,
        sum(c.state is ChunkState.DONE for c in chunks),
        sum(c.state is ChunkState.FAILED for c in chunks),
    )


def _ended(run: _Plan, snapshot_id: int, again: Progress | None) -> SnapshotState:
    try:
        return end_snapshot(run.tools, snapshot_id, run.sources.get, run.guide.is_over, again)
    except StoppedError:
        return SnapshotState.RUNNING


def _guide(
    sink: SnapshotSink, chunks: Sequence[Chunk], sources: Mapping[str, BalanceSource], goal: Goal
) -> Guide:
    """What is claimed where matters on slow networks only: there a chunk is a minute's work."""
    slow = [c for c in chunks if c.plan.network in sources and not _shared(sources[c.plan.network])]
    several = len({c.plan.network for c in slow}) < len(slow)
    claimed = sink.claimed(slow[0].snapshot_id, slow) if several else {}
    return Guide(chunks, claimed, goal)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a run takes chunks with, the same in all its processes."""

    tools: Tools
    sources: Mapping[str, BalanceSource]
    guide: Guide
    settled: Settled
    covered: Covered | None = None


def _settled(
    tools: Tools,
    policy: SnapshotPolicy,
    chunks: Sequence[Chunk],
    sources: Mapping[str, BalanceSource],
    guide: Guide,
) -> Settled:
    """Every height's block; none where the run is stopped or out of time first."""
    heights = {(chunk.plan.network, chunk.plan.height) for chunk in chunks}
    todo = {c.plan.network for c in chunks if c.state is not ChunkState.DONE}
    if not todo & set(sources):
        return {}
    try:
        return settle_heights(
            tools, chunks[0].snapshot_id, policy, heights, sources.get, guide.enough
        )
    except StoppedError:
        return {}


def _take_all(
    plan: _Plan, chunks: Sequence[Chunk], progress: Progress | None, processes: int
) -> None:
    """Take what is not done, with other processes where that helps."""
    tools, sources = plan.tools, plan.sources
    todo = [chunk for chunk in chunks if chunk.state is not ChunkState.DONE]
    size = crew_size(processes, [c for c in todo if _shared(sources.get(c.plan.network))])
    meter = Meter(chunks, progress)
    if size == 1:
        _Run(plan, todo, meter).run()
        return

    def work(share: Share, stop: Event, progress: Progress) -> None:
        tools.sink.forked()
        own = replace(plan, tools=replace(tools, stop=stop))
        _Run(own, todo, Meter(todo, progress), share).run()

    share = Share(size)
    tools.sink.take_turns(share.turn)
    try:
        with Crew(share, work) as crew:

            def look() -> None:
                meter.tell()
                if tools.stop.is_set():
                    crew.stop()

            meter.others = crew.counted
            _Run(plan, todo, meter, share).run()
            crew.wait(_TICK, look)
    finally:
        tools.sink.take_turns(None)
        share.close()
    # What a process left behind that died; a failed chunk waits for the next run.
    left = {c.no for c in tools.sink.chunks(todo[0].snapshot_id) if c.state is ChunkState.PLANNED}
    meter.others = lambda: 0
    _Run(plan, [c for c in todo if c.no in left], meter).run()


def _shared(source: BalanceSource | None) -> bool:
    """Whether several processes may ask a source: not where it does one thing at a time."""
    return source is None or source.ability.parallel > 1


class _Run:
    """One run over chunks that are not done. share: who takes which, among processes."""

    def __init__(
        self, plan: _Plan, chunks: Sequence[Chunk], meter: Meter, share: Share | None = None
    ) -> None:
        self._tools, self._sources, self._guide = plan.tools, plan.sources, plan.guide
        self._settled, self._meter, self._covered = plan.settled, meter, plan.covered
        self._share = share or Share()
        self._todo: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            if self._share.first or _shared(self._sources.get(chunk.plan.network)):
                self._todo.setdefault(chunk.plan.network, []).append(chunk)

    def run(self) -> None:
        if self._todo:
            side_by_side(self._tools.stop, len(self._todo), self._networks())

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
        first = chunks[0].plan
        settled = self._settled.get((first.network, first.height))
        if self._guide.enough(first.network) or (source is not None and settled is None):
            return
        block = settled if isinstance(settled, BlockRef) else None
        try:
            if isinstance(settled, ChunkFailedError):
                raise settled
            patience.check()
        except ChunkFailedError as failure:
            patience.failed(failure)
            for chunk in chunks:
                if self._share.take(chunk):
                    self._record(chunk, failure)
            return

        def take(chunk: Chunk) -> None:
            self._take(chunk, source, block, patience)

        parallel = -(-source.ability.parallel // self._share.size) if source is not None else 1
        work = [partial(take, chunk) for chunk in self._guide.first_things_first(chunks)]
        side_by_side(self._tools.stop, parallel, work)

    def _take(
        self,
        chunk: Chunk,
        source: BalanceSource | None,
        block: BlockRef | None,
        patience: _Patience,
    ) -> None:
        if self._guide.enough(chunk.plan.network) or not self._share.take(chunk):
            return
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
            self._guide.done(chunk)
            if self._covered is not None:
                self._covered(self._guide.covered())
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
                reason = f"not asked, because of {self._in_a_row} failures in a row: {self._last}"
                raise ChunkFailedError(reason, retryable=False)

    def worked(self) -> None:
        with self._lock:
            self._in_a_row = 0

    def failed(self, failure: ChunkFailedError) -> None:
        if failure.retryable:
            with self._lock:
                self._in_a_row += 1
                self._last = failure.reason


def _height_order(chunk: Chunk) -> int:
    return -1 if chunk.plan.height is None else chunk.plan.height
