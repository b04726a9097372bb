"""Prices in both databases: kept exactly, never changed, found by their nearness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from support.databases import empty_database, store
from support.snapshot_stub import StubSource, eth_claim, good_judge, stored

from scanner.errors import SnapshotNotFoundError, StoreError
from scanner.prices.interface import make_price
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.store.reading import prices as kept
from scanner.store.reading.prices import (
    Taken,
    add_prices,
    prices_at,
    prices_near,
    taken,
    taken_by_publisher,
)
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink

__all__ = ["empty_database", "store"]

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SMALLEST = "0." + "0" * 35 + "1"
LARGEST = "9" * 15 + "." + "9" * 36


def price(hours=0, text="1", source="csv: x", asset="ETH", zone=UTC):
    at = (AT + timedelta(hours=hours)).astimezone(zone)
    return make_price(asset, at, source, text)


def near(store, **more):
    found = prices_near(store, ["ETH"], AT, **more)["ETH"]
    return tuple(p and (p.text, p.at, p.source) for p in (found.before, found.after))


def test_nearest_on_either_side_exactly_as_given(store):
    prices = [
        price(-48, "7"),
        price(-1, SMALLEST, source="csv: naïve ☃"),
        price(2, LARGEST, zone=timezone(timedelta(hours=14))),
        price(90, "8"),
        price(0, "5", asset="BTC"),
    ]
    assert add_prices(store, prices) == 5
    hour = timedelta(hours=1)
    assert near(store) == (
        (SMALLEST, AT - hour, "csv: naïve ☃"),
        (LARGEST, AT + 2 * hour, "csv: x"),
    )
    assert near(store, source="csv: x")[0] == ("7", AT - 48 * hour, "csv: x")
    assert near(store, source="none") == (None, None)
    add_prices(store, [price(0, "6", source="csv: b"), price(0, "5", source="csv: a")])
    assert near(store)[0] == ("5", AT, "csv: a")


@pytest.mark.parametrize("few", [0, 1_000])
def test_many_moments_at_once_are_each_as_one(store, few, monkeypatch):
    monkeypatch.setattr(kept, "FEW", few)
    hours = (-30, -2, 0, 0, 3, 3, 70)
    add_prices(store, [price(h, f"{n + 1}.5", source=f"csv: {n}") for n, h in enumerate(hours)])
    add_prices(store, [price(1, "9", asset="BTC")])
    moments = [AT + timedelta(minutes=30 * n) for n in range(-90, 200)]
    found = prices_at(store, "ETH", moments)
    assert found == [prices_near(store, ["ETH"], at)["ETH"] for at in moments]
    assert {one.before is None for one in found} == {True, False}
    assert {one.after is None for one in found} == {True, False}
    assert prices_at(store, "LTC", moments[:1]) == [kept.Nearest(None, None)]


def test_known_prices_are_not_stored_again(store):
    assert add_prices(store, [price(text="1.5"), price(text="1.50")]) == 1
    assert add_prices(store, [price(text="1.5"), price(1)]) == 1
    assert add_prices(store, []) == 0


def test_another_value_for_the_same_moment_keeps_nothing_of_the_batch(store):
    add_prices(store, [price(text="1.5")])
    for batch in ([price(1), price(text="1.51")], [price(2, "1"), price(2, "2")]):
        with pytest.raises(StoreError, match="another price"):
            add_prices(store, batch)
    assert near(store) == (("1.5", AT, "csv: x"), None)


def test_when_snapshots_were_taken(store):
    def snapshot(publisher, *heights):
        claims = [eth_claim(n, height=h) for n, h in enumerate(heights)]
        made = create_snapshot(store, stored(store, claims, publisher).list_id, SnapshotPolicy())
        sources = {"ethereum": StubSource()}
        take_snapshot(StoreSink(store), made, sources, good_judge, load_registry())
        return made

    def at(height):
        return datetime.fromtimestamp(1_700_000_000 + height, UTC)

    late, early, other = snapshot("a", 900, 500), snapshot("a", 100), snapshot("b", 50)
    unread = create_snapshot(
        store, stored(store, [eth_claim(9, height=7)], "a").list_id, SnapshotPolicy()
    )
    assert taken(store, late) == Taken(late, at(900))
    assert taken_by_publisher(store, unread) == [Taken(early, at(100)), Taken(late, at(900))]
    assert taken_by_publisher(store, late) == [Taken(early, at(100))]
    assert taken_by_publisher(store, other) == []
    assert taken(store, unread).at > at(900)  # no block yet: when it was begun
    with pytest.raises(SnapshotNotFoundError):
        taken(store, 77)
