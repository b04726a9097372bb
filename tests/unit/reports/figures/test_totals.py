"""The short table of totals: 80 columns, rounded down, the worst that was found."""

from dataclasses import replace

import pytest

from scanner.model.balance import Evidence
from scanner.model.finding import FindingKind
from scanner.reports.figures.amounts import reading_coins
from scanner.reports.figures.totals import NARROW, print_exact, print_totals
from scanner.snapshots.tally import AssetTotal
from scanner.store.reading.queries import SnapshotTotals

ETHER = AssetTotal("ETH", 18, 10**25, 10**25 - 1, {Evidence.REPORTED: 10**25 - 1}, 0, 0, 1, 0)
SHORT = {"ETH": (FindingKind.SHORTFALL, 12)}


def shown(capsys, *assets, worst=None):
    print_totals(SnapshotTotals(7, complete=True, assets=assets), worst or {})
    return capsys.readouterr().out


def test_what_was_read_to_the_end_is_not_called_complete(capsys):
    assert shown(capsys, ETHER).startswith("Totals of snapshot 7: read to the end\n")
    unread = shown(capsys, replace(ETHER, unavailable_rows=2))
    assert unread.startswith("Totals of snapshot 7: read to the end, 2 rows without a balance\n")


def test_more_than_all_of_what_is_claimed_is_explained(capsys):
    assert "state no amount" not in shown(capsys, ETHER)
    more = shown(capsys, replace(ETHER, claimed=10**24, unstated=9 * 10**24, shortfall=0))
    assert "of ETH some rows state no amount: what they hold is" in more


def test_what_others_claim_too_is_said_beside_the_totals(capsys):
    others = [("southbank", 1), ("west\x1bbank", 1_200)]
    totals = SnapshotTotals(7, complete=True, assets=(ETHER,))
    print_totals(totals, {}, elsewhere=others)
    short = capsys.readouterr().out
    print_exact(totals, elsewhere=others)
    for out in (short, capsys.readouterr().out):
        said = " ".join(out.split())
        assert "1 address in these totals is also claimed by southbank: counted here all" in said
        assert "1,200 addresses in these totals are also claimed by west\\x1bbank" in said
    assert max(map(len, short.splitlines())) <= NARROW


def test_the_largest_amounts_fit_and_are_rounded_down(capsys):
    out = shown(capsys, ETHER, worst=SHORT)
    assert max(map(len, out.splitlines())) <= NARROW
    assert "10,000,000.0000   9,999,999.9999   99.99   12 shortfall" in out
    assert "--exact" in out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"liabilities": 10**26, "reserve_ratio": "0.099999"}, "maybe owes more"),
        ({"liabilities": 1, "reserve_ratio": "1.000000"}, "99.99   -"),
        ({"liabilities": 1}, "owed, no ratio"),
        ({"unavailable_rows": 3}, "3 no balance"),
        ({"unverified": 5}, "not verified"),
        ({"verified": 0, "unavailable_rows": 2, "shortfall": 0}, "not read   -   2 no balance"),
        ({"claimed": 0, "shortfall": 0, "surplus": 0}, "not stated"),
    ],
)
def test_what_is_said_of_an_asset(capsys, change, words):
    assert words in shown(capsys, replace(ETHER, **change))


def test_what_is_false_stands_before_what_is_not_verified_and_that_before_the_rest(capsys):
    unshown, false = (FindingKind.DIFFERS_NOW, 3), (FindingKind.SHORTFALL, 2)
    asked = replace(ETHER, unverified=5)
    assert "99.99   3 differs now" in shown(capsys, ETHER, worst={"ETH": unshown})
    assert "not verified" in shown(capsys, asked, worst={"ETH": unshown})
    assert "2 shortfall" in shown(capsys, asked, worst={"ETH": false})


def test_what_is_found_of_an_asset_without_totals_is_told(capsys):
    twice = {"APT-FA": (FindingKind.DUPLICATE, 1), "": (FindingKind.NOT_UNDERSTOOD, 1)}
    (line,) = [x for x in shown(capsys, ETHER, worst=twice).splitlines() if "duplicate" in x]
    assert line.split() == ["APT-FA", "-", "-", "-", "1", "duplicate"]


def test_an_asset_that_is_only_owed_claims_nothing(capsys):
    owed = AssetTotal("ADA", 6, 0, 0, {}, 0, 0, 0, 0, liabilities=5)
    (line,) = [x for x in shown(capsys, owed).splitlines() if x.startswith(" ADA")]
    assert line.split() == ["ADA", "-", "-", "-", "owed,", "no", "ratio"]


@pytest.mark.parametrize(
    ("units", "decimals", "asset", "text"),
    [
        (199_999_999, 8, "BTC", "1.99999999"),
        (10**18 - 1, 18, "ETH", "0.9999"),
        (1_999_999, 6, "USDT", "1.99"),
        (1, 6, "USDT", "<0.01"),
        (0, 6, "USDT", "0.00"),
        (-15_000, 4, "EOS", "-1.5000"),
        (7, 0, "X", "7.0000"),
    ],
)
def test_amounts_of_one_asset_have_the_same_decimals(units, decimals, asset, text):
    assert reading_coins(units, decimals, asset) == text
