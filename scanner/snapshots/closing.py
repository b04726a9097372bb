"""Ends a snapshot. Before, networks that were read step by step at newest states are read again.

A chunk is read until two passes agree, so its balances were there at one moment. The next chunk's
moment is another one: coins that move from a row that is not read yet to one that was, or the other
way between two runs, would count twice. A balance that is the same after the last chunk was read as
when it was read itself is taken as there all the time, and so are all such together, at one moment.
What left a row and came back to the last unit between its two readings is not seen. So the second
reading is one pass (AgainReader): that two passes of it agree would say nothing more of a row than
that the later one is its own, and what differs is told either way.

The lesser of the two readings is not counted for a row that moved: coins that are in A when A is
read, in B when B is, and do that twice are in the lesser reading of both, so the sum of lesser
readings can be twice what there is, and hot wallets that pass coins round do it without intent.
Sound would be evidence that nothing left a row between its readings: an output unspent in both
(Cardano) or an account that its ledger says was last modified before the first (Stellar); answers
of Tron, Solana, Vaulta, aelf and Algorand hold none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from threading import Event

from scanner.chains.interface import BalanceSource
from scanner.model.balance import Balance, unavailable
from scanner.snapshots.asking import ChunkFailedError, Tools, asked, side_by_side
from scanner.snapshots.chunks import NO_SOURCE, read_balances
from scanner.snapshots.interface import (
    Chunk,
    ChunkState,
    NumberedClaim,
    Progress,
    RowResult,
    SnapshotState,
)
from scanner.snapshots.meter import Meter

SourceOf = Callable[[str], BalanceSource | None]


def end_snapshot(
    tools: Tools,
    snapshot_id: int,
    source_of: SourceOf,
    is_over: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> SnapshotState:
    """End a snapshot that is not complete. Returns its state.

    RUNNING where networks are to be read again and cannot be in this run: the next one ends it.
    source_of: a network's source, None where there is none. is_over: whether no more is to be
    begun in this run. progress: told how far the second reading is, if there is one. What differs
    when it is read again, or cannot be, gets a finding; the first reading stays.
    Raises StoppedError, StoreError.
    """
    sink = tools.sink
    if all(chunk.state is ChunkState.DONE for chunk in sink.chunks(snapshot_id)):
        if sink.start(snapshot_id) is SnapshotState.COMPLETE:
            return SnapshotState.COMPLETE
        late = _in_steps(sink.late(snapshot_id))
        meter = Meter([c for chunks in late.values() for c in chunks], progress, afresh=True)
        meter.tell()
        for network, chunks in late.items():
            source = source_of(network)
            if source is None and tools.left_out(network):
                return SnapshotState.RUNNING
            if not _read_again(tools, chunks, source, is_over, meter):
                return SnapshotState.RUNNING
    return sink.end(snapshot_id)


def _in_steps(late: Sequence[Chunk]) -> dict[str, list[Chunk]]:
    """The chunks of each network of newest states that took more than one."""
    by_network: dict[str, list[Chunk]] = {}
    for chunk in late:
        by_network.setdefault(chunk.plan.network, []).append(chunk)
    return {network: chunks for network, chunks in by_network.items() if len(chunks) > 1}


def _read_again(
    tools: Tools,
    chunks: Sequence[Chunk],
    source: BalanceSource | None,
    is_over: Callable[[], bool],
    meter: Meter,
) -> bool:
    """Read chunks once more. Returns whether all of them were."""

    def again(chunk: Chunk) -> None:
        if not is_over():
            _compare(tools, chunk, source, least, meter)
            meter.done(chunk)

    parallel = 1 if source is None else source.ability.parallel
    first = chunks[0]
    least = tools.sink.newest_read(first.snapshot_id, first.plan.network)
    work = [partial(again, chunk) for chunk in chunks]
    # A stop of its own: what goes wrong here ends this snapshot's end and nobody else's work.
    side_by_side(Event(), parallel, work)
    return not is_over()


def _compare(
    tools: Tools, chunk: Chunk, source: BalanceSource | None, least: int, meter: Meter
) -> None:
    tools.go_on()
    with tools.at_work:
        claims = tools.sink.claims(chunk)
    found = _balances(tools, chunk, claims, source, least, partial(meter.part, chunk))
    with tools.at_work:
        seen = zip(claims, found, strict=True)
        tools.sink.finish_chunk(chunk, [RowResult(claim, None, one) for claim, one in seen])


def _balances(
    tools: Tools,
    chunk: Chunk,
    claims: Sequence[NumberedClaim],
    source: BalanceSource | None,
    least: int,
    progress: Callable[[float], None],
) -> Sequence[Balance]:
    plan = chunk.plan
    block = tools.sink.pinned(chunk.snapshot_id, plan.network, plan.height)
    if source is None or block is None:
        return [unavailable(NO_SOURCE.format(network=plan.network))] * len(claims)
    # Of no state before the first reading's last: a node that is behind shows what had left.
    block = replace(block, height=max(block.height, least))
    try:
        return asked(tools, lambda: read_balances(tools, claims, source, block, progress, True))
    except ChunkFailedError as failure:
        return [unavailable(failure.reason)] * len(claims)
