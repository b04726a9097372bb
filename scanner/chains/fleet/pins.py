"""The block that a snapshot is read at: agreed by as many operators as a quorum wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Generic

from scanner.chains.fleet.pool import M, Pool
from scanner.chains.fleet.quorum import winner
from scanner.chains.interface import vouched
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.block import BlockRef

RECENT: Final = 7_200
"""Seconds between an operator's newest block and one that it still calls recent. Bitcoin's times
may be two hours off; whoever is further behind has stopped."""

RECENT_BLOCKS: Final = 30_000
"""The same in blocks, where no times are told: those of the fastest networks."""


class SplitError(SourceRejectedError):
    """Some operators have a block at a height, and others say that there is none to be had.

    Not what those say, for nobody knows who is right: a height that is denied would be taken for a
    number of something else.
    """


class ApartError(SourceUnavailableError):
    """The operators' newest blocks lie so far apart that too few of them have a recent one."""


_NOT_THAT_BLOCK: Final = (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    ApartError,
)
"""A quorum does not have some newest block, and may have another one."""

PinAt = Callable[[M, int | None], BlockRef]
"""Pins a height, or the newest final block, at one endpoint."""

_Tips = dict[str, tuple[str, BlockRef]]
"""Operator -> the name of its endpoint, and its newest block."""


def pin_agreed(
    pool: Pool[M],
    pin: PinAt[M],
    height: int | None,
    quorum: int,
    name: str,
    recent: int = RECENT,
) -> BlockRef:
    """The block that `quorum` operators have at a height; None: the newest that they have.

    name: of the source, for messages. The newest is the highest that so many operators have and
    call recent, by their own newest: else the slowest, or a liar, would choose how old it is. The
    time is what so many operators say of it, None where they differ. recent: seconds, see RECENT;
    more where one node calls blocks final long before another does.
    Raises what the pool raises, SourceRejectedError when the endpoints have different blocks,
    SplitError when some have none, ApartError when some of too few are far behind.
    """
    if quorum == 1:
        at, node = pool.run(lambda n: pin(n, height))
        return vouched(at, own=node.own)
    vote = _Vote(pool, pin, quorum, name, recent)
    at = vote.newest() if height is None else vote.at(height)
    return vouched(at, own=False, quorum=quorum)


class _Vote(Generic[M]):
    """One pin of a quorum."""

    def __init__(self, pool: Pool[M], pin: PinAt[M], quorum: int, name: str, recent: int) -> None:
        self._pool, self._pin, self._quorum, self._name = pool, pin, quorum, name
        self._recent = recent

    def newest(self) -> BlockRef:
        """The highest block that a quorum has and calls recent. Raises SourceError.

        Whoever is left is heard where it cannot be had of those who were.
        """
        tips: _Tips = {}
        for _ in range(self._quorum):
            self._hear(tips, self._pool.run)
        while True:
            known = len(tips)
            try:
                return self._highest(tips)
            except _NOT_THAT_BLOCK:
                if len(tips) == known and not self._may_hear(tips):
                    raise

    def _highest(self, tips: _Tips) -> BlockRef:
        heights = sorted((tip.height for _, tip in tips.values()), reverse=True)
        failure: SourceError | None = None
        for height in dict.fromkeys(heights[self._quorum - 1 :]):
            try:
                return self.at(height, tips)
            except _NOT_THAT_BLOCK as e:
                failure = failure or e
        raise failure or SourceUnavailableError(self._name, "knows no newest block")

    def _may_hear(self, tips: _Tips) -> bool:
        try:
            self._hear(tips, self._pool.run_each)
        except SourceError:
            return False
        return True

    def _hear(self, tips: _Tips, run: Callable[..., tuple[BlockRef, M]]) -> None:
        tip, node = run(lambda n: self._pin(n, None), avoid=tuple(tips))
        tips[node.operator] = node.name, tip

    def at(self, height: int, tips: _Tips | None = None) -> BlockRef:
        """The block that a quorum has at a height. Raises SourceError.

        tips: where given, only those count whose own newest block, which is added, is not far
        after that block, as they say themselves.
        """
        said: dict[str, BlockRef] = {}  # by operator
        names: dict[str, str] = {}
        apart: set[str] = set()

        def task(node: M) -> BlockRef:
            if tips is not None and node.operator not in tips:
                tips[node.operator] = node.name, self._pin(node, None)
            return self._pin(node, height)

        while True:
            try:
                at, node = self._pool.run(task, avoid=tuple(said))
            except SourceError as e:
                if apart and tips is not None:
                    raise self._too_far(tips) from None
                raise self._unsettled(height, said, names, e) from None
            said[node.operator], names[node.operator] = at, node.name
            if tips is not None and not self._is_recent(at, tips[node.operator][1]):
                apart.add(node.operator)
            votes = [(o, _block(ref)) for o, ref in said.items() if o not in apart]
            won = winner(votes, self._quorum)
            if won is not None:
                return replace(won[0], time=self._time(height, said, won[0]))

    def _is_recent(self, at: BlockRef, tip: BlockRef) -> bool:
        """Whether a block is not far before an operator's newest, both as it says itself."""
        if at.time is None or tip.time is None:
            return tip.height - at.height <= RECENT_BLOCKS
        return tip.time - at.time <= self._recent

    def _time(self, height: int, said: dict[str, BlockRef], block: BlockRef) -> int | None:
        """The time that a quorum gives a block; None where none does, though everybody was asked.

        said: by operator. Who tells no time is not asked for another's.
        """
        while True:
            same = [(o, ref.time) for o, ref in said.items() if _block(ref) == block]
            told = [(o, time) for o, time in same if time is not None]
            won = winner(told, self._quorum)
            if won is not None or not told:
                return won[0] if won else None
            try:
                at, node = self._pool.run_each(lambda n: self._pin(n, height), avoid=tuple(said))
            except SourceError:
                return None
            said[node.operator] = at

    def _unsettled(
        self,
        height: int,
        said: dict[str, BlockRef],
        names: dict[str, str],
        error: SourceError,
    ) -> SourceError:
        if len({_block(ref) for ref in said.values()}) > 1:
            told = ((names[o], _words(ref, height)) for o, ref in sorted(said.items()))
            words = "; ".join(f"{who} has {what}" for who, what in told)
            what = f"the endpoints disagree on block {height}: {words}"
            return SourceRejectedError(self._name, what)
        if said and isinstance(error, HeightNotReachedError | HeightPrunedError):
            count = f"only {len(said)} of {self._quorum} operators gave block {height}"
            return SplitError(self._name, f"{count}: {error}")
        return error

    def _too_far(self, tips: _Tips) -> ApartError:
        told = ", ".join(f"{who} has {_moment(tip)}" for who, tip in sorted(tips.values(), key=str))
        return ApartError(
            self._name,
            f"the newest blocks lie too far apart for {self._quorum} operators to have the same: "
            f"{told}; who is behind or ahead is not asked",
        )


def _block(ref: BlockRef) -> BlockRef:
    """What is compared first: all but the time."""
    return replace(ref, time=None)


def _words(ref: BlockRef, height: int) -> str:
    return ref.hash if ref.height == height else f"{ref.hash} of {ref.height}"


def _moment(tip: BlockRef) -> str:
    try:
        when = (
            ""
            if tip.time is None
            else f" of {datetime.fromtimestamp(tip.time, UTC):%Y-%m-%d %H:%M} UTC"
        )
    except (ValueError, OverflowError, OSError):
        when = " of an impossible time"
    return f"{tip.height:,}{when}"
