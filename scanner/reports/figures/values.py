"""What a snapshot's totals were worth in US dollars: a dated opinion beside them, never evidence.

Integers throughout: a value is exact and rounded down to whole cents. What has no price has no
value, which is not the same as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scanner.prices.interface import Price
from scanner.snapshots.tally import AssetTotal
from scanner.store.database.engine import Store
from scanner.store.reading import prices as stored
from scanner.store.reading import queries, series
from scanner.store.reading.prices import Nearest, Taken
from scanner.store.reading.queries import SnapshotTotals

MAX_AGE = timedelta(hours=25)
"""How far from a snapshot's moment a price may be: feeds of stable coins move once a day."""


TotalsOf = Callable[[Store, int], SnapshotTotals]
"""How to find the totals of a snapshot; who keeps them need not read them again."""


class PriceState(StrEnum):
    """Whether a price is near enough: `used`, `stale` (too far, no value of it), or `none`."""

    USED = "used"
    STALE = "stale"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Span:
    """How long before a snapshot an earlier one is looked for, and how far from that it may be."""

    name: str
    before: timedelta
    within: timedelta

    def is_near(self, one: datetime, at: datetime) -> bool:
        """Whether a moment is about so long before another."""
        return abs(one - (at - self.before)) <= self.within


SPANS = (
    Span("month", timedelta(days=30), timedelta(days=10)),
    Span("year", timedelta(days=365), timedelta(days=31)),
)


@dataclass(frozen=True, slots=True)
class PriceRule:
    """Which prices count. max_age: at most so far from the snapshot's moment, before or after.

    source: only of sources whose name begins so; "" for all.
    """

    max_age: timedelta = MAX_AGE
    source: str = ""


@dataclass(frozen=True, slots=True)
class AssetValue:
    """One asset's totals and what they were worth, in whole cents, None without a usable price.

    price: also there when it is stale, so that a reader sees what there was.
    """

    total: AssetTotal
    price: Price | None
    state: PriceState

    @property
    def asset(self) -> str:
        """Our name of the asset."""
        return self.total.asset

    @property
    def claimed(self) -> int | None:
        """Worth of what is claimed; None where the list states no amounts."""
        return self._cents(self.total.claimed)

    @property
    def verified(self) -> int | None:
        """Worth of what is verified; None where nobody could say what is held, which is not 0."""
        return self._cents(self.total.verified)

    @property
    def unverified(self) -> int | None:
        """Worth of what was found at addresses whose control is not shown; None likewise."""
        return self._cents(self.total.unverified)

    @property
    def is_told(self) -> bool:
        """Whether anybody could say what any row of the asset holds."""
        return self.total.is_answered

    @property
    def is_missing(self) -> bool:
        """Whether something of the asset is not in the sums, for want of a price or an answer."""
        amounts = (self.total.claimed, self.total.verified, self.total.unverified)
        return not self.is_told or (self.state is not PriceState.USED and any(amounts))

    def _cents(self, base_units: int | None) -> int | None:
        if base_units is None or self.price is None or self.state is not PriceState.USED:
            return None
        return self.price.cents(base_units, self.total.decimals)


@dataclass(frozen=True, slots=True)
class SnapshotValue:
    """A snapshot's assets by name, with their worth at its moment.

    The sums are of the assets that have a price and an answer: of all of them only where `priced`.
    What is verified and what is not are None where no asset has an answer: that is no 0.
    """

    taken: Taken
    complete: bool
    assets: tuple[AssetValue, ...]

    @property
    def priced(self) -> bool:
        """Whether every asset that is claimed or held has a usable price, and an answer."""
        return not any(value.is_missing for value in self.assets)

    @property
    def claimed(self) -> int:
        """Sum of what the claims were worth, in cents."""
        return sum(value.claimed or 0 for value in self.assets)

    @property
    def verified(self) -> int | None:
        """Sum of what was verified, in cents."""
        return None if self._is_silent else sum(value.verified or 0 for value in self.assets)

    @property
    def unverified(self) -> int | None:
        """Sum of what was found but not verified, in cents."""
        return None if self._is_silent else sum(value.unverified or 0 for value in self.assets)

    @property
    def _is_silent(self) -> bool:
        return bool(self.assets) and not any(value.is_told for value in self.assets)

    def of(self, asset: str) -> AssetValue | None:
        """One asset's value; None if the snapshot has no such asset."""
        return next((value for value in self.assets if value.asset == asset), None)


@dataclass(frozen=True, slots=True)
class ValueReport:
    """A snapshot's value, and those of earlier ones of its series by the name of their span.

    None where its series has no complete snapshot of that time.
    """

    now: SnapshotValue
    then: Mapping[str, SnapshotValue | None]


def value_report(
    store: Store,
    snapshot_id: int,
    rule: PriceRule | None = None,
    totals_of: TotalsOf = queries.totals,
) -> ValueReport:
    """Value a snapshot, and the earlier ones it is compared with, each by its own prices.

    Raises SnapshotNotFoundError.
    """
    chosen = rule or PriceRule()
    now = stored.taken(store, snapshot_id)
    others = stored.taken_by_publisher(store, snapshot_id)
    near = [other for other in others if any(span.is_near(other.at, now.at) for span in SPANS)]
    alike = set(series.with_totals(store, snapshot_id, [other.snapshot for other in near]))
    near = [other for other in near if other.snapshot in alike]
    then: dict[str, SnapshotValue | None] = {}
    for span in SPANS:
        found = earlier(near, now.at, span)
        then[span.name] = None if found is None else _value(store, found, chosen, totals_of)
    return ValueReport(_value(store, now, chosen, totals_of), then)


def earlier(others: list[Taken], at: datetime, span: Span) -> Taken | None:
    """The snapshot nearest to a span before `at`, if it is near enough.

    others: oldest first. Of two that are equally near, the later one.
    """
    wanted = at - span.before
    near = [other for other in others if span.is_near(other.at, at)]
    return min(reversed(near), key=lambda each: abs(each.at - wanted), default=None)


def pick(near: Nearest, at: datetime, max_age: timedelta) -> tuple[Price | None, PriceState]:
    """The price nearest in time (of two equally near the earlier), and whether it is usable."""
    found = [price for price in (near.before, near.after) if price is not None]
    if not found:
        return None, PriceState.NONE
    best = min(found, key=lambda price: abs(price.at - at))
    return best, PriceState.USED if abs(best.at - at) <= max_age else PriceState.STALE


def _value(store: Store, taken: Taken, rule: PriceRule, totals_of: TotalsOf) -> SnapshotValue:
    totals = totals_of(store, taken.snapshot)
    names = [total.asset for total in totals.assets]
    near = stored.prices_near(store, names, taken.at, rule.source)
    assets = [
        AssetValue(total, *pick(near[total.asset], taken.at, rule.max_age))
        for total in totals.assets
    ]
    return SnapshotValue(taken, totals.complete, tuple(assets))
