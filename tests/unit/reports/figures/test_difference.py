from scanner.model.balance import Evidence
from scanner.reports.figures.difference import compare_totals
from scanner.snapshots.tally import AssetTotal
from scanner.store.reading.queries import SnapshotTotals


def total(asset, decimals, claimed, verified):
    by_evidence = {Evidence.REPORTED: verified}
    return AssetTotal(asset, decimals, claimed, verified, by_evidence, 0, 0, 0, 0)


def test_assets_of_either_side_by_name_and_a_missing_one_is_not_zero():
    old = SnapshotTotals(1, True, (total("BTC", 8, 500, 400), total("OLD", 0, 1, 1)))
    new = SnapshotTotals(2, True, (total("BTC", 8, 700, 300), total("NEW", 2, 5, 0)))
    changes = {change.asset: change for change in compare_totals(old, new)}
    assert list(changes) == ["BTC", "NEW", "OLD"]
    assert (changes["BTC"].claimed_by, changes["BTC"].verified_by) == (200, -100)
    assert (changes["NEW"].claimed_old, changes["NEW"].claimed_new) == (None, 5)
    assert (changes["OLD"].verified_new, changes["OLD"].verified_by) == (None, -1)
    assert changes["OLD"].to_json()["verified"] == {"old": "1", "new": None}


def test_other_decimals_are_brought_together_exactly():
    old = SnapshotTotals(1, True, (total("USDT", 6, 10**78, 1),))
    new = SnapshotTotals(2, True, (total("USDT", 18, 1, 10**12),))
    (change,) = compare_totals(old, new)
    assert change.decimals == 18
    assert change.claimed_old == 10**90
    assert change.claimed_by == 1 - 10**90
    assert change.verified_by == 0
