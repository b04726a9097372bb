"""Binance's totals of each coin, `config.json`, and the commitment to them.

Each asset is 20 words of the field: (equity, debt, price), three collaterals, and 36 tiers of its
collateral's worth, two a word. Places up to the circuit's number of assets are filled with assets
without a price. Source: github.com/binance/zkmerkle-proof-of-solvency (MIT licence).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from scanner.liabilities import strict
from scanner.liabilities.gate.packing import LIMIT, name_of, pack
from scanner.liabilities.gate.poseidon import hash_words
from scanner.liabilities.refusal import RefusedError, ShapeError

SIZES = (10, 500)
"""Places for assets: of Binance's examples, and of what it publishes; the cheap one first."""
TIERS = 12
_BOUNDARY, _RATIO = 2**118, 2**8
_TIER_NAMES = ("BoundaryValue", "Ratio", "PrecomputedValue")
_FIGURES = (
    "TotalEquity",
    "TotalDebt",
    "BasePrice",
    "LoanCollateral",
    "MarginCollateral",
    "PortfolioMarginCollateral",
)
_RATIOS = ("LoanRatios", "MarginRatios", "PortfolioMarginRatios")


@dataclass(frozen=True, slots=True)
class Asset:
    """name: the publisher's. Amounts and price in its own units.

    collaterals: loan, margin, portfolio margin. tiers: 18 packed words.
    """

    name: str
    equity: int
    debt: int
    price: int
    collaterals: tuple[int, ...]
    tiers: tuple[int, ...]

    def words(self) -> list[int]:
        """The 20 words that are committed to."""
        loan, margin, portfolio = self.collaterals
        own = pack(self.equity, self.debt, self.price), pack(loan, margin, portfolio)
        return [*own, *self.tiers]

    def emptied(self) -> Asset:
        """The same before anybody holds it."""
        return replace(self, equity=0, debt=0, collaterals=(0, 0, 0))


def _two_tiers(first: tuple[int, int], second: tuple[int, int]) -> int:
    """Two (boundary, ratio) in one word: 8 and 118 bits each, low first."""
    (bound, ratio), (bound2, ratio2) = first, second
    return ratio + (bound << 8) + (ratio2 << 126) + (bound2 << 134)


_NO_TIERS = (_two_tiers((_BOUNDARY, 0), (_BOUNDARY, 0)),) * (3 * TIERS // 2)
_EMPTY = Asset("", 0, 0, 0, (0, 0, 0), _NO_TIERS)


def commit(assets: Iterable[Asset], size: int) -> int:
    """The commitment to all assets, in a circuit with `size` places."""
    words = [word for asset in assets for word in asset.words()]
    filled = len(words) // len(_EMPTY.words())
    return hash_words([*words, *_EMPTY.words() * (size - filled)])


def read_assets(value: object) -> list[Asset]:
    """The assets by their numbers. Raises ShapeError, RefusedError (users owe more than they hold:
    the publisher's own check refuses that)."""
    place = "/CexAssetsInfo"
    if not isinstance(value, list) or not 1 <= len(value) <= SIZES[-1]:
        raise ShapeError(place, f"not a list of 1 to {SIZES[-1]} assets")
    found: dict[int, Asset] = {}
    for i, entry in enumerate(value):
        parts = strict.fields(entry, f"{place}/{i}", (*_FIGURES, *_RATIOS, "Symbol", "Index"))
        index = strict.integer(parts["Index"], f"{place}/{i}/Index", len(value))
        if index in found:
            raise ShapeError(f"{place}/{i}/Index", f"asset {index} twice")
        found[index] = _asset(parts, f"{place}/{i}")
    return [found[index] for index in range(len(value))]


def _asset(parts: Mapping[str, object], place: str) -> Asset:
    name = name_of(parts["Symbol"], f"{place}/Symbol")
    equity, debt, price, *collaterals = (
        strict.integer(parts[figure], f"{place}/{figure}", LIMIT) for figure in _FIGURES
    )
    if equity < debt:
        raise RefusedError(place, f"{name}: users owe {debt} and hold {equity}")
    tiers = tuple(word for each in _RATIOS for word in _tiers(parts[each], f"{place}/{each}"))
    return Asset(name, equity, debt, price, tuple(collaterals), tiers)


def _tiers(value: object, place: str) -> list[int]:
    read = strict.each(value, place, TIERS, _tier)
    return [_two_tiers(*pair) for pair in zip(read[::2], read[1::2], strict=True)]


def _tier(value: object, place: str) -> tuple[int, int]:
    parts = strict.fields(value, place, _TIER_NAMES)
    bound = strict.integer(parts["BoundaryValue"], f"{place}/BoundaryValue", _BOUNDARY + 1)
    strict.integer(parts["PrecomputedValue"], f"{place}/PrecomputedValue", 2**128)
    return bound, strict.integer(parts["Ratio"], f"{place}/Ratio", _RATIO)
