"""Which chunks are taken first where reading is slow, and when enough of a list has been read.

Of a hundred thousand rows on a network that answers five a second, a few hundred hold nearly all
that is claimed: chunks with the largest claims come first, and a run may end when so much is
covered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock

from scanner.snapshots.values import Chunk, ChunkState

Claimed = Mapping[str, int]
"""Asset -> base units that a chunk's rows claim, duplicates left out."""


@dataclass(frozen=True, slots=True)
class Goal:
    """When a run may end before everything is read; what is begun is finished.

    seconds: from the start of the run, None for no end. coverage: share of the claimed amount of
    every asset of a network, 0 to 1, above which that network is done for now; None for all.
    """

    seconds: float | None = None
    coverage: Fraction | None = None


class Guide:
    """Orders chunks, and says when to begin no more of them. Safe to use from several threads.

    claimed: chunk number -> what its rows claim; chunks without an entry keep their order, and
    their networks are read to the end.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        claimed: Mapping[int, Claimed],
        goal: Goal,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = Lock()
        self._clock = clock
        self._coverage = goal.coverage
        self._claimed = claimed
        self._end = None if goal.seconds is None else clock() + goal.seconds
        self._total: dict[tuple[str, str], int] = {}
        self._done: dict[tuple[str, str], int] = {}
        for chunk in chunks:
            self._add(self._total, chunk)
            if chunk.state is ChunkState.DONE:
                self._add(self._done, chunk)

    def first_things_first(self, chunks: Iterable[Chunk]) -> list[Chunk]:
        """Chunks by the share of all claims that they hold, the largest first."""
        return sorted(chunks, key=lambda chunk: (-self._share(chunk), chunk.no))

    def is_over(self) -> bool:
        """Whether the run's time is up."""
        return self._end is not None and self._clock() >= self._end

    def enough(self, network: str) -> bool:
        """Whether no more chunks of a network are to be begun in this run."""
        with self._lock:
            if self.is_over():
                return True
            if self._coverage is None:
                return False
            mine = [key for key in self._total if key[0] == network and self._total[key]]
            return bool(mine) and all(
                Fraction(self._done.get(key, 0), self._total[key]) >= self._coverage for key in mine
            )

    def done(self, chunk: Chunk) -> None:
        """A chunk is read."""
        with self._lock:
            self._add(self._done, chunk)

    def covered(self) -> list[tuple[str, Fraction]]:
        """Assets of slow networks and which share of what is claimed there is read, least first.

        Those that are read to the end are left out.
        """
        with self._lock:
            shares: dict[str, Fraction] = {}
            for key, total in self._total.items():
                if total and self._done.get(key, 0) < total:
                    share = Fraction(self._done.get(key, 0), total)
                    shares[key[1]] = min(share, shares.get(key[1], share))
        return sorted(shares.items(), key=lambda item: (item[1], item[0]))

    def _add(self, sums: dict[tuple[str, str], int], chunk: Chunk) -> None:
        for asset, amount in self._claimed.get(chunk.no, {}).items():
            key = chunk.plan.network, asset
            sums[key] = sums.get(key, 0) + amount

    def _share(self, chunk: Chunk) -> Fraction:
        """The largest share of an asset's claims on the network that lies in this chunk."""
        shares = (
            Fraction(amount, self._total[chunk.plan.network, asset])
            for asset, amount in self._claimed.get(chunk.no, {}).items()
            if amount
        )
        return max(shares, default=Fraction(0))
