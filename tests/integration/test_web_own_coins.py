"""How much of the verified dollars a publisher issues itself, where not everything was answered."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from support.alerting import snapshot
from support.snapshot_stub import StubSource, eth_claim
from support.web_data import BLOCK_0

from scanner.model.balance import Balance, Evidence
from scanner.prices.interface import make_price
from scanner.settings.tables import load_registry
from scanner.store.reading.prices import add_prices
from scanner.web.overview import overview
from scanner.web.site import Site

NOTHING = Balance(None, Evidence.UNAVAILABLE, (), "no answer")


class Silent(StubSource):
    """Says nothing of OKB at some addresses."""

    def __init__(self, *silent):
        super().__init__()
        self._silent = {claim.address.lower() for claim in silent}

    def fetch_balances(self, queries, at, progress=None):
        found = super().fetch_balances(queries, at, progress)
        return [
            NOTHING if query.address.text.lower() in self._silent else balance
            for query, balance in zip(queries, found, strict=True)
        ]


@pytest.mark.parametrize(
    ("silent", "text"),
    [((), "50.00 %"), ((1,), "at least 33.34 %"), ((1, 2), "not read"), (None, "none")],
)
def test_rows_without_an_answer_are_not_none(store, silent, text):
    signed = {"signatures": ("s",)}
    own = [eth_claim(n, asset="OKB", **signed) for n in (1, 2)]
    coins = [eth_claim(n, **signed) for n in (3, 4)]
    listed = coins if silent is None else [*coins, *own]
    source = Even(*(own[n - 1] for n in silent or ()))
    snapshot(store, listed, publisher="okx", source=source)
    day = BLOCK_0 + timedelta(seconds=100)
    add_prices(store, [make_price(asset, day, "csv: x", "1") for asset in ("ETH", "OKB")])
    site = Site(store, load_registry())
    (line,) = overview(site, "own")
    site.version.close()
    assert line["own"] == text
    assert (line["own_part"] is None) is (text == "not read")
    if text == "none":
        assert line["own_part"] == Fraction(0)


class Even(Silent):
    """Every address holds as much as any other."""

    def fetch_balances(self, queries, at, progress=None):
        found = super().fetch_balances(queries, at, progress)
        return [
            balance if balance.amount is None else balance._replace(amount=10**18)
            for balance in found
        ]
