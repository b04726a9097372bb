"""Alerts through outages, pruning and clocks that were wrong: told once, and told at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from support.alerting import alerts, scheduled, signed, snapshot, told
from support.snapshot_stub import OKX_TEXT, StubSource, stored
from support.statements import accepting
from support.taking import take

from scanner.alerts import telling
from scanner.alerts.config import Rule
from scanner.errors import SourceUnavailableError
from scanner.model.balance import Balance, Evidence
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.reading import queries, series
from scanner.store.upkeep.prune import prune, to_prune
from scanner.store.writing.runs import create_snapshot

COIN = 10**18
MUCH = 2**256 - 1
FALSE = Rule("false", "found_false")
FALL = Rule("fallen", "verified_fell", Decimal(10))
NOW = datetime.now(UTC)


class Held(StubSource):
    """Every address holds `amount`; of rows behind the first `answered`, nobody tells."""

    def __init__(self, amount, answered=9):
        super().__init__()
        self.amount, self.answered = amount, answered

    def fetch_balances(self, queries, at, progress=None):
        return [
            Balance(self.amount, Evidence.REPORTED, ("stub",))
            if n < self.answered
            else Balance(None, Evidence.UNAVAILABLE, (), "refused")
            for n, _ in enumerate(queries)
        ]


def _falls(store, *sources):
    """What is told of a list of two rows after each of these sources has read it."""
    found = []
    for source in sources:
        taken = snapshot(store, signed(1, 2, amount=COIN), source=source)
        found.append([event.reason for event in told(store, taken, FALL).values()])
    return found


def test_what_fell_behind_an_outage_is_told_as_a_fall(store):
    first, outage, still, after, later = _falls(
        store, Held(1000 * COIN), Held(0, 0), Held(0, 0), Held(COIN), Held(COIN)
    )
    assert first == []
    assert "is not known" in outage[0]
    assert still == []
    assert after == ["verified ETH fell by 99.9 %, from 2,000.0000 to 2.0000"]
    assert later == []


def test_what_was_read_in_part_is_no_total_to_compare_with(store):
    found = _falls(store, Held(1000 * COIN), Held(1000 * COIN, 1), Held(500 * COIN))
    assert "at least 1,000" in found[1][0]
    assert found[2] == ["verified ETH fell by 50.0 %, from 2,000.0000 to 1,000.0000"]
    assert _falls(store, Held(500 * COIN, 1), Held(500 * COIN)) == [
        [
            "verified ETH is at least 500.0000: of 1 row no balance was read; 1,000.0000 were verified before"
        ],
        [],
    ]


@pytest.mark.parametrize("by_schedule", [True, False])
def test_pruning_makes_nothing_news(store, by_schedule):
    fired = []
    for _ in range(5):
        rows = signed(1, amount=MUCH)
        taken = scheduled(store, "hot", 1, amount=MUCH) if by_schedule else snapshot(store, rows)
        fired.append(bool(told(store, taken, FALSE)))
        for head in to_prune(store, 1):
            prune(store, head.id, "1", NOW)
    assert fired == [True, False, False, False, False]


def test_those_that_are_pruned_are_none_of_the_kept(store):
    taken = [snapshot(store, signed(1)) for _ in range(5)]
    for one in taken[2:4]:
        prune(store, one, "1", NOW)
    assert to_prune(store, 3) == []
    assert [head.id for head in to_prune(store, 2)] == taken[:1]


def test_a_clock_that_was_ahead_once_repeats_nothing(store):
    fired = []
    for days, row in ((365, 1), (0, 2), (1, 2), (2, 2)):
        taken = scheduled(store, "hot", row, amount=MUCH)
        when = NOW + timedelta(days=days)
        fired.append(alerts(store, FALSE, now=lambda when=when: when).after_snapshot(taken))
    assert fired == [1, 1, 0, 0]


def test_a_delivery_that_failed_while_the_clock_was_ahead_is_tried_again(store, monkeypatch):
    def down(channel, message):
        raise SourceUnavailableError("ops", "no network yet")

    taken = scheduled(store, "hot", 1, amount=MUCH)
    monkeypatch.setattr(telling, "deliver", down)
    ahead = alerts(store, FALSE, now=lambda: NOW + timedelta(days=365))
    ahead.after_snapshot(taken)
    assert ahead.deliver_due().waiting == 1
    sent = []
    monkeypatch.setattr(telling, "deliver", lambda _, message: sent.append(message))
    assert alerts(store, FALSE, now=lambda: NOW).deliver_due().done == len(sent) == 1


def test_what_read_other_networks_is_not_held_against_the_whole(store):
    """As taken by hand with --networks, between two that read everything."""
    taken = []
    for networks in (None, frozenset({"bitcoin"}), None):
        listed = stored(store, signed(1, amount=COIN)).list_id
        policy = SnapshotPolicy(statement=accepting("", OKX_TEXT), networks=networks)
        taken.append(create_snapshot(store, listed, policy))
        take(store, taken[-1], *([] if networks else [StubSource()]), networks=networks)
    before = series.before(store, queries.head(store, taken[2]))
    assert before is None or before.id == taken[0]
