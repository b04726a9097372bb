"""When balances were read: one moment, or a finding that says whose fault it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, insert

from scanner.model.finding import FindingKind, Weight
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.database.moments import chunks_left_out
from scanner.store.reading.about_times import far_apart
from scanner.store.schema import tables as t
from scanner.store.schema.records import dump_policy
from scanner.store.writing import seal

NOON = 1_790_000_000
HOUR = 3_600


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    t.metadata.create_all(engine)
    with engine.connect() as made:
        yield made
    engine.dispose()


def pinned(connection, network, time, evidence="reported", read_until=None, height=5, wanted=5):
    """One network read at a moment, by one row."""
    number = connection.exec_driver_sql("SELECT count(*) FROM chunk").scalar() + 1
    place = {"snapshot_id": 1, "network": network, "wanted_height": wanted}
    block = {"chain": "x", "height": height, "hash": "0x", "source": "n", "time": time}
    connection.execute(insert(t.pinned_block), place | block)
    spent = {"first": 1, "last": 1, "claims": 1, "state": "done", "attempts": 1, "error": ""}
    connection.execute(
        insert(t.chunk),
        {
            **{**place, "no": number},
            **{"read_until": read_until, **spent},
        },
    )
    amount = None if evidence == "unavailable" else 7
    told = {"amount": amount, "evidence": evidence, "sources": ("n",), "reason": "", "detail": ""}
    connection.execute(
        insert(t.balance), {"snapshot_id": 1, "claim_no": number, "chunk_no": number, **told}
    )
    key = {"asset": "ETH", "decimals": 18, "proof": True, "evidence": evidence}
    sums = {"rows": 1, "claimed": 7, "found": 7, "shortfall": 0, "surplus": 0}
    connection.execute(insert(t.subtotal), {"snapshot_id": 1, "chunk_no": number, **key, **sums})


def told(connection, spread=HOUR):
    allowed(connection, spread)
    return [(f.kind, f.network) for f in far_apart(connection, 1)]


def allowed(connection, spread=HOUR, **policy):
    """The snapshot, with how far apart it may be read."""
    made = SnapshotPolicy(spread=spread, **policy)
    connection.execute(t.snapshot.delete())
    row = {"id": 1, "list_id": 1, "policy": dump_policy(made), "state": "running"}
    row |= {"created": datetime.now(UTC), "chain_head": "", "program": "", "texts": ""}
    connection.execute(insert(t.snapshot), row)


def test_blocks_an_hour_apart_are_one_moment(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "base", NOON + HOUR)
    assert told(connection) == []


def test_blocks_further_apart_are_false_whoever_was_read(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "base", NOON + HOUR + 1)
    assert told(connection) == [(FindingKind.MIXED_TIMES, "ethereum")]
    assert told(connection, 2 * HOUR) == []


def test_a_network_that_tells_of_now_only_is_not_shown_and_not_false(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "tron", NOON + 3 * HOUR, evidence="latest_only")
    allowed(connection)
    (finding,) = far_apart(connection, 1)
    assert (finding.kind, finding.network) == (FindingKind.READ_LATER, "tron")
    assert finding.weight is Weight.UNSHOWN
    assert "count twice" in finding.reason


def test_it_does_not_hide_that_others_are_apart(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "base", NOON + 2 * HOUR)
    pinned(connection, "tron", NOON + 3 * HOUR, evidence="latest_only")
    assert told(connection) == [
        (FindingKind.MIXED_TIMES, "ethereum"),
        (FindingKind.READ_LATER, "tron"),
    ]


def test_what_is_of_another_moment_is_left_out_and_said_by_name(connection):
    for network, time in (("ethereum", NOON), ("base", NOON + 2 * HOUR), ("okc", NOON + 2 * HOUR)):
        pinned(connection, network, time)
    allowed(connection)
    (finding,) = far_apart(connection, 1)
    assert (
        "rows on ethereum that are of another moment than most are not verified" in finding.reason
    )
    assert chunks_left_out(connection, 1) == {1}
    assert seal.tally_of(connection, 1).totals()[0].verified == 14
    assert seal.tally_of(connection, 1).totals()[0].unverified == 7


def test_snapshots_of_older_programs_count_as_those_did(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "base", NOON + 2 * HOUR)
    allowed(connection, one_moment=False)
    (finding,) = far_apart(connection, 1)
    assert "are counted twice" in finding.reason
    assert chunks_left_out(connection, 1) == set()
    assert seal.tally_of(connection, 1).totals()[0].verified == 14


def test_a_block_at_which_nothing_could_be_read_is_no_moment(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "solana", NOON + 2 * HOUR, evidence="unavailable")
    assert told(connection) == []
    assert chunks_left_out(connection, 1) == set()


def test_a_stated_height_does_not_make_a_newest_state_older_than_it_is(connection):
    """The pinned block is of the list's moment; the balances are of sixty days later."""
    later = NOON + 60 * 24 * HOUR
    pinned(connection, "ethereum", NOON)
    pinned(connection, "solana", NOON + 100, evidence="latest_only", read_until=later)
    allowed(connection)
    (finding,) = far_apart(connection, 1)
    assert (finding.kind, finding.network) == (FindingKind.READ_LATER, "solana")
    assert "here of 2026-11-20" in finding.reason


def test_a_newest_state_without_any_block_time_is_told_too(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "tron", None, evidence="latest_only", read_until=NOON + 2 * HOUR)
    assert told(connection) == [(FindingKind.READ_LATER, "tron")]


def test_of_one_network_only_the_block_of_most_rows_is_verified(connection):
    """Seconds apart, or within one second: coins that moved are at both blocks."""
    pinned(connection, "ethereum", NOON, height=5)
    pinned(connection, "arbitrum", NOON, height=70, wanted=70)
    for time in (NOON, NOON + 12):
        pinned(connection, "ethereum", time, height=6, wanted=6 + time - NOON)
    assert told(connection) == [], "the list's own finding tells it"
    assert chunks_left_out(connection, 1) == {1}
    assert seal.tally_of(connection, 1).totals()[0].verified == 21
    allowed(connection, 10 * HOUR)
    assert chunks_left_out(connection, 1) == {1}, "no spread makes one network's two blocks one"


def test_of_as_many_rows_the_newest_block_stays_with_or_without_times(connection):
    for height in (9, 7):
        pinned(connection, "ethereum", None, height=height, wanted=height)
    allowed(connection)
    assert chunks_left_out(connection, 1) == {2}


def test_a_newest_state_is_one_whatever_heights_its_rows_name(connection):
    for height in (7, 9):
        pinned(connection, "tron", NOON, "latest_only", height=height, wanted=height)
    pinned(connection, "solana", NOON, "unavailable", height=3)
    pinned(connection, "solana", NOON, height=4, wanted=4)
    allowed(connection)
    assert chunks_left_out(connection, 1) == set()


def test_a_block_of_another_moment_is_none_of_most(connection):
    """Of the network's two blocks one is of the snapshot's moment: that one stays."""
    for network in ("base", "okc", "linea"):
        pinned(connection, network, NOON)
    for _ in range(2):
        pinned(connection, "ethereum", NOON - 9 * HOUR, height=7, wanted=7 + _)
    pinned(connection, "ethereum", NOON, height=9, wanted=9)
    allowed(connection)
    assert chunks_left_out(connection, 1) == {4, 5}


def test_older_programs_counted_both_blocks(connection):
    for height in (7, 9):
        pinned(connection, "ethereum", NOON, height=height, wanted=height)
    allowed(connection, one_height=False)
    assert chunks_left_out(connection, 1) == set()
    assert seal.tally_of(connection, 1).totals()[0].verified == 14
