"""Which snapshot is the one before: of a schedule, by hand, pruned, of a wrong clock, far back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from support.alerting import scheduled, signed, snapshot, told
from support.snapshot_stub import StubSource
from support.taking import take

from scanner.alerts.config import Rule
from scanner.model.block import BlockRef
from scanner.reports.documents.months import over_time
from scanner.reports.figures.values import value_report
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.reading import queries, series
from scanner.store.reading.history import in_order, publishers
from scanner.store.upkeep.prune import prune, to_prune
from scanner.store.writing import schedules
from scanner.store.writing.runs import create_snapshot
from scanner.web.drawing import previous
from scanner.web.site import Site

GONE = Rule("gone", "addresses_gone")


def before(store, snapshot_id):
    """The one before, as alerts, `diff` and pages choose it."""
    found = series.before(store, queries.head(store, snapshot_id))
    number = None if found is None else found.id
    assert previous(Site(store, load_registry()), snapshot_id) == number
    return number


def test_what_is_taken_by_hand_is_not_what_a_schedule_is_held_against(store):
    """Who sends a list of the publisher's name between two runs silences no alert of the second."""
    first = scheduled(store, "hot", 1, 2)
    sent = snapshot(store, signed(1))
    second = scheduled(store, "hot", 1)
    assert before(store, second) == first
    assert told(store, second, GONE)["gone", ""].facts["compared_with"] == first
    assert series.newest_after(store, first) == second
    assert (before(store, sent), series.newest_after(store, sent)) == (first, None)
    later = snapshot(store, signed(1))
    assert series.newest_after(store, sent) == later
    assert series.newest_after(store, first) == second, "its own schedule's comes first"
    assert series.newest_after(store, second) == later


def test_snapshots_of_a_schedule_that_is_removed_are_not_what_another_is_held_against(store):
    scheduled(store, "hot", 1, 2)
    scheduled(store, "cold", 3)
    hot = scheduled(store, "hot", 1, 2)
    scheduled(store, "cold", 3)
    schedules.remove(store, "cold")
    assert before(store, scheduled(store, "hot", 1, 2)) == hot


@pytest.mark.parametrize("pruned", ["hot", "cold"])
def test_where_its_own_are_pruned_a_schedule_is_not_held_against_another(store, pruned):
    lists = {"hot": (1, 2), "cold": (3,)}
    taken = [scheduled(store, name, *lists[name]) for name in ("hot", "cold", "hot", "cold", "hot")]
    for each in taken[pruned == "cold" : 4 : 2]:
        prune(store, each, "1", datetime.now(UTC))
    if pruned == "hot":
        scheduled(store, "cold", 3)
        prune(store, taken[4], "1", datetime.now(UTC))
    last = scheduled(store, pruned, *lists[pruned])
    assert before(store, last) is None
    assert told(store, last, GONE) == {}


def test_a_publisher_that_states_old_heights_is_held_against_its_last_list_all_the_same(store):
    scheduled(store, "hot", 1, 2, height=200)
    second = scheduled(store, "hot", 1, 2, 3, height=300)
    for height, *rows in ((100, 1, 2), (250, 1)):
        last = scheduled(store, "hot", *rows, height=height)
        assert before(store, last) == second
        assert ("gone", "") in told(store, last, GONE)
        assert series.newest_after(store, second) == last
        second = last


def test_one_that_lies_far_back_is_found(store, monkeypatch):
    """A list that is read each hour on one network hides no month of the whole list."""
    monkeypatch.setattr(series, "AT_ONCE", 3)
    first = snapshot(store, signed(1, 2))
    list_id = queries.head(store, first).list_id
    for _ in range(10):
        create_snapshot(store, list_id, SnapshotPolicy())
    last = snapshot(store, signed(1))
    assert before(store, last) == first
    assert series.newest_after(store, first) == last


class FromTomorrow(StubSource):
    """Its endpoint says that its block is of another century."""

    def pin(self, height):
        return BlockRef(self.network, "1", 1_000, f"0x{1_000:064x}", 7_000_000_000)


def test_a_block_of_the_future_hides_nothing_that_comes(store):
    odd = snapshot(store, signed(1, 2), source=FromTomorrow())
    last = snapshot(store, signed(1), source=FromNow())
    (publisher,) = publishers(store)
    assert publisher.latest_complete == last
    assert in_order(store, publisher.id) == [last, odd]
    assert before(store, last) == odd
    assert series.newest_after(store, odd) == last


class FromNow(StubSource):
    """As an endpoint that tells the time."""

    def pin(self, height):
        now = int(datetime.now(UTC).timestamp())
        return BlockRef(self.network, "1", 1_001, f"0x{1_001:064x}", now)


@pytest.mark.parametrize("by_schedule", [True, False])
def test_the_one_before_and_the_one_after_are_found_in_as_many_questions_however_many(
    store, by_schedule
):
    def new(*rows):
        return scheduled(store, "hot", *rows) if by_schedule else snapshot(store, signed(*rows))

    first = snapshot(store, signed(1))
    numbers = []
    for _ in range(2):
        for _ in range(4):
            last = new(1)
        asked = []

        def ask(*about, asked=asked):
            if "SELECT" in about[2]:
                asked.append(about[2])

        event.listen(store.engine, "before_cursor_execute", ask)
        series.before(store, queries.head(store, last))
        series.newest_after(store, first)
        event.remove(store.engine, "before_cursor_execute", ask)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1] < 25


def test_a_resume_makes_what_failed_one_to_compare_with(store):
    first = scheduled(store, "hot", 1, 2)
    undone = create_snapshot(store, queries.head(store, first).list_id, SnapshotPolicy())
    last = snapshot(store, signed(1))
    assert before(store, last) == first
    take(store, undone, StubSource())
    assert before(store, last) == undone


MONTH = 30 * 86_400


def test_values_and_small_drawings_go_by_the_series_too(store):
    """Two lists of one publisher by turns: neither is what the other was worth a month ago."""
    hot = scheduled(store, "hot", 1, 2, height=100)
    cold = scheduled(store, "cold", 3, height=200)
    hot_now = scheduled(store, "hot", 1, 2, height=MONTH + 200)
    cold_now = scheduled(store, "cold", 3, height=MONTH + 100)
    for now, then in ((hot_now, hot), (cold_now, cold)):
        earlier = value_report(store, now).then["month"]
        assert earlier.taken.snapshot == then
    (drawn,) = over_time(store, queries.totals(store, cold_now))
    assert [p["snapshot"] for p in drawn["points"]] == [cold, cold_now]
    (drawn,) = over_time(store, queries.totals(store, hot_now))
    assert [p["snapshot"] for p in drawn["points"]] == [hot, hot_now]
    prune(store, hot, "1", datetime.now(UTC))
    assert value_report(store, hot_now).then["month"].taken.snapshot == hot, "its totals are there"
    some = snapshot(
        store, signed(1, height=2 * MONTH), networks=frozenset({"ethereum"}), queued=True
    )
    assert value_report(store, some).then["month"] is None, "those read other networks"
    assert over_time(store, queries.totals(store, some)) == []


def test_what_a_schedule_is_held_against_next_outlasts_others_when_old_ones_are_pruned(store):
    taken = [scheduled(store, name, *rows) for name, rows in 2 * [("hot", (1, 2)), ("cold", (3,))]]
    by_hand = [snapshot(store, signed(1)) for _ in range(2)]
    going = [head.id for head in to_prune(store, 1)]
    assert going == [taken[0], taken[1], by_hand[0]]
    for each in going:
        prune(store, each, "1", datetime.now(UTC))
    assert before(store, scheduled(store, "hot", 1)) == taken[2]
    assert before(store, scheduled(store, "cold", 3)) == taken[3]
