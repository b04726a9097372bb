"""What is to be said of a snapshot after its rules were applied, and what is no news in a series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import event
from support.alerting import alerts, scheduled, signed, snapshot, told
from support.snapshot_stub import StubSource
from support.taking import take

from scanner.alerts import telling
from scanner.alerts.config import Rule
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Balance, Evidence
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import RowResult, SnapshotPolicy, SnapshotState
from scanner.store.reading import queries, series
from scanner.store.upkeep.prune import prune
from scanner.store.writing import alert_log
from scanner.store.writing.alert_log import DeliveryState
from scanner.store.writing.runs import create_snapshot, set_liabilities
from scanner.store.writing.sink import StoreSink
from scanner.web.drawing import previous
from scanner.web.site import Site

FALSE = Rule("false", "found_false")
RATIO = Rule("ratio", "reserve_ratio", Decimal("1.02"), ("ETH",))
GONE = Rule("gone", "addresses_gone")
FALLEN = Rule("fallen", "verified_fell", Decimal("0.000001"))
BELOW = Rule("below", "reserves_below_liabilities")
DISAGREE = Rule("disagree", "sources_disagree")
MUCH = 2**256 - 1
START = datetime.now(UTC)


def owed(amount):
    return [Liability("ETH", amount, 18, LiabilityEvidence.PUBLISHED, "owed.csv")]


def due(told_by, at):
    lease = at + timedelta(minutes=5)
    return alert_log.claim_due(told_by.store, {"ops"}, at, lease, at + timedelta(hours=2))


def reasons(store, snapshot_id):
    return {e.rule: e.reason for e in alert_log.events_of(store, snapshot_id)}


def test_what_is_owed_may_be_known_after_the_rules_were_applied(store):
    now, held = snapshot(store, signed(0)), signed(0)[0].amount
    told_by = alerts(store, RATIO, BELOW, now=lambda: START)
    told_by.look()
    assert reasons(store, now) == {"ratio": "the reserve ratio of ETH is not known"}
    set_liabilities(store, now, owed(2 * held))
    told_by.look()
    found = reasons(store, now)
    assert "is 0.500000, under 1.02" in found["ratio"]
    assert set(found) == {"ratio", "below"}
    set_liabilities(store, now, owed(4 * held), replacing=START)
    told_by.look()
    assert "is 0.250000, under 1.02" in reasons(store, now)["ratio"]
    assert alert_log.unchecked(store, START - timedelta(days=1)) == []


def test_an_event_that_says_something_else_is_delivered_again_and_once(store):
    now, held = snapshot(store, signed(0)), signed(0)[0].amount
    told_by = alerts(store, RATIO, now=lambda: START)
    told_by.after_snapshot(now)
    first = due(told_by, START)
    set_liabilities(store, now, owed(2 * held))
    again = alerts(store, RATIO, now=lambda: START + timedelta(seconds=1))
    assert again.after_snapshot(now) == 1
    # The first was on its way meanwhile: its end is not that of the second.
    alert_log.settle(store, first, DeliveryState.DELIVERED, START)
    second = due(told_by, START + timedelta(seconds=2))
    assert second.event.reason.startswith("the reserve ratio of ETH is 0.500000")
    assert second.event.key != first.event.key
    assert again.after_snapshot(now) == 0


def test_a_second_reading_that_differs_is_told_though_all_was_looked_at(store):
    now, sink = snapshot(store, signed(0, 1)), StoreSink(store)
    told_by = alerts(store, DISAGREE, now=lambda: START)
    told_by.look()
    assert reasons(store, now) == {}
    (chunk,) = sink.chunks(now)
    again = [
        RowResult(c, None, Balance(c.claim.amount + c.no - 1, Evidence.REPORTED, ("node",)))
        for c in sink.claims(chunk)
    ]
    sink.finish_chunk(chunk, again)
    told_by.look()
    assert set(reasons(store, now)) == {"disagree"}


class Contradicting(StubSource):
    """Its endpoints contradict each other about some rows, and do not answer for others."""

    def __init__(self, told):
        super().__init__()
        self._told = told

    def fetch_balances(self, queries, at, progress=None):
        if not self._told:
            self._told = 1
            from scanner.errors import SourceUnavailableError

            raise SourceUnavailableError("node", "no answer")
        self._told -= 1
        return [
            Balance(None, Evidence.UNAVAILABLE, (), "they differ", '{"disagree": []}')
            for _ in queries
        ]


def test_more_of_the_same_after_a_resume_is_told_with_its_number(store):
    policy = {"chunk_sizes": {"ethereum": 1}, "attempts": 1}
    now = snapshot(
        store, signed(0, 1, 2), source=Contradicting(1), state=SnapshotState.INCOMPLETE, **policy
    )
    assert told(store, now, DISAGREE)["disagree", "sources_disagree"].facts["count"] == 2
    assert take(store, now, Contradicting(9)).state is SnapshotState.COMPLETE
    assert told(store, now, DISAGREE)["disagree", "sources_disagree"].facts["count"] == 3


def test_two_schedules_of_one_publisher_are_told_their_own_faults_once(store):
    for first in (True, False):
        for number, networks in ((1, frozenset({"ethereum"})), (2, None)):
            taken = snapshot(store, signed(number, amount=MUCH), networks=networks, queued=True)
            assert bool(told(store, taken, FALSE)) is first


def test_two_lists_of_one_publisher_that_take_turns_are_each_held_against_themselves(store):
    taken = [scheduled(store, name, *rows) for name, rows in 3 * [("hot", (1, 2)), ("cold", (3,))]]
    for each in taken[2:]:
        assert told(store, each, GONE, FALLEN) == {}
    later = scheduled(store, "hot", 1)
    assert set(told(store, later, GONE)) == {("gone", "")}


def test_pages_and_diff_choose_what_alerts_are_held_against(store):
    taken = [scheduled(store, name, *rows) for name, rows in 3 * [("hot", (1, 2)), ("cold", (3,))]]
    site = Site(store, load_registry())
    for before, after in pairwise(taken[::2]):
        assert previous(site, after) == before
        assert series.newest_after(store, before) == taken[4]
    assert previous(site, taken[1]) == taken[0], "nothing tells yet that it is of another series"
    assert series.newest_after(store, taken[1]) == taken[5]
    assert series.newest_after(store, taken[4]) is series.newest_after(store, taken[5]) is None
    some = snapshot(store, signed(1), networks=frozenset({"ethereum"}), queued=True)
    assert previous(site, some) is None, "it read other networks"


def test_the_snapshot_before_is_found_in_few_questions_however_many_are_none(store):
    """A page asks for it whoever looks: none of those that are not complete is looked at alone."""
    first = snapshot(store, signed(1))
    list_id = queries.head(store, first).list_id
    undone = [create_snapshot(store, list_id, SnapshotPolicy()) for _ in range(30)]
    last = snapshot(store, signed(1))
    asked = []
    event.listen(store.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    assert series.before(store, queries.head(store, last)).id == first
    assert series.newest_after(store, first) == last
    assert len(asked) < 2 * len(undone)


def test_a_fault_that_was_told_before_there_was_a_schedule_is_not_told_again_by_it(store):
    assert told(store, snapshot(store, signed(1, amount=MUCH)), FALSE)
    for _ in range(3):
        assert told(store, scheduled(store, "hot", 1, amount=MUCH), FALSE) == {}


def test_what_was_found_later_is_no_news_of_an_earlier_snapshot(store):
    bad = signed(0, amount=MUCH)
    first, second = snapshot(store, bad), snapshot(store, bad)
    for each in (first, second, snapshot(store, signed(1, amount=MUCH))):
        told(store, each, FALSE)
    set_liabilities(store, second, owed(1))
    alerts(store, FALSE, now=lambda: START).look()
    assert reasons(store, second) == {}


def test_a_bug_of_ours_in_one_snapshots_rules_keeps_no_other_from_its_turn(store, monkeypatch):
    first, second = (snapshot(store, signed(n, amount=MUCH)) for n in (0, 1))
    found = telling.events

    def broken(of, registry, snapshot_id, rules):
        if snapshot_id == first:
            raise KeyError("something of the snapshot")
        return found(of, registry, snapshot_id, rules)

    monkeypatch.setattr(telling, "events", broken)
    alerts(store, FALSE, now=lambda: START).look()
    assert set(reasons(store, second)) == {"false"}
    assert first in alert_log.unchecked(store, START - timedelta(days=1))


def test_a_bug_of_ours_in_one_delivery_is_a_try_that_failed(store, monkeypatch, caplog):
    taken = snapshot(store, signed(0, amount=MUCH))

    def broken(channel, message):
        raise KeyError("something of the message")

    monkeypatch.setattr(telling, "deliver", broken)
    done = alerts(store, FALSE, now=lambda: START).look()
    assert (done.done, done.waiting) == (0, 1)
    assert set(reasons(store, taken)) == {"false"}
    assert "an error in the program (KeyError)" in caplog.text


def test_what_is_pruned_is_not_looked_at_for_ever(store):
    old = snapshot(store, signed(0))
    snapshot(store, signed(1))
    assert old in alert_log.unchecked(store, START - timedelta(days=1))
    prune(store, old, "1", datetime.now(UTC))
    assert old not in alert_log.unchecked(store, START - timedelta(days=1))
