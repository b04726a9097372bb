"""Ends a snapshot. Before, networks that were read step by step at newest states are read again.

A chunk is read until two passes agree, so its balances were there at one moment. The next chunk's
moment is another one: coins that move from a row that is not read yet to one that was, or the other
way between two runs, would count twice. A balance that is the same after the last chunk was read as
when it was read itself was there all the time, and so were all such together, at one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from scanner.chains.interface import BalanceSource
from scanner.model.balance import Balance, unavailable
from scanner.snapshots.asking import ChunkFailedError, StoppedError, Tools, asked, side_by_side
from scanner.snapshots.chunks import NO_SOURCE, read_balances
from scanner.snapshots.interface import (
    Chunk,
    ChunkState,
    NumberedClaim,
    RowResult,
    SnapshotState,
)

SourceOf = Callable[[str], BalanceSource | None]


def end_snapshot(tools: Tools, snapshot_id: int, source_of: SourceOf) -> SnapshotState:
    """End a snapshot that is not complete. Returns its state; RUNNING where it is to stop.

    source_of: a network's source, None where there is none now. What differs when it is read again,
    or cannot be, gets a finding; the first reading stays. Raises StoreError.
    """
    sink = tools.sink
    if all(chunk.state is ChunkState.DONE for chunk in sink.chunks(snapshot_id)):
        if sink.start(snapshot_id) is SnapshotState.COMPLETE:
            return SnapshotState.COMPLETE
        try:
            _read_again(tools, sink.late(snapshot_id), source_of)
        except StoppedError:
            return SnapshotState.RUNNING
    return sink.end(snapshot_id)


def _read_again(tools: Tools, late: Sequence[Chunk], source_of: SourceOf) -> None:
    by_network: dict[str, list[Chunk]] = {}
    for chunk in late:
        by_network.setdefault(chunk.plan.network, []).append(chunk)
    for network, chunks in by_network.items():
        if len(chunks) > 1:
            source = source_of(network)
            parallel = 1 if source is None else source.ability.parallel
            work = [partial(_compare, tools, chunk, source) for chunk in chunks]
            side_by_side(tools.stop, parallel, work)


def _compare(tools: Tools, chunk: Chunk, source: BalanceSource | None) -> None:
    tools.go_on()
    with tools.at_work:
        claims = tools.sink.claims(chunk)
    found = _balances(tools, chunk, claims, source)
    with tools.at_work:
        seen = zip(claims, found, strict=True)
        tools.sink.finish_chunk(chunk, [RowResult(claim, None, one) for claim, one in seen])


def _balances(
    tools: Tools, chunk: Chunk, claims: Sequence[NumberedClaim], source: BalanceSource | None
) -> Sequence[Balance]:
    plan = chunk.plan
    block = tools.sink.pinned(chunk.snapshot_id, plan.network, plan.height)
    if source is None or block is None:
        return [unavailable(NO_SOURCE.format(network=plan.network))] * len(claims)
    try:
        return asked(tools, lambda: read_balances(tools, claims, source, block, None))
    except ChunkFailedError as failure:
        return [unavailable(failure.reason)] * len(claims)
