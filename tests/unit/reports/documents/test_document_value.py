"""Worth on the report: only where prices are stored, dated, named, and never evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from scanner.prices.interface import make_price
from scanner.reports.documents.document import report_document, schema
from scanner.reports.documents.html import report_page
from scanner.reports.tables.jsontext import pretty
from scanner.store.reading import queries
from scanner.store.reading.prices import add_prices

BLOCK = datetime(2023, 11, 14, 22, 15, tzinfo=UTC)
"""The time of the block that the snapshot was read at."""
HOSTILE = "csv: </td><script>alert(1)</script>"


def price(asset, text, hours=0, source="csv: Kraken"):
    return make_price(asset, BLOCK + timedelta(hours=hours), source, text)


def reported(taken, *prices):
    add_prices(taken.store, prices)
    document = json.loads(pretty(report_document(taken.store, taken.id)))
    jsonschema.Draft202012Validator(schema()).validate(document)
    return document, report_page(document)


@pytest.mark.parametrize("prices", [(), (price("BTC", "60000"),)])
def test_without_a_price_of_its_assets_there_is_no_value(taken, prices):
    document, page = reported(taken, *prices)
    assert "value" not in document
    assert "US dollars" not in page


def test_each_number_has_its_price_time_and_source(taken):
    document, page = reported(taken, price("ETH", "2000.5", hours=-1), price("TRX", "0.1"))
    value = document["value"]
    (ether,) = [t for t in queries.totals(taken.store, taken.id).assets if t.asset == "ETH"]
    eth = value["assets"][0]
    cents = ether.verified * 200_050 // 10**18
    assert eth["verified_usd"] == f"{cents // 100}.{cents % 100:02}"
    assert (eth["price_usd"], eth["price_source"]) == ("2000.5", "csv: Kraken")
    assert eth["price_at"] == "2023-11-14T21:15:00+00:00"
    assert (value["at"], value["priced"]) == (BLOCK.isoformat(), False)  # TRX has no answer
    for shown in (
        f"{cents // 100:,}.{cents % 100:02}",
        "2,000.5",
        "2023-11-14 21:15",
        "csv: Kraken",
        "Not evidence.",
    ):
        assert f">{shown}<" in page, shown


def test_what_has_no_usable_price_has_no_value_and_is_in_no_sum(taken):
    document, page = reported(taken, price("ETH", "3"), price("TRX", "0.25", hours=-24 * 40))
    eth, trx = document["value"]["assets"]
    assert (trx["price_state"], trx["price_usd"], trx["verified_usd"]) == ("stale", "0.25", None)
    assert document["value"]["priced"] is False
    assert document["value"]["claimed_usd"] == eth["claimed_usd"]
    assert (
        '2023-10-05 22:15<br>csv: Kraken</span><span class="sub warn">too far away: not used'
        in page
    )
    assert "All priced" in page


def test_what_nobody_could_say_is_worth_nothing_known_and_not_zero(taken):
    document, page = reported(taken, price("ETH", "3"), price("TRX", "0.25"))
    eth, trx = document["value"]["assets"]
    assert (trx["asset"], trx["price_state"]) == ("TRX", "used")
    assert trx["claimed_usd"] == "0.00"  # 9 sun: less than a cent, and known
    assert (trx["verified_usd"], trx["unverified_usd"], trx["share_percent"]) == (None, None, None)
    assert document["value"]["verified_usd"] == eth["verified_usd"]
    row = page.split('<h2 id="h-value">')[1].split('<th scope="row">TRX</th>')[1].split("</tr>")[0]
    assert row.count("\N{EN DASH}") == 3


def test_a_price_changes_nothing_but_the_value(taken):
    before, _ = reported(taken)
    after, _ = reported(taken, price("ETH", "3"))
    assert after.pop("value")
    # The price is a link of the database's chain.
    assert after["snapshot"].pop("newest_head") != before["snapshot"].pop("newest_head")
    assert after == before


def test_the_name_of_a_source_is_only_shown(taken):
    _, page = reported(taken, price("ETH", "3", source=HOSTILE))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_an_incomplete_snapshot_has_lower_bounds(planned):
    add_prices(planned.store, [make_price("ETH", datetime.now(UTC), "csv: x", "3")])
    page = report_page(report_document(planned.store, planned.id))
    assert "the values are lower bounds" in page
