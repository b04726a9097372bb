"""What two snapshots differ by, with the differences as numbers: of coins, and of dollars.

Dollars are by the prices of the newer snapshot on both sides: only amounts make them differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from scanner.model.amount import rescale
from scanner.reports.figures.values_json import grouped, usd
from scanner.store.reading.across import Change
from scanner.store.reading.heads import SnapshotHead
from scanner.web.site import Site
from scanner.web.worth import snapshot_worth

Json = Mapping[str, Any]
Prices = Mapping[str, Fraction]
"""Cents of one whole coin, of the assets that have a usable price."""


def prices_of(site: Site, head: SnapshotHead) -> Prices:
    """The usable prices of a snapshot."""
    worth: Any = snapshot_worth(site, head)
    assets = worth["assets"] if worth is not None else ()
    return {
        a["asset"]: Fraction(a["price_usd"]) * 100
        for a in assets
        if a["price_usd"] is not None and a["price_state"] == "used"
    }


def tabs(site: Site, old: SnapshotHead, new: SnapshotHead) -> dict[str, str]:
    """How many claims came, went and moved, in words: "12", or "12 or more" for long lists."""
    counts = site.changed(old, new)
    return {
        change.value: f"{counts[change][0]:,}" + ("" if counts[change][1] else " or more")
        for change in Change
    }


def with_changes(found: Json, prices: Prices) -> dict[str, Any]:
    """The differences with what changed beside both sides, and what that is in dollars.

    `by` is None where one side is not known: not listed is 0, no answer is not.
    """
    return {
        **found,
        "totals": [_total(total, prices) for total in found["totals"]],
        "differences": [_row(row, prices) for row in found["differences"]],
        "sum_usd": _sum(found["totals"], prices),
        "priced": bool(prices),
    }


def _total(total: Json, prices: Prices) -> dict[str, Any]:
    known = _known(total)
    amount = int(total["verified_by"]) if known else None
    return {**total, "usd": _dollars(amount, total["decimals"], prices.get(total["asset"]))}


def _known(total: Json) -> bool:
    """Whether both sides of what is verified have a number, or the list has not the asset."""
    listed, verified = total["in_list"], total["verified"]
    sides = [verified[side] is not None for side in ("old", "new") if listed[side]]
    return bool(sides) and all(sides)


def _sum(totals: Sequence[Json], prices: Prices) -> str:
    """All changes of what is verified, of the assets with a price; "" where there is none."""
    cents = [
        price * int(total["verified_by"]) / 10 ** total["decimals"]
        for total in totals
        if _known(total) and (price := prices.get(total["asset"])) is not None
    ]
    return _words(sum(cents, Fraction())) if cents else ""


def _row(row: Json, prices: Prices) -> dict[str, Any]:
    sides = [side for side in (row["old"], row["new"]) if side is not None]
    decimals = max(side["decimals"] for side in sides)
    by = {name: _by(row, name, decimals) for name in ("claimed", "found")}
    return {
        **row,
        "decimals": decimals,
        "claimed_by": None if by["claimed"] is None else str(by["claimed"]),
        "found_by": None if by["found"] is None else str(by["found"]),
        "usd": _dollars(by["found"], decimals, prices.get(row["asset"])),
    }


def _by(row: Json, name: str, decimals: int) -> int | None:
    amounts = []
    for side in (row["old"], row["new"]):
        if side is not None and side[name] is None:
            return None
        amounts.append(0 if side is None else rescale(int(side[name]), side["decimals"], decimals))
    return amounts[1] - amounts[0]


def _dollars(amount: int | None, decimals: int, price: Fraction | None) -> str:
    if amount is None or price is None:
        return ""
    return _words(price * amount / 10**decimals)


def _words(cents: Fraction) -> str:
    """Whole cents towards 0, with the sign of a change."""
    whole = abs(cents).__floor__()
    if not whole:
        return "0.00"
    return f"{'+' if cents > 0 else chr(0x2212)}{grouped(str(usd(whole)))}"
