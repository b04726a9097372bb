"""A complete snapshot holds every claim of its list, with the verdicts that its totals count."""

from functools import partial

import pytest
from sqlalchemy import event, text
from support.snapshot_stub import CONTROLS, OKX_RULE, StubSource, eth_claim, good_judge
from support.taking import DOWN, SIGNED, planned, raises, take

from scanner.errors import StoreError
from scanner.model.control import Binding
from scanner.snapshots.interface import SnapshotState
from scanner.store.reading import queries
from scanner.store.reading.check import check, wrong
from scanner.store.writing import seal


def two_networks():
    claims = [eth_claim(n, **SIGNED) for n in range(5)]
    return [*claims, eth_claim(9, network="bsc", asset="BNB", amount=10**20, **SIGNED)]


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ("DELETE FROM chunk WHERE network = 'bsc'", 1),
        ("UPDATE chunk SET last = last - 2, claims = claims - 2 WHERE network = 'ethereum'", 2),
        ("UPDATE chunk SET first = first + 1, claims = claims - 1 WHERE network = 'ethereum'", 1),
        ("UPDATE chunk SET wanted_height = 101 WHERE network = 'bsc'", 1),
    ],
)
def test_claims_that_were_taken_out_of_the_plan_keep_a_snapshot_from_its_end(store, change, gone):
    snapshot = planned(store, two_networks())
    with store.write() as connection:
        connection.execute(text(change))
    with pytest.raises(StoreError, match=f"^{gone} claims of the list are in no chunk"):
        take(store, snapshot, StubSource("ethereum"), StubSource("bsc"))
    assert queries.head(store, snapshot).state is not SnapshotState.COMPLETE


def test_the_check_sees_a_sealed_snapshot_whose_plan_left_claims_out(store, monkeypatch):
    snapshot = planned(store, two_networks())
    with store.write() as connection:
        connection.execute(text("DELETE FROM chunk WHERE network = 'bsc'"))
    with monkeypatch.context() as patched:
        patched.setattr(seal, "left_out", lambda *_: 0)  # as a program that does not look would
        assert take(store, snapshot, StubSource("ethereum")).state is SnapshotState.COMPLETE
    assert [p.what for p in check(store)] == [
        "1 claim of its list has no balance: chunks were removed or changed"
    ]


def asserting(claims, _call=None, _keys=None):
    return [CONTROLS._replace(binding=Binding.ASSERTED, reason="only said") for _ in claims]


def locked(claims, _call=None, _keys=None):
    return [said._replace(lock=50) for said in asserting(claims)]


def test_totals_count_the_verdict_that_an_earlier_try_has_left(store):
    snapshot = planned(
        store, [eth_claim(1, amount=1_000, **SIGNED)], attempts=1, statement=OKX_RULE
    )
    take(store, snapshot, StubSource(trouble=raises(DOWN)), judge=asserting)
    assert take(store, snapshot, StubSource(), judge=good_judge).state is SnapshotState.COMPLETE
    (total,) = queries.totals(store, snapshot).assets
    assert (total.verified, total.unverified > 0) == (0, True)
    assert check(store) == []


def test_a_lock_that_only_the_block_can_judge_waits_for_the_block(store):
    snapshot = planned(
        store, [eth_claim(1, amount=1_000, **SIGNED)], attempts=1, statement=OKX_RULE
    )
    take(store, snapshot, StubSource(trouble=raises(DOWN)), judge=locked)
    assert take(store, snapshot, StubSource(), judge=locked).state is SnapshotState.COMPLETE
    (total,) = queries.totals(store, snapshot).assets
    assert (total.verified > 0, total.unverified) == (True, 0)
    assert check(store) == []


def test_networks_that_a_resume_leaves_out_wait_for_another(store):
    """They were once stored as without an answer, for good."""
    snapshot = planned(store, two_networks(), attempts=1, statement=OKX_RULE)
    broken = [StubSource(n, trouble=raises(DOWN)) for n in ("ethereum", "bsc")]
    assert take(store, snapshot, *broken).state is SnapshotState.INCOMPLETE
    only = {"networks": {"ethereum"}, "others_wait": True}
    first = take(store, snapshot, StubSource("ethereum"), **only)
    assert (first.state, first.failed) == (SnapshotState.INCOMPLETE, 1)
    done = take(store, snapshot, StubSource("ethereum"), StubSource("bsc"))
    assert done.state is SnapshotState.COMPLETE
    assert queries.weights_found(store, snapshot) == set()


def test_networks_that_a_snapshot_leaves_out_are_said_to_be(store):
    snapshot = planned(store, two_networks(), statement=OKX_RULE)
    take(store, snapshot, StubSource("ethereum"), networks={"ethereum"})
    (found,) = [f.finding for f in queries.findings(store, snapshot)]
    assert found.reason == "bsc was left out (--networks): take a new snapshot to read it"


def steps(store, work):
    """Hundreds of instructions that SQLite's machine executes for some work."""
    done = 0

    def count():
        nonlocal done
        done += 1

    def begin(connection):
        connection.connection.driver_connection.set_progress_handler(count, 100)

    event.listen(store.engine, "begin", begin)
    try:
        assert not work()
    finally:
        event.remove(store.engine, "begin", begin)
        with store.read() as connection:
            connection.connection.driver_connection.set_progress_handler(None, 0)
    return done


def test_the_check_goes_through_the_balances_once_however_many_chunks(store):
    if store.dialect != "sqlite":
        pytest.skip("SQLite counts its steps")
    needed = []
    for size in (400, 2):
        claims = [eth_claim(n, **SIGNED) for n in range(400)]
        snapshot = planned(store, claims, chunk_sizes={"ethereum": size})
        take(store, snapshot, StubSource("ethereum"))
        with store.read() as connection:
            head = queries.head(store, snapshot).chain_head
            needed.append(steps(store, partial(list, wrong(connection, snapshot, head))))
    few, many = needed
    assert many < 3 * few, "200 chunks cost more than the rows that they hold"
