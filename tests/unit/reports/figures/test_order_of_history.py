"""An old list that is taken late: earlier by its balances, whatever its number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take

from scanner.alerts import rules
from scanner.alerts.config import Rule
from scanner.model.balance import Balance, Evidence
from scanner.reports.documents.months import over_time, small_multiples
from scanner.settings.tables import load_registry
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.reading.history import asset_history, in_order
from scanner.store.reading.series import earlier_in_series

DAY, ETHER = 86_400, 10**18


class Holds(StubSource):
    def __init__(self, ether):
        super().__init__()
        self.ether = ether

    def fetch_balances(self, queries, at, progress=None):
        return [Balance(self.ether * ETHER, Evidence.REPORTED, ("stub",)) for _ in queries]


def snapshot(store, day, ether):
    rows = [eth_claim(1, amount=ether * ETHER, height=day * DAY, **SIGNED)]
    made = planned(store, rows)
    take(store, made, Holds(ether))
    return made


@pytest.fixture
def late(tmp_path):
    """The store, and snapshots in the order of their numbers: of day 60, 0 and 30."""
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        yield store, [snapshot(store, day, ether) for day, ether in ((60, 9), (0, 4), (30, 8))]


def test_history_goes_by_the_blocks(late):
    store, (june, april, may) = late
    assert in_order(store, 1) == [june, may, april]
    assert [earlier_in_series(store, each) for each in (june, may, april)] == [
        [may, april],
        [april],
        [],
    ]
    assert [p.snapshot for p in asset_history(store, 1, "ETH")] == [june, may, april]
    assert [p.snapshot for p in asset_history(store, 1, "ETH", limit=1)] == [june]
    assert [p.snapshot for p in asset_history(store, 1, "ETH", before=june)] == [may, april]
    assert [p.snapshot for p in asset_history(store, 1, "ETH", until=may)] == [may, april]
    assert asset_history(store, 1, "ETH", before=99) == []


def test_small_drawings_go_from_the_earlier_to_the_later(late):
    store, (june, april, _) = late
    (drawn,) = small_multiples({"history": over_time(store, queries.totals(store, june))})
    assert (drawn["since"], drawn["until"]) == ("2023-11", "2024-01")
    assert (drawn["first"], drawn["last"]) == ("4.0000", "9.0000")
    assert over_time(store, queries.totals(store, april)) == []


def test_an_old_list_that_comes_late_is_no_fall(late):
    store, (june, april, may) = late
    rule = Rule("fell", "verified_fell", Decimal(10))
    for each in (june, april, may):
        assert rules.events(store, load_registry(), each, [rule]) == []
    july = snapshot(store, 90, 7)
    (event,) = rules.events(store, load_registry(), july, [rule])
    assert event.reason == "verified ETH fell by 22.2 %, from 9.0000 to 7.0000"
    assert event.facts["compared_with"] == june


def test_of_one_moment_the_one_that_was_taken_later_is_later(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        first, second = snapshot(store, 5, 3), snapshot(store, 5, 2)
        assert in_order(store, 1) == [second, first]
