"""What a price is: a dated statement by somebody named, kept exactly. Never evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scanner.errors import AmountFormatError
from scanner.model.amount import format_amount, parse_amount
from scanner.model.registry import Registry

CURRENCY = "USD"
MAX_DECIMALS = 36
"""Digits after the dot of a price: those of the asset with the most decimals and some more."""
MAX_WHOLE_DIGITS = 15
"""Digits before the dot: a coin that costs more than all money is a mistake."""
MAX_SOURCE = 200
"""Characters of a source's name."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one whole coin cost in US dollars, said by `source` for the moment `at`.

    value: an integer above 0, the price times 10**decimals; 0 <= decimals <= MAX_DECIMALS.
    at: with an offset. source: how it was read, a colon, and who says so ("csv: Kraken").
    Raises ValueError for anything else: no price is made up, and 0 is not a price.
    """

    asset: str
    at: datetime
    source: str
    value: int
    decimals: int

    def __post_init__(self) -> None:
        if self.value <= 0 or not 0 <= self.decimals <= MAX_DECIMALS:
            raise ValueError(f"no price: {self.value} with {self.decimals} decimals")
        if self.value >= 10 ** (MAX_WHOLE_DIGITS + self.decimals):
            raise ValueError(f"a price has at most {MAX_WHOLE_DIGITS} digits before the dot")
        if self.at.tzinfo is None:
            raise ValueError("times need an offset")
        if not (self.source.isprintable() and 0 < len(self.source) <= MAX_SOURCE):
            raise ValueError("a source needs a printable name")

    @property
    def text(self) -> str:
        """The price as exact decimal text: "67187.335"."""
        return format_amount(self.value, self.decimals)

    def cents(self, base_units: int, decimals: int) -> int:
        """The value of an amount in whole US cents, floored: 9.99 cents are 9, -0.01 are -1.

        base_units: of the asset, of `decimals`; the fraction of a cent that is lost is not kept.
        """
        whole: int = 10 ** (decimals + self.decimals)
        return base_units * self.value * 100 // whole


@dataclass(frozen=True, slots=True)
class NoPrice:
    """Why there is no price of an asset, in words for people. at: of the refused one, if any."""

    asset: str
    reason: str
    at: datetime | None = None


def parse_price(text: str) -> tuple[int, int]:
    """Read plain decimal text as (value, decimals), exactly, without trailing zeros.

    Raises AmountFormatError: negative, an exponent, no digits, 0, too large, too many decimals.
    """
    fraction = text.strip().partition(".")[2]
    if len(fraction) > MAX_DECIMALS:
        raise AmountFormatError(text, f"more than {MAX_DECIMALS} digits after the dot")
    value, decimals = parse_amount(text, len(fraction)), len(fraction)
    if value == 0:
        raise AmountFormatError(text, "0 is not a price; leave the row out if there is none")
    if value >= 10 ** (MAX_WHOLE_DIGITS + decimals):
        raise AmountFormatError(text, f"more than {MAX_WHOLE_DIGITS} digits before the dot")
    while decimals and value % 10 == 0:
        value, decimals = value // 10, decimals - 1
    return value, decimals


def make_price(asset: str, at: datetime, source: str, text: str) -> Price:
    """Make a price of its decimal text. Raises AmountFormatError, ValueError."""
    value, decimals = parse_price(text)
    return Price(asset, at, source, value, decimals)


def asset_names(registry: Registry) -> Mapping[str, str]:
    """Our asset names by their upper-case spelling."""
    return {holding.asset.upper(): holding.asset for holding in registry.holdings()}


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a moment in UTC. Raises ValueError beyond the year 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as e:
        raise ValueError(f"no such time: {seconds}") from e
