"""The report's part about worth in US dollars: dated statements of others, never evidence."""

from __future__ import annotations

from scanner.reports.figures.values import PriceState, TotalsOf, value_report
from scanner.reports.figures.values_json import Object, value_object
from scanner.store.database.engine import Store
from scanner.store.reading import queries


def document_value(
    store: Store, snapshot_id: int, totals_of: TotalsOf = queries.totals
) -> Object | None:
    """What the totals were worth, each number with its price, the price's time and its source.

    None where no price of any of the assets is stored. Raises SnapshotNotFoundError.
    """
    report = value_report(store, snapshot_id, totals_of=totals_of)
    if all(asset.state is PriceState.NONE for asset in report.now.assets):
        return None
    return value_object(report)
