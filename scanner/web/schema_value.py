"""Shapes of the API's answers about worth and ratios, for OpenAPI."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from scanner.liabilities.interface import LiabilityEvidence
from scanner.reports.figures.values import PriceState

Usd = str
"""US dollars as decimal text with two digits after the dot: whole cents, cut."""


class Shape(BaseModel):
    """Exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class OtherChain(Shape):
    """A network that was read on a chain that is not its own: a test chain, a fork."""

    network: str
    chain: str


class Worth(Shape):
    """What an asset's totals were worth, by a dated price of a named source: never evidence.

    ..._usd: None without a usable price, which is not 0. price_...: None where none is stored.
    """

    price_usd: str | None
    price_at: str | None
    price_source: str | None
    price_state: PriceState
    claimed_usd: Usd | None
    verified_usd: Usd | None
    unverified_usd: Usd | None


class ValueChange(Shape):
    """How the verified amount, in whole coins, and its value changed since a snapshot."""

    snapshot: int
    verified_by_coins: str
    verified_by_percent: str | None
    verified_by_usd: Usd | None


class Changes(Shape):
    """Changes since the snapshots of about a month and a year before; None if there is none."""

    month: ValueChange | None
    year: ValueChange | None


class AssetValue(Worth):
    """One asset's amounts, their worth, its share of the verified worth, and its changes."""

    asset: str
    decimals: int
    claimed: str | None
    verified: str | None
    unverified: str | None
    share_percent: str | None
    change: Changes


class Sums(Shape):
    """A snapshot's worth. priced: whether nothing is left out, for want of price or answer.

    What is verified and what is not: None where nobody said what is held of any asset.
    """

    snapshot: int
    at: str
    complete: bool
    priced: bool
    claimed_usd: Usd
    verified_usd: Usd | None
    unverified_usd: Usd | None


class SumsThen(Sums):
    """An earlier snapshot's worth, and how the verified worth changed since."""

    verified_by_usd: Usd | None
    verified_by_percent: str | None


class Against(Shape):
    """Snapshots of about a month and a year before; None if there is none."""

    month: SumsThen | None
    year: SumsThen | None


class Value(Sums):
    """The object of `scanner value --json`."""

    currency: Literal["USD"]
    against: Against
    assets: list[AssetValue]
    other_chains: list[OtherChain]


class SnapshotValue(Shape):
    """What a snapshot was worth. value: None where no price of its assets is stored."""

    snapshot: int
    value: Value | None


class Ratio(Shape):
    """Reserves against liabilities of one asset, each side with its evidence.

    reserves_evidence: the weakest among the verified reserves, None where nothing is verified.
    scope: of whom alone the liabilities are, None for all users. dated: whether they were compared
    with the time of the balances. owed_in_unit: what is owed, with its unit, where that is not the
    asset: then no total has it as liabilities.
    """

    asset: str
    reserve_ratio: str | None
    reserves_evidence: Literal["proven", "agreed", "reported", "latest_only"] | None
    liabilities_evidence: LiabilityEvidence
    meaning: str
    proven_per_coin: bool
    source: str
    as_of: str
    dated: bool
    published_ratio: str | None
    scope: str | None
    owed_in_unit: str | None


class AggregatePrice(Shape):
    """A price that the ratio over all coins rests on: of one whole coin, in US dollars."""

    asset: str
    value: str
    at: str
    source: str


class AggregateRatio(Shape):
    """Reserves at dated prices against one proven net over all coins; of no single coin.

    net: in the publisher's unit of value. unit_usd, owed_usd: None where nobody said what one unit
    is. aggregate_ratio: None with the reason in why_absent. published_ratio: the publisher's word.
    left_out: coins that the publisher issues itself, which are no reserves and in no figure here.
    ratio_limits: what the ratio may not be read without: no proof names its day.
    """

    format: str
    source: str
    sha256: str
    grade: LiabilityEvidence
    net: str
    unit_usd: str | None
    owed_usd: Usd | None
    reserves_usd: Usd | None
    all_assets_priced: bool
    at: str
    prices: list[AggregatePrice]
    aggregate_ratio: str | None
    ratio_limits: str | None
    why_absent: str
    published_ratio: str | None
    left_out: list[str]
    gap: str | None


class Ratios(Shape):
    """Assets whose liabilities are known. A ratio is only as strong as its weaker side."""

    snapshot: int
    complete: bool
    ratios: list[Ratio]
    other_chains: list[OtherChain]
