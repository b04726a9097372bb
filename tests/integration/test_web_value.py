"""Worth in US dollars on the pages and in the API: dated, named, beside the totals, or absent."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from support.command import run_scanner
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take
from support.web_data import BLOCK_0, served

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.prices.interface import make_price
from scanner.store.database.engine import open_store
from scanner.store.reading.prices import add_prices
from scanner.store.writing.runs import set_liabilities
from scanner.web import schema_value

DAY = 86_400
NOW, MONTH_AGO, YEAR_AGO = 365 * DAY, 335 * DAY, 0
HOSTILE = "csv: </td><script>alert(1)</script>"
ETHER = 10**18
NOT_VALUED = "US dollars"


class Holds(StubSource):
    """Finds what is claimed."""

    def __init__(self, ether: int) -> None:
        super().__init__()
        self.held = {"ETH": ether * ETHER, "USDT": 7_000_000}

    def fetch_balances(self, queries, at, progress=None):
        from scanner.model.balance import Balance, Evidence

        return [Balance(self.held[q.holding.asset], Evidence.REPORTED, ("stub",)) for q in queries]


def snapshot(store, height, ether):
    """A signed row of ether and one of USDT."""
    rows = [
        eth_claim(1, amount=ether * ETHER, height=height, **SIGNED),
        eth_claim(2, amount=7_000_000, height=height, asset="USDT", **SIGNED),
    ]
    made = planned(store, rows)
    take(store, made, Holds(ether))
    return made


def at(height: int) -> datetime:
    return BLOCK_0 + timedelta(seconds=height)


@pytest.fixture(scope="module")
def ids(tmp_path_factory):
    """The database, and its snapshots of a year ago, a month ago, and now."""
    url = f"sqlite:///{tmp_path_factory.mktemp('value') / 'scanner.db'}"
    with open_store(url, create=True) as store:
        found = [snapshot(store, h, e) for h, e in ((YEAR_AGO, 4), (MONTH_AGO, 2), (NOW, 3))]
        add_prices(
            store,
            [
                make_price("ETH", at(YEAR_AGO), "csv: Kraken", "1000"),
                make_price("ETH", at(MONTH_AGO), "csv: Kraken", "2000"),
                make_price("ETH", at(NOW), HOSTILE, "3000.333"),
                make_price("USDT", at(NOW - 2 * DAY), "csv: stale", "0.9999"),
            ],
        )
        owed = Liability(
            "ETH", 4 * ETHER, 18, LiabilityEvidence.PUBLISHED, "owed.csv", "2026-01-01"
        )
        set_liabilities(store, found[-1], [owed])
    return url, found


@pytest.fixture(scope="module")
def site(ids):
    with served(ids[0]) as client:
        yield client


def api(site: httpx.Client, path: str):
    answer = site.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_api_gives_what_the_command_gives(site, ids):
    url, (_, _, new) = ids
    said = run_scanner(["--database", url, "value", new, "--json"]).object
    found = api(site, f"/snapshots/{new}/value")
    assert found == {"snapshot": new, "value": said}
    assert schema_value.SnapshotValue.model_validate(found)
    eth, usdt = said["assets"]
    assert (eth["verified_usd"], eth["share_percent"]) == ("9000.99", "100.00")
    assert eth["change"]["month"]["verified_by_usd"] == "5000.99"
    assert eth["change"]["year"]["verified_by_percent"] == "-25.00"
    assert (usdt["price_state"], usdt["verified_usd"]) == ("stale", None)


def test_the_page_shows_value_share_change_price_time_and_source(site, ids):
    page = site.get(f"/snapshots/{ids[1][2]}").text
    section = page.split('<h2 id="h-value">')[1].split("</section>")[0]
    for words in (
        "Not evidence.",
        "9,000.99",
        "100.00 %",
        "+5,000.99",
        "coins +50.00 %",
        "coins \N{MINUS SIGN}25.00 %",
        "3,000.333",
        "2024-11-13 22:13",
        "too far away: not used",
        "A month before: snapshot 2, 2024-10-14 22:13 UTC",
        "A year before: snapshot 1",
    ):
        assert words in section, words
    assert "&lt;/td&gt;&lt;script&gt;" in section
    assert "<script" not in page


def test_what_has_no_price_has_a_dash_and_never_a_zero(site, ids):
    page = site.get(f"/snapshots/{ids[1][2]}").text
    section = page.split('<h2 id="h-value">')[1].split("</section>")[0]
    usdt = section.split('<th scope="row">USDT</th>')[1].split("</tr>")[0]
    assert usdt.count("\N{EN DASH}") >= 4
    assert "0.00<" not in usdt


def test_an_asset_over_time_has_its_worth_at_each_point(site):
    found = api(site, "/publishers/1/assets/ETH")
    worths = [(p["worth"]["price_usd"], p["worth"]["verified_usd"]) for p in found["points"]]
    assert worths == [("3000.333", "9000.99"), ("2000", "4000.00"), ("1000", "4000.00")]
    assert found["value"]["share_percent"] == "100.00"
    assert found["value"]["change"]["month"]["verified_by_usd"] == "5000.99"
    page = site.get("/publishers/1/assets/ETH").text
    assert page.count('<svg class="chart"') == 2
    assert "$ 9,000.99 of verified ETH" in page
    for words in ("Not evidence.", "100.00 %", "+5,000.99", "coins \N{MINUS SIGN}25.00 %"):
        assert words in page, words
    older = api(site, "/publishers/1/assets/ETH?before=3")
    assert older["value"] is None
    assert len(older["points"]) == 2


def test_a_stale_price_gives_a_point_no_worth(site):
    (now, *before) = api(site, "/publishers/1/assets/USDT")["points"]
    assert (now["worth"]["price_state"], now["worth"]["verified_usd"]) == ("stale", None)
    # The nearest there is, whichever side it lies on; it is said, and nothing is made of it.
    assert {p["worth"]["price_state"] for p in before} == {"stale"}
    assert {p["worth"]["verified_usd"] for p in before} == {None}
    page = site.get("/publishers/1/assets/USDT").text
    assert page.count('<svg class="chart"') == 1
    assert "too far away: not used" in page


def test_ratios_show_both_sides_evidence(site, ids):
    new = ids[1][2]
    (ratio,) = api(site, f"/snapshots/{new}/ratios")["ratios"]
    assert (ratio["reserve_ratio"], ratio["reserves_evidence"]) == (None, "reported")
    assert (ratio["liabilities_evidence"], ratio["proven_per_coin"]) == ("published", False)
    page = site.get(f"/snapshots/{new}").text
    section = page.split('<h2 id="h-ratio">')[1].split("</section>")[0]
    for words in (
        "absent",  # the liabilities are of another day than the balances
        "reported",
        "not independently checked",
        "owed.csv, 2026-01-01",
    ):
        assert words in section, words


def test_an_asset_over_time_says_why_its_ratio_is_absent(site):
    (ratio,) = api(site, "/snapshots/3/ratios")["ratios"]
    page = site.get(f"/publishers/1/assets/{ratio['asset']}").text
    assert 'absent<span class="sub">of another day, or in another unit</span>' in page


def test_without_prices_nothing_is_said_of_value(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    with open_store(url, create=True) as store:
        snapshot(store, NOW, 3)
        add_prices(store, [make_price("BTC", at(NOW), "csv: x", "60000")])
    with served(url) as site:
        assert api(site, "/snapshots/1/value") == {"snapshot": 1, "value": None}
        assert schema_value.SnapshotValue.model_validate(api(site, "/snapshots/1/value"))
        assert api(site, "/snapshots/1/ratios")["ratios"] == []
        history = api(site, "/publishers/1/assets/ETH")
        assert (history["value"], history["points"][0]["worth"]) == (None, None)
        for path in ("/snapshots/1", "/publishers/1/assets/ETH"):
            page = site.get(path).text
            assert NOT_VALUED not in page
            assert "Not evidence" not in page
        assert "No liabilities were given, so there is no ratio" in site.get("/snapshots/1").text
