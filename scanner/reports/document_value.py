"""The report's part about worth in US dollars: dated statements of others, never evidence."""

from __future__ import annotations

from scanner.prices.interface import CURRENCY
from scanner.reports.values import AssetValue, PriceState, SnapshotValue, snapshot_value
from scanner.reports.values_text import share, usd
from scanner.store.engine import Store


def value_object(store: Store, snapshot_id: int) -> dict[str, object] | None:
    """What the totals were worth, each number with its price, the price's time and its source.

    None where no price of any of the assets is stored. Raises SnapshotNotFoundError.
    """
    value = snapshot_value(store, snapshot_id)
    if all(asset.state is PriceState.NONE for asset in value.assets):
        return None
    return {
        "currency": CURRENCY,
        "at": value.taken.at.isoformat(),
        "priced": value.priced,
        "claimed_usd": usd(value.claimed),
        "verified_usd": usd(value.verified),
        "unverified_usd": usd(value.unverified),
        "assets": [_asset(value, asset) for asset in value.assets],
    }


def _asset(whole: SnapshotValue, value: AssetValue) -> dict[str, object]:
    price = value.price
    return {
        "asset": value.asset,
        "price_usd": None if price is None else price.text,
        "price_at": None if price is None else price.at.isoformat(),
        "price_source": None if price is None else price.source,
        "price_state": value.state.value,
        "claimed_usd": usd(value.claimed),
        "verified_usd": usd(value.verified),
        "unverified_usd": usd(value.unverified),
        "share_percent": share(whole, value),
    }
