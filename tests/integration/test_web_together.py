"""The page of a snapshot shows coins with what bridges owe in their name, apart from the totals."""

from __future__ import annotations

from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take
from support.web_data import served

from scanner.store.database.engine import open_store

WORDS = "With tokens that others owe in a coin’s name"


def test_only_where_a_list_has_several_assets_of_a_coin(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with open_store(url, create=True) as store:
        for second in ("DAI.base", "USDC"):
            claims = [
                eth_claim(0, asset="DAI", **SIGNED),
                eth_claim(1, asset=second, network="base", **SIGNED),
            ]
            take(store, planned(store, claims), StubSource(), StubSource("base"))
    with served(url) as client:
        several, one = (client.get(f"/snapshots/{number}").text for number in (1, 2))
    assert WORDS in several
    assert "owed by Base bridge" in several
    assert WORDS not in one
