"""Shapes of the API's answers about what changed between two snapshots, for OpenAPI."""

from __future__ import annotations

from scanner.store.reading.across import Change
from scanner.web.schema import Amount
from scanner.web.schema_value import OtherChain, Shape


class OldNew(Shape):
    """The same amount in the older and the newer snapshot; None: not in that list."""

    old: Amount | None
    new: Amount | None


class AssetChange(Shape):
    """One asset's totals in two snapshots. ..._by: newer minus older, None where unknown."""

    asset: str
    decimals: int
    claimed: OldNew
    verified: OldNew
    claimed_by: str | None
    verified_by: str | None
    in_list: InList


class InList(Shape):
    """Whether each list has the asset."""

    old: bool
    new: bool


class Side(Shape):
    """What one list claims, and what was found."""

    no: int
    row: int
    decimals: int
    claimed: Amount | None
    found: Amount | None


class Difference(Shape):
    """One claim that differs."""

    change: Change
    asset: str
    network: str
    address: str
    old: Side | None
    new: Side | None


class OtherChains(Shape):
    """Other chains that each snapshot was read on."""

    old: list[OtherChain]
    new: list[OtherChain]


class Differences(Shape):
    """What changed from `old` to `new`. complete: False while one of them is being read."""

    old: int
    new: int
    complete: bool
    change: Change
    totals: list[AssetChange]
    differences: list[Difference]
    next: int | None
    other_chains: OtherChains
