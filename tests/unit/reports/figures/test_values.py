"""Values of snapshots that are taken months apart: exact, dated, and absent where unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from support.snapshot_stub import StubSource, eth_claim, good_judge, stored

from scanner.errors import SourceUnavailableError
from scanner.prices.interface import make_price
from scanner.reports.figures.values import (
    MAX_AGE,
    SPANS,
    PriceRule,
    PriceState,
    Span,
    earlier,
    pick,
    value_report,
)
from scanner.reports.figures.values_json import signed_percent, usd, value_json
from scanner.reports.figures.values_text import notes, print_values, value_csv
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.store.database.engine import open_store
from scanner.store.reading.prices import Nearest, Taken, add_prices
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink

DAY = 86_400
START = datetime.fromtimestamp(1_700_000_000, UTC)  # StubSource's block 0; a block is a second
YEAR_ON = 365 * DAY
ETHER = 10**18


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as opened:
        yield opened


class Holds(StubSource):
    """Finds one amount of ether and of USDT at every address."""

    def __init__(self, wei, micro):
        super().__init__()
        self.amounts = {"ETH": wei, "USDT": micro}

    def fetch_balances(self, queries, at, progress=None):
        from scanner.model.balance import Balance, Evidence

        return [
            Balance(self.amounts[q.holding.asset], Evidence.REPORTED, ("stub",)) for q in queries
        ]


def take(store, height, wei, micro=5_000_000, publisher="okx", source=None):
    """A snapshot at block `height`: a signed row of each asset and an unsigned one of ether."""
    claims = [
        eth_claim(1, amount=wei, height=height, signatures=("s",)),
        eth_claim(2, amount=micro, height=height, asset="USDT", signatures=("s",)),
        eth_claim(3, amount=wei, height=height),
    ]
    list_id = stored(store, claims, publisher).list_id
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    sources = {"ethereum": source or Holds(wei, micro)}
    take_snapshot(StoreSink(store), snapshot, sources, good_judge, load_registry())
    return snapshot


def price(asset, text, height, source="csv: x"):
    return make_price(asset, START + timedelta(seconds=height), source, text)


def shown(store, snapshot, **rule):
    return json.loads(value_json(value_report(store, snapshot, PriceRule(**rule)), ()))


def test_value_share_and_change_against_a_month_and_a_year(store):
    take(store, 0, 4 * ETHER)
    take(store, YEAR_ON - 31 * DAY, 2 * ETHER)
    new = take(store, YEAR_ON, 3 * ETHER)
    add_prices(
        store,
        [
            price("ETH", "1000", 0),
            price("ETH", "2000", YEAR_ON - 31 * DAY),
            price("ETH", "3000.333", YEAR_ON),
            *(price("USDT", "0.9999", at) for at in (0, YEAR_ON - 31 * DAY, YEAR_ON)),
        ],
    )
    found = shown(store, new)
    eth, usdt = found["assets"]
    assert (eth["verified_usd"], eth["unverified_usd"]) == ("9000.99", "9000.99")
    assert eth["claimed_usd"] == "18001.99"  # 6 x 3000.333 = 18001.998: cut, not rounded
    assert usdt["verified_usd"] == "4.99"
    assert found["verified_usd"] == "9005.98"
    assert (eth["share_percent"], usdt["share_percent"]) == ("99.94", "0.05")
    assert eth["change"]["year"] == {
        "snapshot": 1,
        "verified_by_coins": "-1",
        "verified_by_percent": "-25.00",
        "verified_by_usd": "5000.99",
    }
    assert eth["change"]["month"]["verified_by_percent"] == "50.00"
    assert found["against"]["month"]["snapshot"] == 2
    assert found["against"]["year"]["verified_usd"] == "4004.99"
    assert found["against"]["year"]["verified_by_percent"] == "124.86"
    out = StringIO()
    print_values(value_report(store, new), out)
    (line,) = [line for line in out.getvalue().splitlines() if line.split()[:1] == ["ETH"]]
    for cell in (
        "3,000.333",
        "9,000.99",
        "99.94 %",
        "+50.00 %",
        "+5,000.99",
        "-25.00 %",
        "2024-11-13 22:13",
    ):
        assert f" {cell} " in line, cell


def test_an_earlier_price_that_is_missing_leaves_the_amounts(store):
    take(store, 0, 4 * ETHER)
    new = take(store, YEAR_ON, 3 * ETHER)
    add_prices(store, [price("ETH", "1000", YEAR_ON), price("USDT", "1", YEAR_ON)])
    found = shown(store, new)
    year = found["assets"][0]["change"]["year"]
    assert (year["verified_by_coins"], year["verified_by_usd"]) == ("-1", None)
    assert found["against"]["year"]["verified_by_usd"] is None
    assert found["against"]["year"]["priced"] is False
    assert found["against"]["month"] is None


def test_an_asset_without_a_price_is_left_out_and_named(store):
    new = take(store, 0, ETHER)
    add_prices(store, [price("ETH", "1000", 0)])
    report = value_report(store, new)
    usdt = report.now.assets[1]
    assert (usdt.verified, usdt.claimed, usdt.state) == (None, None, PriceState.NONE)
    assert (report.now.verified, report.now.priced) == (100_000, False)
    assert "no price: USDT: not in the sums" in notes(report)
    out = StringIO()
    print_values(report, out)
    assert "without assets that have no price" in out.getvalue()
    assert "1,000.00" in out.getvalue()


def test_other_publishers_and_unfinished_snapshots_are_not_compared_with(store):
    take(store, 0, ETHER, publisher="other")

    class Dead(StubSource):
        def pin(self, height):
            raise SourceUnavailableError("node", "down")

    take(store, 10, ETHER, source=Dead())
    new = take(store, YEAR_ON, ETHER)
    assert shown(store, new)["against"] == {"month": None, "year": None}


def test_an_incomplete_snapshot_says_so_and_is_compared_with_nothing(store):
    take(store, 0, ETHER)

    def down(_height):
        raise SourceUnavailableError("node", "down")

    claims = [
        eth_claim(1, amount=ETHER, height=YEAR_ON, signatures=("s",)),
        eth_claim(2, network="tron", asset="TRX", address="T" + "x" * 33, amount=9, height=9),
    ]
    plan = create_snapshot(store, stored(store, claims).list_id, SnapshotPolicy())
    sources = {"ethereum": Holds(ETHER, 0), "tron": StubSource("tron", pin_trouble=down)}
    take_snapshot(StoreSink(store), plan, sources, good_judge, load_registry())
    report = value_report(store, plan)
    assert report.now.complete is False
    assert report.now.taken.at == START + timedelta(seconds=YEAR_ON)
    assert report.then["year"] is not None
    assert "the snapshot is incomplete: its values are lower bounds" in notes(report)
    found = json.loads(value_json(report, ()))
    assert [asset["change"]["year"] for asset in found["assets"]] == [None, None]
    assert found["against"]["year"]["verified_by_usd"] is None


def test_the_source_can_be_chosen(store):
    new = take(store, 0, ETHER)
    add_prices(
        store,
        [
            price("ETH", "1000", 0, "chainlink: ethereum 0x1 round 7"),
            price("ETH", "2000", 0, "csv: a_b"),
            price("ETH", "3000", -1, "csv: aXb"),
        ],
    )
    names = ("", "csv:", "csv: aX", "csv: a_", "csv: a%", "coingecko:")
    found = [shown(store, new, source=name)["assets"][0]["price_usd"] for name in names]
    assert found == ["1000", "2000", "3000", "2000", None, None]


def test_a_hostile_name_is_harmless_in_every_form(store):
    new = take(store, 0, ETHER)
    add_prices(
        store, [price("ETH", "1", 0, "csv: =cmd|'/c calc'!A1 <script>"), price("USDT", "1", 0)]
    )
    report = value_report(store, new)
    out = StringIO()
    print_values(report, out)
    assert "\x1b" not in out.getvalue()
    line = value_csv(report, {}).decode().splitlines()[1]
    assert ",csv: =cmd" in line  # it begins with a word of ours, so no spreadsheet runs it
    assert json.loads(value_json(report, ()))["assets"][0]["price_source"].startswith("csv: =cmd")


def near(before, after):
    return Nearest(
        None if before is None else price("ETH", "1", before),
        None if after is None else price("ETH", "2", after),
    )


@pytest.mark.parametrize(
    ("before", "after", "text", "state"),
    [
        (-10, None, "1", PriceState.USED),
        (None, 10, "2", PriceState.USED),
        (-10, 9, "2", PriceState.USED),
        (-10, 10, "1", PriceState.USED),
        (-25 * 3600, None, "1", PriceState.USED),
        (-25 * 3600 - 1, None, "1", PriceState.STALE),
        (None, 25 * 3600 + 1, "2", PriceState.STALE),
    ],
)
def test_the_nearest_price_counts_if_it_is_near_enough(before, after, text, state):
    found, said = pick(near(before, after), START, MAX_AGE)
    assert (found.text, said) == (text, state)
    assert pick(near(None, None), START, MAX_AGE) == (None, PriceState.NONE)


@pytest.mark.parametrize(
    ("days", "snapshot"),
    [
        ([-30], 0),
        ([-20, -41], 0),
        ([-19], None),
        ([-40], 0),
        ([-41], None),
        ([-33, -28], 1),
        ([-31, -29], 1),
        ([30], None),
    ],
)
def test_which_snapshot_is_a_month_old(days, snapshot):
    taken = sorted(
        (Taken(n, START + timedelta(days=d)) for n, d in enumerate(days)), key=lambda t: t.at
    )
    found = earlier(taken, START, SPANS[0])
    assert (None if found is None else found.snapshot) == snapshot
    assert earlier([], START, Span("week", timedelta(7), timedelta(1))) is None


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123456, "1234.56"), (-100, "-1.00"), (None, None)],
)
def test_cents_as_text(cents, text):
    assert usd(cents) == text


@pytest.mark.parametrize(
    ("by", "of", "text"),
    [
        (1, 3, "33.33"),
        (-1, 3, "-33.33"),
        (0, 5, "0.00"),
        (5, 0, None),
        (10**80, 1, "1" + "0" * 82 + ".00"),
    ],
)
def test_percents_are_cut_towards_zero(by, of, text):
    assert signed_percent(by, of) == text


def test_no_answer_is_no_fall_to_nothing(store):
    """Nobody could say what is held a month later: that is no loss of all."""

    class Silent(Holds):
        def fetch_balances(self, queries, at, progress=None):
            from scanner.model.balance import Balance, Evidence

            return [Balance(None, Evidence.UNAVAILABLE, reason="no answer") for _ in queries]

    take(store, 0, 4 * ETHER)
    new = take(store, 30 * DAY, 4 * ETHER, source=Silent(0, 0))
    add_prices(store, [price("ETH", "1000", 0), price("ETH", "2000", 30 * DAY)])
    eth = shown(store, new)["assets"][0]
    assert (eth["asset"], eth["verified"], eth["verified_usd"]) == ("ETH", None, None)
    assert eth["change"]["month"] is None
    assert eth["claimed_usd"] == "16000.00"
