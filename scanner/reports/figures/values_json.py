"""Values in US dollars as JSON objects: text throughout, each beside its price's date."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.model.amount import format_amount
from scanner.prices.interface import CURRENCY
from scanner.reports.figures.amounts import less
from scanner.reports.figures.other_chains import COLUMN, Chain, chain_objects
from scanner.reports.figures.values import AssetValue, SnapshotValue, ValueReport
from scanner.reports.tables.jsontext import pretty

_CENTS = 2  # decimals of a value
Object = dict[str, object]


def usd(cents: int | None) -> str | None:
    """Whole cents as decimal text with two digits after the dot: -5 -> "-0.05"."""
    if cents is None:
        return None
    sign, digits = ("-" if cents < 0 else ""), str(abs(cents)).rjust(_CENTS + 1, "0")
    return f"{sign}{digits[:-_CENTS]}.{digits[-_CENTS:]}"


def signed_percent(by: int, of: int) -> str | None:
    """by / of in percent with two decimals, towards 0; None where there is no whole."""
    if of <= 0:
        return None
    hundredths = abs(by) * 10_000 // of
    return usd(-hundredths if by < 0 else hundredths)


def grouped(text: str) -> str:
    """Decimal text with grouped digits: "-1234.56" -> "-1,234.56"."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    return f"{sign}{int(whole):,}.{fraction}"


def value_json(report: ValueReport, chains: Iterable[Chain]) -> bytes:
    """The one object of `value --json`: amounts and values as strings, fixed key order.

    chains: other chains that the snapshot was read on.
    """
    return pretty({**value_object(report), COLUMN: chain_objects(chains)})


def value_object(report: ValueReport) -> Object:
    """What a snapshot was worth, share by share, and how that changed; fixed key order."""
    now = report.now
    return {
        **_head(now),
        "currency": CURRENCY,
        **sums_object(now),
        "against": {span: sums_then(report, span) for span in report.then},
        "assets": [asset_object(report, value) for value in now.assets],
    }


def _head(value: SnapshotValue) -> Object:
    return {
        "snapshot": value.taken.snapshot,
        "at": value.taken.at.isoformat(),
        "complete": value.complete,
        "priced": value.priced,
    }


def sums_object(value: SnapshotValue) -> Object:
    """What is claimed, verified and not, in US dollars, of the assets that have a price."""
    return {
        "claimed_usd": usd(value.claimed),
        "verified_usd": usd(value.verified),
        "unverified_usd": usd(value.unverified),
    }


def sums_then(report: ValueReport, span: str) -> Object | None:
    """An earlier snapshot's sums, and how the verified value changed; None if it has none.

    The change is None unless both are complete and nothing is left out on either side, for want
    of a price or of an answer.
    """
    then = report.then[span]
    if then is None or then.verified is None:
        return None
    whole = report.now.complete and report.now.priced and then.priced
    by = less(report.now.verified, then.verified) if whole else None
    return {
        **_head(then),
        **sums_object(then),
        "verified_by_usd": usd(by),
        "verified_by_percent": None if by is None else signed_percent(by, then.verified or 0),
    }


def asset_object(report: ValueReport, value: AssetValue) -> Object:
    """One asset: amounts, their worth with its price, share, and change since earlier ones."""
    return {
        "asset": value.asset,
        "decimals": value.total.decimals,
        "claimed": value.total.to_json()["claimed"],
        "verified": value.total.to_json()["verified"],
        "unverified": value.total.to_json()["unverified"],
        **worth_object(value),
        "share_percent": share(report.now, value),
        "change": {span: change(report, value, span) for span in report.then},
    }


def worth_object(value: AssetValue) -> Object:
    """What one asset was worth, with the price, its time and whose word it is."""
    price = value.price
    return {
        "price_usd": None if price is None else price.text,
        "price_at": None if price is None else price.at.isoformat(),
        "price_source": None if price is None else price.source,
        "price_state": value.state.value,
        "claimed_usd": usd(value.claimed),
        "verified_usd": usd(value.verified),
        "unverified_usd": usd(value.unverified),
    }


def share(of: SnapshotValue, value: AssetValue) -> str | None:
    """An asset's part of the verified value of all that have a price, in percent, rounded down."""
    if value.verified is None or not of.verified:
        return None
    return usd(value.verified * 10_000 // of.verified)


def change(report: ValueReport, value: AssetValue, span: str) -> Object | None:
    """How the verified amount and its value changed since an earlier snapshot.

    None where there is none, either is incomplete, the asset was not in it, or nobody could say
    what was held at one of the two times: that is no fall to 0. The value's change
    is None without a price on either side.
    """
    then = report.then[span]
    old = None if then is None else then.of(value.asset)
    if then is None or old is None or not report.now.complete:
        return None
    decimals = max(value.total.decimals, old.total.decimals)
    before = old.total.rescaled(decimals).verified
    by = less(value.total.rescaled(decimals).verified, before)
    if by is None:
        return None
    return {
        "snapshot": then.taken.snapshot,
        "verified_by_coins": format_amount(by, decimals),
        "verified_by_percent": signed_percent(by, before or 0),
        "verified_by_usd": usd(less(value.verified, old.verified)),
    }
