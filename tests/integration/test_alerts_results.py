"""Rules about the result, and about the age of what it rests on, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from support.alerting import snapshot, told
from support.snapshot_stub import eth_claim
from support.taking import SIGNED

from scanner.alerts import results
from scanner.alerts.config import Rule
from scanner.alerts.rules import match_nothing
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.settings.tables import load_registry
from scanner.store.writing.runs import set_liabilities

FALSE = Rule("false", "found_false")
CHANGED = Rule("changed", "result_changed")


def signed(*numbers, **more):
    return [eth_claim(n, **SIGNED, **more) for n in numbers]


def test_what_is_false_is_told_once_and_again_when_it_is_others(store):
    much = 2**256 - 1
    bad = [*signed(0), *signed(1, amount=much)]
    found = told(store, snapshot(store, bad), FALSE)
    assert set(found) == {("false", "shortfall")}
    event = found["false", "shortfall"]
    assert event.facts["count"] == 1
    assert "held less" in event.reason
    assert told(store, snapshot(store, bad), FALSE) == {}
    worse = [*bad, *signed(2, amount=much)]
    again = told(store, snapshot(store, worse), FALSE)
    assert again["false", "shortfall"].facts["count"] == 2


def test_nothing_false_tells_nothing(store):
    assert told(store, snapshot(store, [*signed(0), eth_claim(1)]), FALSE) == {}


def test_less_verified_than_owed_is_told_once_and_with_other_numbers(store):
    below = Rule("below", "reserves_below_liabilities", publishers=("OKEx",))
    held = signed(0)[0].amount
    first, second = snapshot(store, signed(0)), snapshot(store, signed(0))
    assert told(store, first, below) == {}
    for snapshot_id in (first, second):
        owed = Liability("ETH", held + 1, 18, LiabilityEvidence.PUBLISHED, "owed.csv")
        set_liabilities(store, snapshot_id, [owed])
    event = told(store, second, below)["below", "ETH"]
    assert "ETH verified for" in event.reason
    assert event.facts == {"proven": False}
    third = snapshot(store, signed(0))
    set_liabilities(store, third, [owed])
    assert told(store, third, below) == {}
    other = snapshot(store, signed(0))
    set_liabilities(store, other, [replace(owed, amount=2 * held + 5)])
    assert ("below", "ETH") in told(store, other, below)
    for narrow in ({"publishers": ("rival",)}, {"assets": ("BTC",)}):
        last = snapshot(store, signed(0))
        set_liabilities(store, last, [replace(owed, amount=3 * held + 5)])
        assert told(store, last, replace(below, **narrow)) == {}


def test_a_result_that_changes_is_told_in_both_directions(store):
    assert told(store, snapshot(store, signed(0)), CHANGED) == {}
    worse = told(store, snapshot(store, signed(0, amount=2**256 - 1)), CHANGED)
    assert worse["changed", ""].reason == "the result is false; it was verified"
    assert told(store, snapshot(store, signed(0, amount=2**256 - 1)), CHANGED) == {}
    better = told(store, snapshot(store, signed(0)), CHANGED)
    assert better["changed", ""].reason == "the result is verified; it was false"


def test_a_list_is_unchanged_since_it_was_first_read(store):
    now = snapshot(store, signed(0))
    days = Rule("unchanged", "list_unchanged", Decimal("0.0000001"))
    assert set(told(store, now, days)) == {("unchanged", "")}
    later = snapshot(store, signed(0))
    assert told(store, later, Rule("later", "list_unchanged", Decimal(1))) == {}


@pytest.mark.parametrize(("publisher", "days", "late"), [
    ("okx", 39, True), ("okx", 37, False), ("kraken", 400, False),
])  # fmt: skip
def test_a_list_is_overdue_by_what_its_publisher_says(store, monkeypatch, publisher, days, late):
    """OKX publishes every month; of Kraken the table says nothing, which is told at once."""
    rule = Rule("late", "list_overdue", publishers=(publisher.upper(),))
    monkeypatch.setattr(
        results, "list_imported", lambda *_: datetime.now(UTC) - timedelta(days, hours=1)
    )
    found = told(store, snapshot(store, signed(0), publisher=publisher), rule)
    assert set(found) == ({("late", "")} if late else set())
    if late:
        assert "okx publishes a list every month" in found["late", ""].reason
        assert found["late", ""].facts["age_days"] == days
    silent = match_nothing(store, load_registry(), [rule])
    assert [("how often" in s) for s in silent] == ([True] if publisher == "kraken" else [])


def test_old_blocks_are_told_however_fresh_the_scan_is(store):
    """The stub's block is of November 2023."""
    now = snapshot(store, signed(0))
    found = told(store, now, Rule("old", "balances_older_than", Decimal(30)))
    age = datetime.now(UTC) - datetime.fromtimestamp(1_700_000_100, UTC)
    assert found["old", ""].facts["age_days"] == age.days
    assert found["old", ""].facts["since"] == "2023-11-14T22:15:00+00:00"
    later = snapshot(store, signed(0))
    fine = Rule("fine", "balances_older_than", Decimal(age.days + 2))
    assert told(store, later, fine) == {}
