"""Values in US dollars as pages show them: what stands in each cell of `_value.j2`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.reports.documents.shown import minute
from scanner.reports.figures.amounts import dollars
from scanner.reports.figures.values import SPANS, PriceState
from scanner.reports.figures.values_json import grouped

Json = Mapping[str, Any]
View = dict[str, Any]

_WORTHS = ("verified", "unverified", "claimed")
_DASH = "\N{EN DASH}"


def value_view(value: Json) -> View:
    """The cells for an object of `value_object`. What has no worth has a dash, never a 0."""
    spans = [span.name for span in SPANS if value["against"][span.name] is not None]
    return {
        "at": minute(value["at"]),
        "complete": value["complete"],
        "assets": [
            {"asset": asset["asset"], **worth_view(asset, spans)} for asset in value["assets"]
        ],
        "one_price": _one_price(value["assets"]),
        "all": "All" if value["priced"] else "All priced",
        **_cells(value),
        "changes": [_change(value["against"][span], "") for span in spans],
        "spans": spans,
        "then": [_then(value["against"][span.name], span.name) for span in SPANS],
    }


def _one_price(assets: Sequence[Json]) -> View | None:
    """Time and source of all usable prices, where they are the same for several assets."""
    known = [price_view(a) for a in assets if a["price_state"] == PriceState.USED]
    told = {(p["at"], p["source"]) for p in known}
    return known[0] if len(known) > 1 and len(told) == 1 else None


def point_view(worth: Json) -> View:
    """What an asset was worth at one point in time, with its price."""
    verified = worth["verified_usd"]
    return {"verified": _DASH if verified is None else grouped(verified), **price_view(worth)}


def worth_view(asset: Json, spans: list[str]) -> View:
    """One asset's cells. spans: those that have a column."""
    share = asset["share_percent"]
    return {
        **_cells(asset),
        **price_view(asset),
        "share": _DASH if share is None else f"{share} %",
        "changes": [_change(asset["change"][span], "coins ") for span in spans],
    }


def _cells(worth: Json) -> View:
    """What each side was worth, a dash where that is not known."""
    worths = {name: worth[f"{name}_usd"] for name in _WORTHS}
    return {name: _DASH if text is None else grouped(text) for name, text in worths.items()}


def price_view(worth: Json) -> View:
    """The price of one whole coin ("" where there is none), its time and whose word it is."""
    known = worth["price_usd"] is not None
    return {
        "price": dollars(worth["price_usd"]) if known else "",
        "at": minute(worth["price_at"]) if known else "",
        "source": worth["price_source"] or "",
        "stale": worth["price_state"] == PriceState.STALE,
    }


def _change(change: Json | None, prefix: str) -> View:
    """By how many dollars, and by how many percent; dashes and "" where there is no telling."""
    by = change["verified_by_usd"] if change else None
    percent = change["verified_by_percent"] if change else None
    return {
        "usd": _DASH if by is None else _signed(grouped(by)),
        "percent": f"{prefix}{_signed(percent)} %" if percent is not None else "",
    }


def _signed(number: str) -> str:
    if not number.strip("0.,-"):
        return number.lstrip("-")
    return f"\N{MINUS SIGN}{number[1:]}" if number.startswith("-") else f"+{number}"


def _then(then: Json | None, span: str) -> str:
    if then is None:
        return f"There is no complete snapshot from about a {span} earlier to compare with."
    at = minute(then["at"])
    return f"A {span} before: snapshot {then['snapshot']}, {at} UTC, at the prices of that time."
