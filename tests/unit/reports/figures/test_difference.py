import io
from types import SimpleNamespace

from scanner.model.balance import Evidence
from scanner.model.statement import StatementRule
from scanner.reports.figures.difference import compare_totals, judged_otherwise
from scanner.reports.figures.difference_text import print_changes, print_short
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


def test_rules_that_let_other_texts_count_are_told():
    def head(rule):
        return SimpleNamespace(policy=SimpleNamespace(statement=rule))

    asked, wanted = StatementRule("Example"), StatementRule("Example", wanted=("a text",))
    assert judged_otherwise(head(asked), head(wanted))
    assert judged_otherwise(head(None), head(asked))
    assert not judged_otherwise(head(asked), head(StatementRule("example")))
    march, april = (StatementRule("Example", challenge=month) for month in ("March", "April"))
    assert not judged_otherwise(head(march), head(april))
    assert judged_otherwise(head(asked), head(april))


def test_other_decimals_are_brought_together_exactly():
    old = SnapshotTotals(1, True, (total("USDT", 6, 10**78, 1),))
    new = SnapshotTotals(2, True, (total("USDT", 18, 1, 10**12),))
    (change,) = compare_totals(old, new)
    assert change.decimals == 18
    assert change.claimed_old == 10**90
    assert change.claimed_by == 1 - 10**90
    assert change.verified_by == 0


def test_the_short_table_fits_80_columns_and_says_what_left_the_list():
    most = 999_999_999 * 10**18 + 1
    old = SnapshotTotals(1, True, (total("ETH", 18, most, most), total("OLD", 0, 1, 1)))
    new = SnapshotTotals(2, True, (total("ETH", 18, 1, 0), total("NEW", 2, 10**40, 10**40)))
    out = io.StringIO()
    print_short(compare_totals(old, new), "x", out)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    eth, added, gone = (
        next(x.split() for x in lines if name in x) for name in ("ETH", "NEW", "OLD")
    )
    assert eth == ["ETH", "<0.0001", "-999,999,999", "0.0000", "-999,999,999"]
    assert added == ["NEW", "1.00e38", "new", "1.00e38", "new"]
    assert gone == ["OLD", "not", "listed", "-1.0000", "not", "listed", "-1.0000"]


def test_a_change_that_nobody_knows_is_not_one_of_zero():
    """A side without an answer, and one that is the same: each in its own word, as in the JSON."""
    old = SnapshotTotals(1, True, (total("ETH", 0, None, None), total("OLD", 0, None, None)))
    new = SnapshotTotals(2, True, (total("ETH", 0, None, 5), total("XRP", 0, None, 5)))
    changes = compare_totals(old, new)
    short, exact = io.StringIO(), io.StringIO()
    print_short(changes, "x", short)
    print_changes(changes, "x", exact)
    for name, claimed, verified in (
        ("ETH", None, None),
        ("OLD", None, None),
        ("XRP", None, "5"),
    ):
        said = next(c for c in changes if c.asset == name).to_json()
        assert (said["claimed_by"], said["verified_by"]) == (claimed, verified)
        for out in (short, exact):
            line = next(x for x in out.getvalue().splitlines() if name in x)
            assert line.count("not known") == [claimed, verified].count(None), line
