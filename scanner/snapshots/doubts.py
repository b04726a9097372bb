"""Which amounts of a list are doubted as a whole: in what unit they are, or of which day.

Where that is doubted, a balance that is less than the amount as it was read contradicts nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from scanner.model.claim import Claim
from scanner.model.finding import FindingKind

DOUBTING: Final = frozenset((FindingKind.UNIT_DOUBTED, FindingKind.ROWS_DOUBTED))
"""Findings about a list that make its amounts doubtful."""


class Doubts(NamedTuple):
    """What is doubted of a list.

    whole: every amount. assets: (asset, network) whose amounts are. rows: lines that are.
    below: the line below which every amount is, None if there is no such line.
    """

    whole: bool = False
    assets: frozenset[tuple[str, str]] = frozenset()
    rows: frozenset[int] = frozenset()
    below: int | None = None

    def about(self, claim: Claim) -> bool:
        """Whether a claim's amount is doubted."""
        if self.whole or claim.row in self.rows:
            return True
        if self.below is not None and claim.row > self.below:
            return True
        return bool(self.assets) and (claim.asset, claim.network) in self.assets


NONE: Final = Doubts()
