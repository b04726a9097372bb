"""Which amounts of a list are doubted as a whole: in what unit they are, or of which day.

Where that is doubted, a balance that is less than the amount as it was read contradicts nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from scanner.model.claim import Claim
from scanner.model.dates import Span
from scanner.model.finding import FindingKind

DOUBTING: Final = frozenset((FindingKind.UNIT_DOUBTED, FindingKind.ROWS_DOUBTED))
"""Findings about a list that make its amounts doubtful."""


LONG_AGO: Final = 86_400
"""Seconds between a newest block and the snapshot from which on its endpoint may have stopped. Of
the networks that are final last, Ethereum Classic's newest final block is half a day old."""


class Doubts(NamedTuple):
    """What is doubted of a list.

    whole: every amount. assets: (asset, network) whose amounts are. rows: lines that are.
    below: the line below which every amount is, None if there is no such line. days: of which the
    rows without a height are, as the list says. other_day: whether they were read on another one.
    read_at: the height that rows are read at, None for the newest block, "" where nothing is read:
    a row that states another one is of another time, as the user wants it (`--at`).
    begun: when the snapshot was made, seconds since 1970 UTC. is_old: whether the newest block is
    of long before, by the word of one endpoint alone: it may have stopped there.
    """

    whole: bool = False
    assets: frozenset[tuple[str, str]] = frozenset()
    rows: frozenset[int] = frozenset()
    below: int | None = None
    days: tuple[Span, ...] = ()
    other_day: bool = False
    read_at: int | str | None = ""
    begun: int | None = None
    is_old: bool = False

    def at(self, height: int | None, time: int | None, *, alone: bool = False) -> Doubts:
        """The same at a block. height: as it was wanted, None for the newest. time: of the block,
        seconds since 1970 UTC, None if nobody knows. alone: whether one endpoint named it that is
        not the user's own, and of the network's own chain: a test chain's clock may be anything.

        What is of one day and read on another is doubted; zones of time make one day.
        """
        old = False
        if alone and height is None and time is not None and self.begun is not None:
            old = self.begun - time > LONG_AGO
        if not self.days:
            return self._replace(read_at=height, is_old=old)
        day = None if time is None else date(1970, 1, 1).toordinal() + time // 86_400
        near = day is not None and any(s.first - 1 <= day <= s.last + 1 for s in self.days)
        return self._replace(other_day=not near, read_at=height, is_old=old)

    def of_old(self, claim: Claim) -> bool:
        """Whether a claim states no block and was read at one that is too old to be the newest."""
        return self.is_old and claim.height is None

    def about(self, claim: Claim) -> bool:
        """Whether a claim's amount is doubted, or what was read for it."""
        if self.whole or claim.row in self.rows or self.of_old(claim):
            return True
        if claim.height is None:
            if self.other_day:
                return True
        elif self.read_at not in ("", claim.height):
            return True
        if self.below is not None and claim.row > self.below:
            return True
        return bool(self.assets) and (claim.asset, claim.network) in self.assets


NONE: Final = Doubts()
