"""One row's page: what stands behind its balance is said in words, and as stored one click away."""

from __future__ import annotations

import json

from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take
from support.web_data import served

from scanner.store.database.engine import open_store

DETAIL = {"frozen": True, "outvoted": {"node-b": "5000000000000000000"}, "to_height": 1_002}


class Telling(StubSource):
    """Says more of a balance than its amount."""

    def fetch_balances(self, queries, at, progress=None):
        found = super().fetch_balances(queries, at, progress)
        return [balance._replace(detail=json.dumps(DETAIL)) for balance in found]


def test_the_detail_of_a_row_is_said_in_words(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with open_store(url, create=True) as store:
        take(store, planned(store, [eth_claim(0, **SIGNED)]), Telling())
    with served(url) as client:
        page = client.get("/snapshots/1/rows/1").text
    for label, said in (
        ("Frozen", "its issuer has frozen it"),
        ("Others said", "node-b: 5 ETH"),
        ("Chain grew meanwhile to", "1002"),
    ):
        assert f"<dt>{label}</dt><dd>{said}</dd>" in page
    raw = page.split("<summary>The same as JSON</summary>")[1].split("</details>")[0]
    assert "&#34;outvoted&#34;: {&#34;node-b&#34;" in raw
