"""When balances were read: one moment, or a finding that says whose fault it is."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, insert

from scanner.model.finding import FindingKind, Weight
from scanner.store.reading.about_times import far_apart
from scanner.store.schema import tables as t

NOON = 1_790_000_000
HOUR = 3_600


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    t.metadata.create_all(engine)
    with engine.connect() as made:
        yield made
    engine.dispose()


def pinned(connection, network, time, evidence="reported"):
    """One network read at a moment, by one row."""
    number = connection.exec_driver_sql("SELECT count(*) FROM chunk").scalar() + 1
    block = {"chain": "x", "height": 5, "hash": "0x", "source": "n", "time": time}
    connection.execute(
        insert(t.pinned_block), {"snapshot_id": 1, "network": network, "wanted_height": 5, **block}
    )
    spent = {"first": 1, "last": 1, "claims": 1, "state": "done", "attempts": 1, "error": ""}
    connection.execute(
        insert(t.chunk),
        {"snapshot_id": 1, "no": number, "network": network, "wanted_height": 5, **spent},
    )
    told = {"amount": 7, "evidence": evidence, "sources": ("n",), "reason": "", "detail": ""}
    connection.execute(
        insert(t.balance), {"snapshot_id": 1, "claim_no": number, "chunk_no": number, **told}
    )


def told(connection, spread=HOUR):
    return [(f.kind, f.network) for f in far_apart(connection, 1, spread)]


def test_blocks_an_hour_apart_are_one_moment(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "base", NOON + HOUR)
    assert told(connection) == []


def test_blocks_further_apart_are_false_whoever_was_read(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "base", NOON + HOUR + 1)
    assert told(connection) == [(FindingKind.MIXED_TIMES, "base")]
    assert told(connection, 2 * HOUR) == []


def test_a_network_that_tells_of_now_only_is_not_shown_and_not_false(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "tron", NOON + 3 * HOUR, evidence="latest_only")
    (finding,) = far_apart(connection, 1, HOUR)
    assert (finding.kind, finding.network) == (FindingKind.READ_LATER, "tron")
    assert finding.weight is Weight.UNSHOWN
    assert "count twice" in finding.reason


def test_it_does_not_hide_that_others_are_apart(connection):
    pinned(connection, "ethereum", NOON)
    pinned(connection, "base", NOON + 2 * HOUR)
    pinned(connection, "tron", NOON + 3 * HOUR, evidence="latest_only")
    assert told(connection) == [
        (FindingKind.MIXED_TIMES, "base"),
        (FindingKind.READ_LATER, "tron"),
    ]
