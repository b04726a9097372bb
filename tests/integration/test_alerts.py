"""Alert rules on real snapshots, on both databases: what is told, once, and when not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from support import alerting
from support.alerting import snapshot
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address, stored
from support.taking import DOWN, SIGNED, raises, take

from scanner.alerts.config import Rule
from scanner.alerts.telling import Alerts
from scanner.errors import StoreError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Balance, Evidence
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.store.writing import alert_log
from scanner.store.writing.runs import create_snapshot, set_liabilities

GONE = Rule("gone", "addresses_gone")
EVERY = (
    Rule("fell", "verified_fell", Decimal("0.5")),
    Rule("unsigned", "unsigned_new"),
    GONE,
    Rule("twice", "claimed_twice"),
    Rule("disagree", "sources_disagree"),
    Rule("incomplete", "incomplete"),
)


def alerts(store, *rules, now=None):
    return alerting.alerts(store, *(rules or EVERY), now=now)


def told(store, snapshot_id, *rules):
    return alerting.told(store, snapshot_id, *(rules or EVERY))


def signed(*numbers, **more):
    return [eth_claim(n, **SIGNED, **more) for n in numbers]


def test_a_first_good_snapshot_tells_nothing(store):
    assert told(store, snapshot(store, [*signed(0, 1, 2), eth_claim(3)])) == {}


def test_what_changed_since_the_complete_snapshot_before(store):
    snapshot(store, [*signed(0, 1, 2), eth_claim(3)])
    now = snapshot(store, [*signed(0), eth_claim(1), eth_claim(3), eth_claim(4)])
    found = told(store, now)
    assert set(found) == {("fell", "ETH"), ("unsigned", ""), ("gone", "")}
    gone, unsigned = found["gone", ""], found["unsigned", ""]
    assert gone.facts["count"] == 1
    assert gone.facts["examples"] == [{"network": "ethereum", "address": evm_address(2)}]
    assert [e["address"] for e in unsigned.facts["examples"]] == [evm_address(1), evm_address(4)]
    held = [balance_of(evm_address(n), "ETH") for n in range(3)]
    fell = found["fell", "ETH"].facts
    assert (fell["verified_before"], fell["verified"]) == (str(sum(held)), str(held[0]))
    assert fell["compared_with"] == 1


def test_a_fall_is_told_from_the_exact_percentage_on(store):
    """1000 -> 995 is 0.5 %, 1000 -> 996 is not; one base unit in 10**30 decides."""
    huge = 10**30
    old = signed(0, amount=huge)
    for less, limit, expected in ((5, "0.5", True), (4, "0.5", False)):
        name = f"p{less}"
        snapshot(store, old, name, Fixed(huge))
        now = snapshot(store, old, name, Fixed(huge - huge * less // 1000))
        assert bool(told(store, now, Rule("f", "verified_fell", Decimal(limit)))) is expected
    snapshot(store, old, "edge", Fixed(huge))
    edge = snapshot(store, old, "edge", Fixed(huge - huge // 200 + 1))
    assert told(store, edge, Rule("f", "verified_fell", Decimal("0.5"))) == {}


class Fixed(StubSource):
    """Finds the same amount everywhere."""

    def __init__(self, amount):
        super().__init__()
        self._amount = amount

    def fetch_balances(self, queries, at, progress=None):

        found = super().fetch_balances(queries, at, progress)
        return [balance._replace(amount=self._amount) for balance in found]


def test_only_snapshots_of_the_same_networks_are_compared(store):
    snapshot(store, signed(0, 1))
    now = snapshot(store, signed(0), networks=frozenset({"ethereum"}), queued=True)
    assert told(store, now) == {}


@pytest.mark.parametrize(
    ("owed", "under", "assets", "words"),
    [
        (100, "1", (), None),
        (101, "1", (), "0.990099, under 1 (unproven, of an unknown day)"),
        (100, "1.000001", ("ETH",), "1.000000, under 1.000001"),
        (None, "1", (), None),
        (None, "1", ("ETH",), "not known"),
        (100, "1", ("BTC",), "not known"),
    ],
)
def test_reserve_ratio(store, owed, under, assets, words):
    list_id = stored(store, signed(0, amount=100)).list_id
    snapshot_id = create_snapshot(store, list_id, SnapshotPolicy())
    if owed is not None:
        liability = Liability("ETH", owed, 18, LiabilityEvidence.PUBLISHED, "file", "", {})
        set_liabilities(store, snapshot_id, [liability])
    take(store, snapshot_id, Fixed(100))
    found = told(store, snapshot_id, Rule("r", "reserve_ratio", Decimal(under), assets))
    assert [words in e.reason for e in found.values()] == ([True] if words else [])


def test_an_address_of_two_publishers_is_told_once_until_the_set_changes(store):
    snapshot(store, signed(1, 2), "other")
    rule = Rule("twice", "claimed_twice")
    first = told(store, snapshot(store, signed(0, 1)), rule)
    assert set(first) == {("twice", "other")}
    assert first["twice", "other"].facts["count"] == 1
    assert told(store, snapshot(store, signed(0, 1, 5)), rule) == {}
    more = told(store, snapshot(store, signed(0, 1, 2)), rule)
    assert more["twice", "other"].facts["count"] == 2
    assert told(store, snapshot(store, signed(7)), rule) == {}


def test_one_holder_on_two_evm_networks_is_claimed_twice(store):
    snapshot(store, signed(1, network="arbitrum"), "other", StubSource("arbitrum"))
    assert set(told(store, snapshot(store, signed(1)))) == {("twice", "other")}


def test_an_incomplete_snapshot_says_so_and_the_rest_when_it_is_complete(store):
    snapshot(store, signed(0, 1))
    source = StubSource(trouble=raises(DOWN))
    now = snapshot(store, signed(0), source=source, state=SnapshotState.INCOMPLETE, attempts=1)
    found = told(store, now)
    assert set(found) == {("incomplete", "")}
    assert found["incomplete", ""].facts["failed"] == 1
    assert take(store, now, StubSource()).state is SnapshotState.COMPLETE
    after = told(store, now)
    assert set(after) == {("incomplete", ""), ("gone", ""), ("fell", "ETH")}
    assert after["incomplete", ""].id == found["incomplete", ""].id


def test_a_balance_that_changed_at_one_block_is_told(store):
    """A worker that was thought dead reads the chunk again, and the node says something else."""
    from scanner.model.balance import Balance, Evidence
    from scanner.snapshots.interface import RowResult
    from scanner.store.writing.sink import StoreSink

    now, sink = snapshot(store, signed(0, 1)), StoreSink(store)
    (chunk,) = sink.chunks(now)
    again = [
        RowResult(c, None, Balance(c.claim.amount + c.no - 1, Evidence.REPORTED, ("node",)))
        for c in sink.claims(chunk)
    ]
    sink.finish_chunk(chunk, again)
    (event,) = told(store, now).values()
    assert (event.rule, event.subject, event.facts["count"]) == ("disagree", "balance_changed", 1)


class Contradicting(StubSource):
    """Its endpoints contradict each other, in words that hold a secret."""

    def fetch_balances(self, queries, at, progress=None):
        reason, detail = "see https://node/CANARY", '{"disagree": []}'
        return [Balance(None, Evidence.UNAVAILABLE, (), reason, detail) for _ in queries]


def test_sources_that_contradict_each_other_are_told_without_their_secrets(store):
    now = snapshot(store, signed(0), source=Contradicting())
    (event,) = told(store, now).values()
    assert (event.rule, event.subject, event.facts["count"]) == ("disagree", "sources_disagree", 1)
    assert "CANARY" not in str(event.facts)


def test_rules_of_other_publishers_and_assets_are_silent(store):
    snapshot(store, signed(0, 1))
    now = snapshot(store, signed(0))
    other = Rule("x", "addresses_gone", publishers=("kraken",))
    btc = Rule("y", "verified_fell", Decimal(1), assets=("BTC",))
    assert told(store, now, other, btc) == {}


def test_a_snapshot_is_looked_at_once_and_old_ones_never(store):
    snapshot(store, signed(0, 1))
    now = snapshot(store, signed(0))
    rules = alerts(store)
    assert alert_log.unchecked(store, datetime.now(UTC) - timedelta(days=1)) == [1, now]
    assert rules.after_snapshot(now) == 2
    assert rules.after_snapshot(now) == 0
    assert len(alert_log.events_of(store, now)) == 2
    assert alert_log.unchecked(store, datetime.now(UTC) - timedelta(days=1)) == [1]
    assert alert_log.unchecked(store, datetime.now(UTC) + timedelta(days=1)) == []


def test_a_running_snapshot_is_not_judged(store):
    list_id = stored(store, signed(0)).list_id
    planned = create_snapshot(store, list_id, SnapshotPolicy())
    assert alerts(store).after_snapshot(planned) == 0
    assert alert_log.unchecked(store, datetime.now(UTC) - timedelta(days=1)) == []


def test_what_was_mended_and_comes_back_is_told_again(store):
    false = Rule("false", "found_false")
    bad = [*signed(0), eth_claim(1, amount=2**256 - 1, **SIGNED)]
    first, again = snapshot(store, bad), snapshot(store, bad)
    assert set(told(store, first, false)) == {("false", "shortfall")}
    assert told(store, again, false) == {}, "nothing is new"
    assert told(store, snapshot(store, signed(0, 1)), false) == {}
    assert set(told(store, snapshot(store, bad), false)) == {("false", "shortfall")}


def test_a_worker_that_was_away_tells_what_ended_meanwhile(store):
    """Rules were once applied to what ended within a day, and to nothing older."""
    start = datetime.now(UTC)
    snapshot(store, signed(0, 1, 2))
    alerts(store, GONE).look()
    while_away = snapshot(store, signed(0))
    alerts(store, GONE, now=lambda: start + timedelta(days=4)).look()
    assert [event.rule for event in alert_log.events_of(store, while_away)] == [GONE.name]
    long_ago = snapshot(store, signed(3))
    alerts(store, GONE, now=lambda: start + timedelta(days=90)).look()
    assert alert_log.events_of(store, long_ago) == []


def test_alerts_that_are_set_up_late_tell_nothing_of_old_snapshots(store):
    snapshot(store, signed(0, 1))
    now = snapshot(store, signed(0))
    alerts(store, GONE, now=lambda: datetime.now(UTC) + timedelta(days=4)).look()
    assert alert_log.events_of(store, now) == []


def test_a_snapshot_whose_rules_cannot_be_applied_keeps_no_other_from_its_turn(store, monkeypatch):
    first = snapshot(store, signed(0, 1))
    second = snapshot(store, signed(0))
    applied = Alerts.after_snapshot

    def after(self, snapshot_id):
        if snapshot_id == first:
            raise StoreError("its rows are gone")
        return applied(self, snapshot_id)

    delivered = []
    monkeypatch.setattr(Alerts, "after_snapshot", after)
    monkeypatch.setattr(Alerts, "deliver_due", lambda self: delivered.append(True))
    alerts(store, GONE).look()
    assert [event.rule for event in alert_log.events_of(store, second)] == [GONE.name]
    assert delivered == [True]


def test_a_fault_that_nobody_was_told_is_news_whatever_was_told_before(store):
    """The rule was away when another fault came; it was told of the first one only."""
    false = Rule("false", "found_false")
    one = [*signed(0), eth_claim(1, amount=2**256 - 1, **SIGNED)]
    two = [*signed(0), eth_claim(2, amount=2**256 - 1, **SIGNED)]
    assert told(store, snapshot(store, one), false)
    snapshot(store, two)
    assert set(told(store, snapshot(store, two), false)) == {("false", "shortfall")}
