"""Coins with what others owe in their name: beside the totals in twin and page, never in them."""

from __future__ import annotations

import json

import jsonschema
import pytest
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address
from support.taking import SIGNED, planned, take

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.reports.documents.document import report_document, schema
from scanner.reports.documents.html import report_page
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.writing.runs import set_liabilities


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as made:
        yield made


def taken(store, *places):
    claims = [
        eth_claim(n, asset=asset, network=network, **SIGNED)
        for n, (asset, network) in enumerate(places)
    ]
    snapshot = planned(store, claims)
    take(store, snapshot, *(StubSource(network) for network in {n for _, n in places}))
    return snapshot


def test_the_report_shows_them_apart_and_together(store):
    snapshot = taken(store, ("DAI", "ethereum"), ("DAI.base", "base"), ("ETH", "ethereum"))
    coin, carried = balance_of(evm_address(0), "DAI"), balance_of(evm_address(1), "DAI.base")
    owed = Liability("DAI", coin, 18, LiabilityEvidence.PUBLISHED, "file")
    set_liabilities(store, snapshot, [owed])
    document = json.loads(json.dumps(report_document(store, snapshot)))
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["totals"] == queries.totals(store, snapshot).to_json()
    assert [r["reserve_ratio"] for r in document["ratios"]] == ["1.000000"]
    (group,) = document["groups"]
    assert (group["group"], group["verified"]) == ("DAI", str(coin + carried))
    assert [(m["asset"], m["issuer"]) for m in group["members"]] == [
        ("DAI", "owed by Sky (MakerDAO)"),
        ("DAI.base", "owed by Base bridge"),
    ]
    page = report_page(document)
    assert "With tokens that others owe in a coin’s name" in page
    assert "owed by Base bridge" in page
    del document["groups"]
    assert "owed by Base bridge" not in report_page(document)


def test_without_them_neither_says_anything(store):
    snapshot = taken(store, ("DAI", "ethereum"), ("ETH", "base"))
    document = report_document(store, snapshot)
    assert "groups" not in document
    assert "Together with" not in report_page(document)
