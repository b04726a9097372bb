"""The block that a snapshot is read at: agreed by as many operators as a quorum wants."""

from __future__ import annotations

from collections.abc import Callable

from scanner.chains.fleet.pool import M, Pool
from scanner.chains.fleet.quorum import winner
from scanner.chains.interface import vouched
from scanner.errors import SourceError, SourceRejectedError
from scanner.model.block import BlockRef

PinAt = Callable[[M, int | None], BlockRef]
"""Pins a height, or the newest final block, at one endpoint."""


def pin_agreed(
    pool: Pool[M], pin: PinAt[M], height: int | None, quorum: int, name: str
) -> BlockRef:
    """The block that `quorum` operators have at a height; None: the newest that they all have.

    name: of the source, for messages. Of several newest blocks the lowest is taken.
    Raises what the pool raises, SourceRejectedError when the endpoints have different blocks.
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
        except SourceError:
            if len({ref.hash for ref in said.values()}) < 2:
                raise
            words = "; ".join(f"{names[o]} has {ref.hash}" for o, ref in sorted(said.items()))
            raise SourceRejectedError(
                name, f"the endpoints disagree on block {height}: {words}"
            ) from None
        said[node.operator], names[node.operator] = at, node.name
        won = winner(((o, ref.hash) for o, ref in said.items()), quorum)
        if won is not None:
            return at if at.hash == won[0] else _of(said, won[0])


def _of(said: dict[str, BlockRef], block_hash: str) -> BlockRef:
    return next(ref for ref in said.values() if ref.hash == block_hash)
