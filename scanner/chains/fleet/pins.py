"""The block that a snapshot is read at: agreed by as many operators as a quorum wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scanner.chains.fleet.pool import M, Pool
from scanner.chains.fleet.quorum import winner
from scanner.chains.interface import vouched
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceError,
    SourceRejectedError,
)
from scanner.model.block import BlockRef


class SplitError(SourceRejectedError):
    """Some operators have a block at a height, and others say that there is none to be had.

    Not what those say, for nobody knows who is right: a height that is denied would be taken for a
    number of something else.
    """


PinAt = Callable[[M, int | None], BlockRef]
"""Pins a height, or the newest final block, at one endpoint."""


def pin_agreed(
    pool: Pool[M], pin: PinAt[M], height: int | None, quorum: int, name: str
) -> BlockRef:
    """The block that `quorum` operators have at a height; None: the newest that they all have.

    name: of the source, for messages. Of several newest blocks the lowest is taken. Its time is
    what so many operators say of it, None where they differ.
    Raises what the pool raises, SourceRejectedError when the endpoints have different blocks,
    SplitError when some have none.
    """
    if quorum == 1:
        at, node = pool.run(lambda n: pin(n, height))
        return vouched(at, own=node.own)
    if height is None:
        tips: list[BlockRef] = []
        asked: list[str] = []
        for _ in range(quorum):
            at, node = pool.run(lambda n: pin(n, None), avoid=tuple(asked))
            asked.append(node.operator)
            tips.append(at)
        height = min(tip.height for tip in tips)
    at = _agreed(pool, pin, height, quorum, name)
    return vouched(at, own=False, quorum=quorum)


def _agreed(pool: Pool[M], pin: PinAt[M], height: int, quorum: int, name: str) -> BlockRef:
    said: dict[str, BlockRef] = {}  # by operator
    names: dict[str, str] = {}
    while True:
        try:
            at, node = pool.run(lambda n: pin(n, height), avoid=tuple(said))
        except SourceError as e:
            if len({_block(ref) for ref in said.values()}) < 2:
                if said and isinstance(e, HeightNotReachedError | HeightPrunedError):
                    what = f"only {len(said)} of {quorum} operators gave block {height}: {e}"
                    raise SplitError(name, what) from None
                raise
            told = ((names[o], _words(ref, height)) for o, ref in sorted(said.items()))
            words = "; ".join(f"{who} has {what}" for who, what in told)
            raise SourceRejectedError(
                name, f"the endpoints disagree on block {height}: {words}"
            ) from None
        said[node.operator], names[node.operator] = at, node.name
        won = winner(((o, _block(ref)) for o, ref in said.items()), quorum)
        if won is not None:
            return replace(won[0], time=_time(pool, pin, height, quorum, said, won[0]))


def _time(
    pool: Pool[M],
    pin: PinAt[M],
    height: int,
    quorum: int,
    said: dict[str, BlockRef],
    block: BlockRef,
) -> int | None:
    """The time that a quorum gives a block; None where none does, though everybody was asked.

    said: by operator. Who tells no time is not asked for another's.
    """
    while True:
        same = [(o, ref.time) for o, ref in said.items() if _block(ref) == block]
        told = [(o, time) for o, time in same if time is not None]
        won = winner(told, quorum)
        if won is not None or not told:
            return won[0] if won else None
        try:
            at, node = pool.run_each(lambda n: pin(n, height), avoid=tuple(said))
        except SourceError:
            return None
        said[node.operator] = at


def _block(ref: BlockRef) -> BlockRef:
    """What is compared first: all but the time."""
    return replace(ref, time=None)


def _words(ref: BlockRef, height: int) -> str:
    return ref.hash if ref.height == height else f"{ref.hash} of {ref.height}"
