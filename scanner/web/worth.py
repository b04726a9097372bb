"""What amounts were worth, for the pages and the API: dated statements of others, no evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.reports.documents.document_value import document_value
from scanner.reports.figures.values import (
    MAX_AGE,
    AssetValue,
    PriceState,
    TotalsOf,
    pick,
    value_report,
)
from scanner.reports.figures.values_json import asset_object, worth_object
from scanner.snapshots.values import SnapshotState
from scanner.store.database.engine import Store
from scanner.store.reading.history import AssetPoint
from scanner.store.reading.prices import prices_at
from scanner.store.reading.queries import SnapshotHead, SnapshotTotals
from scanner.web.objects import Object
from scanner.web.site import Site


def snapshot_worth(site: Site, head: SnapshotHead) -> Mapping[str, Any] | None:
    """What a snapshot was worth; None where no price of its assets is stored."""
    return site.worth(head, lambda: document_value(site.store, head.id, kept_by(site)))


def asset_worth(site: Site, asset: str, points: Sequence[AssetPoint]) -> Object | None:
    """The worth of an asset in the newest complete snapshot, and how it changed.

    points: newest first. None if that snapshot has not the asset, or no price of it is stored.
    """
    newest = next((p for p in points if p.state is SnapshotState.COMPLETE), None)
    if newest is None or newest.total is None:
        return None
    report = value_report(site.store, newest.snapshot, totals_of=kept_by(site))
    value = report.now.of(asset)
    if value is None or value.state is PriceState.NONE:
        return None
    return asset_object(report, value)


def point_worths(site: Site, asset: str, points: Sequence[AssetPoint]) -> list[Object | None]:
    """What an asset was worth at each point; None where there is no total or no price."""
    near = prices_at(site.store, asset, [point.at for point in points])
    worths: list[Object | None] = []
    for point, prices in zip(points, near, strict=True):
        price, state = pick(prices, point.at, MAX_AGE)
        if point.total is None or price is None:
            worths.append(None)
        else:
            worths.append(worth_object(AssetValue(point.total, price, state)))
    return worths


def kept_by(site: Site) -> TotalsOf:
    """How to find a snapshot's totals among what the site keeps."""

    def totals_of(_store: Store, snapshot_id: int) -> SnapshotTotals:
        return site.totals(site.head(str(snapshot_id), pruned=True))

    return totals_of
