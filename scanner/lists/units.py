"""Doubts the unit of amounts that no part of a file says: whole coins, or base units?"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.amount import grouped_amount
from scanner.model.claim import Unit

FEW = 8
"""Fewer amounts than this may well all be whole by chance."""

_VARIED = 4
"""Last digits that must differ: round numbers are whole for another reason."""


@dataclass(slots=True)
class Units:
    """What the amounts of one coin have in common. digits: which last digits there were, as bits.

    fraction: one of them is no whole number of coins. largest: in whole coins.
    """

    fraction: bool = False
    digits: int = 0
    largest: int = 0
    count: int = 0

    def add(self, amount: int, decimals: int) -> None:
        """Take in an amount in base units."""
        if self.fraction:
            return
        coins, rest = divmod(amount, 10**decimals)
        if rest:
            self.fraction = True
            return
        self.count += 1
        self.digits |= 1 << coins % 10
        self.largest = max(self.largest, coins)

    def merge(self, other: Units) -> None:
        """Take in what amounts of another part have in common."""
        self.fraction |= other.fraction
        self.count += other.count
        self.digits |= other.digits
        self.largest = max(self.largest, other.largest)


def doubt(unit: str, units: Units, total: int, decimals: int, most: int | None) -> str:
    """Why the unit taken for granted is doubted; "" if it is not.

    unit: a `Unit`, or "". total: of the rows, in base units. most: whole coins that can exist,
    None if nobody knows.
    """
    if unit == Unit.BASE and total:
        return (
            "this layout once used base units, but no total of the list confirms that: the amounts "
            f"add up to {grouped_amount(total, decimals)} coins, or to {total:,} if they are whole "
            "coins; use --unit base or --unit coin"
        )
    if unit != Unit.COIN:
        return ""
    readings = f"{grouped_amount(total, decimals)} coins, or {grouped_amount(total, 2 * decimals)}"
    settle = f"{readings} if they are base units: use --unit coin or --unit base"
    if most is not None and total > most * 10**decimals:
        return f"together more than can exist, {settle}"
    varied = units.digits.bit_count() >= _VARIED and units.count >= FEW
    plausible = units.largest >= 10 ** max(decimals - 2, 1) and decimals >= 6
    if varied and plausible and not units.fraction:
        return f"all {units.count} are whole numbers, {settle}"
    return ""
