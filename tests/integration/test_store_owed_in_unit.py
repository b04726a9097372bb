"""What is owed in another unit than the asset is an amount of the asset nowhere."""

from __future__ import annotations

import json

import pytest
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take
from support.twins import changed, states_of

from scanner.alerts import rules
from scanner.alerts.config import Rule
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.finding import FindingKind
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.documents.twin_checks import CheckState
from scanner.reports.figures.groups import group_objects, groups_of
from scanner.reports.figures.ratio_records import ratio_records
from scanner.reports.figures.ratios import ratio_objects
from scanner.reports.figures.totals import print_exact, print_totals
from scanner.reports.figures.totals_records import totals_records
from scanner.reports.tables.jsontext import pretty
from scanner.settings.tables import load_registry
from scanner.store.reading import queries
from scanner.store.reading.history import asset_history
from scanner.store.writing.runs import set_liabilities

DOLLARS = {"unit": "US dollars"}


def owed(asset, amount, decimals, **detail):
    published = LiabilityEvidence.PUBLISHED
    return Liability(asset, amount, decimals, published, "owed.csv", "2023-11-14", detail)


@pytest.fixture
def snapshot(store):
    polygon = {"asset": "USDC.e.polygon", "network": "polygon"}
    rows = [
        *(eth_claim(1, **SIGNED), eth_claim(2, asset="USDC", **SIGNED)),
        eth_claim(3, **polygon, **SIGNED),
    ]
    snapshot = planned(store, rows)
    take(store, snapshot, StubSource(), StubSource("polygon"))
    amounts = [
        *(owed("ETH", 6_000_000 * 10**18, 18, **DOLLARS), owed("USDC", 5_000_000, 6)),
        *(owed("USDC.e.polygon", 7_000_000, 6, **DOLLARS), owed("SOL", 3 * 10**9, 9, **DOLLARS)),
    ]
    set_liabilities(store, snapshot, amounts)
    return snapshot


def test_no_program_is_given_it_as_coins(store, snapshot):
    totals = queries.totals(store, snapshot)
    told = {total.asset: total.to_json() for total in totals.assets}
    assert told["ETH"]["liabilities"] is None
    assert told["USDC"]["liabilities"] == "5000000"
    assert {r["asset"]: r["liabilities"] for r in totals_records(totals, {})}["ETH"] is None
    known = {r["asset"]: r for r in ratio_objects(store, totals)}
    assert known["ETH"]["owed_in_unit"] == "6,000,000 US dollars"
    assert known["USDC"]["owed_in_unit"] is None
    records = {r["asset"]: r for r in ratio_records(store, snapshot)}
    assert (records["ETH"]["liabilities"], records["ETH"]["ratio"]) == (None, None)
    assert records["ETH"]["why_absent"] == "given in another unit: 6,000,000 US dollars"
    point = asset_history(store, 1, "ETH")[0]
    assert point.total.to_json()["liabilities"] is None


def test_a_group_does_not_add_dollars_to_coins(store, snapshot):
    (group,) = groups_of(store, queries.totals(store, snapshot))
    assert (group.group, group.liabilities, group.ratio) == ("USDC", 5_000_000, None)
    assert group_objects([group])[0]["liabilities"] == "5000000"


def test_people_see_the_unit(store, snapshot, capsys):
    totals = queries.totals(store, snapshot)
    ratios = ratio_objects(store, totals)
    print_exact(totals, ratios)
    print_totals(totals, {}, ratios)
    shown = capsys.readouterr().out
    assert "6,000,000 US dollars" in shown
    assert "ETH unknown" in shown
    page = report_page(report_document(store, snapshot))
    assert "6,000,000 US dollars" in page
    assert "6,000,000.0000" not in page
    assert "what is owed is given in another unit" in page
    found = {f.finding.kind: f.finding.reason for f in queries.findings(store, snapshot)}
    assert found[FindingKind.RESERVES_MISSING].startswith("SOL for 3 US dollars are owed")


def test_an_alert_says_that_the_ratio_is_not_known(store, snapshot):
    rule = Rule("r", "reserve_ratio", 1)
    events = rules.events(store, load_registry(), snapshot, [rule])
    said = {e.subject: e for e in events}
    assert said["ETH"].reason == "the reserve ratio of ETH is not known"
    assert said["ETH"].facts["liabilities"] is None


def test_a_twin_has_it_in_one_unit(store, snapshot, tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(pretty(report_document(store, snapshot)))
    assert CheckState.FALSE not in states_of(path).values()
    given = json.loads(path.read_text())
    at = [a["asset"] for a in given["totals"]["assets"]].index("ETH")

    def as_coins(document):
        document["totals"]["assets"][at]["liabilities"] = "6000000"

    assert states_of(changed(path, as_coins))["ratios"] is CheckState.FALSE
