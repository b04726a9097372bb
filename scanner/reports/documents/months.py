"""Each asset over the complete snapshots of a series so far: for small drawings side by side."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import islice
from typing import Any

from markupsafe import Markup

from scanner.model.amount import rescale
from scanner.reports.documents.lines import sparkline
from scanner.reports.figures.amounts import reading_coins
from scanner.reports.tables.text import printable
from scanner.store.database.engine import Store
from scanner.store.reading.history import AssetPoint, asset_histories, in_order, publisher_of
from scanner.store.reading.queries import SnapshotTotals
from scanner.store.reading.series import with_totals

Object = dict[str, object]
Json = Mapping[str, Any]

SNAPSHOTS = 24
"""As many at most are in it, this one and the newest before it."""
MOST_DRAWN = 24
"""Assets that are drawn; the twin has all."""


def over_time(store: Store, totals: SnapshotTotals) -> list[Object]:
    """Claimed and verified of each asset in this and those before it in its series, oldest first.

    Only assets that two of them have; amounts in base units of the asset's decimals here.
    """
    if not totals.complete:
        return []
    every = in_order(store, publisher_of(store, totals.snapshot), with_pruned=True)
    earlier = every[every.index(totals.snapshot) + 1 :] if totals.snapshot in every else []
    past = islice(with_totals(store, totals.snapshot, earlier), SNAPSHOTS - 1)
    histories = asset_histories(store, [totals.snapshot, *past])
    found: list[Object] = []
    for total in totals.assets:
        points = histories.get(total.asset, ())
        decimals = max([p.total.decimals for p in points if p.total], default=0)
        kept = [_point(p, decimals) for p in reversed(points) if p.total is not None]
        if len(kept) > 1:
            found.append({"asset": total.asset, "decimals": decimals, "points": kept})
    return found


def _point(point: AssetPoint, decimals: int) -> Object:
    known = {} if point.total is None else point.total.to_json()
    own = int(str(known["decimals"]))
    amounts = {
        name: None if known[name] is None else str(rescale(int(str(known[name])), own, decimals))
        for name in ("claimed", "verified")
    }
    return {"snapshot": point.snapshot, "at": point.at.isoformat(), **amounts}


def small_multiples(found: Json) -> list[dict[str, Any]]:
    """What is drawn of each asset: its line, the first and the last amount, both days.

    What nobody answered is left out of a line; it is no zero.
    """
    drawn = []
    for asset in found.get("history", ())[:MOST_DRAWN]:
        points = [p for p in asset["points"] if p["verified"] is not None]
        if len(points) < 2:
            continue
        name, decimals = asset["asset"], asset["decimals"]
        days = [points[0]["at"][:7], points[-1]["at"][:7]]
        if days[0] == days[1]:
            days = [points[0]["at"][:10], points[-1]["at"][:10]]
        amounts = [int(p["verified"]) for p in points]
        first, last = (reading_coins(a, decimals, name) for a in (amounts[0], amounts[-1]))
        words = f"verified {printable(name)}: {first} at first, {last} at last"
        drawn.append(
            {
                "asset": name,
                "line": Markup(sparkline(amounts, escape(words))),  # noqa: S704 - our own drawing
                "first": first,
                "last": last,
                "since": days[0],
                "until": days[1],
                "snapshots": len(points),
            }
        )
    return drawn
