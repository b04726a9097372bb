"""Coins that move while a network of newest states is read, chunk after chunk or run after run."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

import pytest
from support.moving_coins import COINS, FIRST, LAST, NOW, Ledger, claims, rotate
from support.snapshot_stub import OKX_RULE, StubSource, eth_claim, good_judge, stored
from support.taking import DOWN, SIGNED, planned, raises, take

from scanner.cli.snapshots import taking
from scanner.errors import StoreError
from scanner.model.balance import Balance, Evidence
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.asking import StoppedError, Tools
from scanner.snapshots.chunks import take_chunk
from scanner.snapshots.closing import end_snapshot
from scanner.snapshots.interface import RowResult, SnapshotPolicy, SnapshotState
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.reading.coverage import control_counts
from scanner.store.reading.history import verified_rows
from scanner.store.reading.weighed import largest_verified
from scanner.store.writing import results_in
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from scanner.worker.jobs import Jobs, unended


def plan(store, rows=None):
    return planned(store, rows or claims(), statement=OKX_RULE, chunk_sizes={"ethereum": 2})


def told(store, snapshot):
    return {
        (found.finding.row, found.finding.kind)
        for found in queries.findings(store, snapshot)
        if found.finding.kind is FindingKind.MOVED_WHILE_READ
    }


MOVED = {(1, FindingKind.MOVED_WHILE_READ)}


def test_coins_that_move_from_a_row_that_was_read_to_one_that_was_not_are_told(store):
    snapshot = plan(store)
    assert take(store, snapshot, Ledger({FIRST: COINS}, rotate)).state is SnapshotState.COMPLETE
    assert told(store, snapshot) == MOVED
    (finding,) = [f.finding for f in queries.findings(store, snapshot) if f.finding.row == 1]
    assert "coins that move in between count twice" in finding.reason
    (total,) = queries.totals(store, snapshot).assets
    assert (total.verified, total.unverified) == (COINS, COINS), "what there is, once"
    assert [view.is_proof for view in queries.rows(store, snapshot)] == [False, *[True] * 5]
    assert verified_rows(store, snapshot) == 5
    assert sum(c.rows for c in control_counts(store, snapshot) if c.is_proof and c.answered) == 5
    _, tops = largest_verified(store, snapshot, {"ETH": (18, 2 * COINS)}, 10)
    assert tops["ETH"].rows == 5
    assert check(store) == []


def test_coins_that_keep_still_cost_no_finding(store):
    snapshot = plan(store)
    source = Ledger({FIRST: COINS, LAST: COINS})
    assert take(store, snapshot, source).state is SnapshotState.COMPLETE
    assert queries.weights_found(store, snapshot) == set()
    assert source.calls == 6, "each of three chunks once more"


def test_the_second_reading_is_of_no_state_before_the_first_ended(store):
    """A node that is behind would bear out what coins on their way had left meanwhile."""
    asked = []

    class Heard(Ledger):
        def fetch_balances(self, queries, at, progress=None):
            asked.append(at.height)
            return super().fetch_balances(queries, at, progress)

    take(store, plan(store), Heard({FIRST: COINS, LAST: COINS}))
    assert asked == [100, 100, 100, 102, 102, 102]


def test_a_source_that_can_is_read_once_the_second_time(store):
    """In one pass, and with what that finds: the coins that moved meanwhile are told."""

    class Once(Ledger):
        again = 0

        def read_again(self, queries, at, progress=None):
            self.again += 1
            return super().fetch_balances(queries, at, progress)

        def fetch_balances(self, queries, at, progress=None):
            assert not self.again
            return super().fetch_balances(queries, at, progress)

    snapshot = plan(store)
    source = Once({FIRST: COINS}, rotate)
    assert take(store, snapshot, source).state is SnapshotState.COMPLETE
    assert source.again == 3
    assert told(store, snapshot) == MOVED


def test_the_second_reading_says_how_far_it_is(store):
    snapshot = plan(store)
    first, second = [], []
    take(
        store,
        snapshot,
        Ledger({FIRST: COINS, LAST: COINS}),
        progress=lambda share, count: first.append((share, count)),
        again=lambda share, count: second.append((share, count)),
    )
    assert first[-1] == (1.0, 6)
    assert second[0] == (0.0, 0)
    assert [count for _, count in second] == sorted(count for _, count in second)
    assert second[-1] == (1.0, 6)


def test_nothing_is_said_of_a_second_reading_that_is_none(store):
    said = []
    take(
        store, plan(store, claims()[:2]), Ledger({FIRST: COINS}), again=lambda *of: said.append(of)
    )
    assert said == []


def test_the_lesser_of_two_readings_counts_nowhere(store):
    """One purse goes to and fro, and is in the lesser reading of both rows: that sum is no holding."""

    ways = {1: (FIRST, LAST), 3: (LAST, FIRST), 4: (FIRST, LAST)}  # after that many readings
    seen = []

    def moves(holdings, calls):
        seen.append(dict(holdings))
        if calls in ways:
            here, there = ways[calls]
            holdings[there] = holdings.pop(here) - 1  # a fee each time

    source = Ledger({FIRST: COINS}, moves)
    snapshot = plan(store)
    take(store, snapshot, source)
    lesser = min(seen[0][FIRST], seen[3][FIRST]) + min(seen[2][LAST], seen[5][LAST])
    assert lesser > COINS, "more than there ever was"
    assert told(store, snapshot) == {(n, FindingKind.MOVED_WHILE_READ) for n in (1, 6)}
    (total,) = queries.totals(store, snapshot).assets
    assert total.verified == 0


def test_one_chunk_is_its_own_moment_and_is_not_read_again(store):
    snapshot = plan(store, claims()[:2])
    source = Ledger({FIRST: COINS})
    take(store, snapshot, source)
    assert source.calls == 1


def test_coins_that_move_between_two_runs_are_told(store):
    def down_after_the_first(queries):
        if any(q.address.text.lower() == LAST for q in queries):
            raise DOWN

    snapshot = plan(store)
    holdings = {FIRST: COINS}
    first = Ledger(holdings, trouble=down_after_the_first)
    assert take(store, snapshot, first).state is SnapshotState.INCOMPLETE
    holdings[LAST] = holdings.pop(FIRST)
    assert take(store, snapshot, Ledger(holdings)).state is SnapshotState.COMPLETE
    assert told(store, snapshot) == MOVED
    assert check(store) == []


def test_what_cannot_be_read_again_is_not_shown_to_have_kept_still(store):
    source = Ledger({FIRST: COINS, LAST: COINS})

    def fails(_queries):
        if source.calls >= 3:
            raise DOWN

    source._trouble = fails
    snapshot = planned(store, claims(), statement=OKX_RULE, chunk_sizes={"ethereum": 2}, attempts=1)
    assert take(store, snapshot, source).state is SnapshotState.COMPLETE
    assert {row for row, _ in told(store, snapshot)} == {1, 2, 3, 4, 5, 6}


def test_a_run_that_is_stopped_meanwhile_goes_on_with_the_next(store):
    stop = Event()
    source = Ledger({FIRST: COINS, LAST: COINS})
    source._moves = lambda _h, calls: stop.set() if calls == 3 else None
    snapshot = plan(store)
    assert take(store, snapshot, source, stop=stop).state is SnapshotState.RUNNING
    assert take(store, snapshot, Ledger(source.holdings)).state is SnapshotState.COMPLETE
    assert told(store, snapshot) == set()


def test_workers_read_again_what_they_took_one_by_one(store):
    source = Ledger({FIRST: COINS}, rotate)
    snapshot = plan(store)
    jobs = Jobs(store, lambda *_: source, good_judge, load_registry(), 1, Event())
    sink = StoreSink(store)
    sink.cut(snapshot, {"ethereum": 2})
    for chunk in sink.chunks(snapshot):
        jobs.chunk(snapshot, chunk.no, 0)
    assert queries.head(store, snapshot).state is SnapshotState.COMPLETE
    assert told(store, snapshot) == MOVED
    assert jobs.settle(snapshot) is SnapshotState.COMPLETE
    assert check(store) == []


def test_after_the_seal_no_such_finding_is_added(store):
    """Of two workers that end a snapshot the slower one comes too late."""
    snapshot = plan(store)
    take(store, snapshot, Ledger({FIRST: COINS, LAST: COINS}))
    chunk = StoreSink(store).late(snapshot)[0]
    rows = StoreSink(store).claims(chunk)
    other = [RowResult(row, None, Balance(1, Evidence.LATEST_ONLY, ("n",))) for row in rows]
    assert StoreSink(store).finish_chunk(chunk, other) == []
    assert told(store, snapshot) == set()
    assert check(store) == []


def test_a_worker_that_ends_meanwhile_leaves_the_end_to_another(store):
    stop = Event()
    source = Ledger({FIRST: COINS, LAST: COINS})
    source._moves = lambda _h, calls: stop.set() if calls == 4 else None
    snapshot = create_snapshot(
        store,
        stored(store, claims()).list_id,
        SnapshotPolicy(statement=OKX_RULE, chunk_sizes={"ethereum": 2}, queued=True),
    )
    jobs = Jobs(store, lambda *_: source, good_judge, load_registry(), 1, stop)
    first, second, last = StoreSink(store).chunks(snapshot)
    for chunk in (first, second):
        jobs.chunk(snapshot, chunk.no, 0)
    with pytest.raises(StoppedError):
        jobs.chunk(snapshot, last.no, 0)
    assert queries.head(store, snapshot).state is SnapshotState.RUNNING
    ((of, no, _),) = unended(store)
    Jobs(store, lambda *_: source, good_judge, load_registry(), 1, Event()).chunk(of, no, 0)
    assert queries.head(store, snapshot).state is SnapshotState.COMPLETE
    assert told(store, snapshot) == set()


def test_what_goes_wrong_at_the_end_of_one_snapshot_stops_no_other_work(store, monkeypatch):
    snapshot = plan(store)
    jobs = Jobs(store, lambda *_: Ledger({FIRST: COINS}), good_judge, load_registry(), 1, Event())

    def refuses(*_):
        raise StoreError("the database is full")

    sink = StoreSink(store)
    sink.cut(snapshot, {"ethereum": 2})
    *some, last = sink.chunks(snapshot)
    for chunk in some:
        jobs.chunk(snapshot, chunk.no, 0)
    monkeypatch.setattr(results_in, "compare", refuses)
    with pytest.raises(StoreError):
        jobs.chunk(snapshot, last.no, 0)
    assert not jobs.stop.is_set()


def two_networks():
    return [*claims(), *(eth_claim(n, network="base", amount=0, **SIGNED) for n in range(2))]


@pytest.fixture
def command(store, monkeypatch):
    """Take a snapshot as the command does, with sources of the networks that it opens only."""
    holdings = {FIRST: COINS, LAST: COINS}
    opened = []

    @contextmanager
    def sources(names, *_):
        opened.append(set(names))
        base = StubSource("base", trouble=raises(DOWN) if len(opened) == 1 else lambda _q: None)
        made = {"ethereum": Ledger(holdings), "base": base}
        yield {name: made[name] for name in names}

    monkeypatch.setattr(taking, "open_sources", sources)

    def run(snapshot, networks=None, *, others_wait=True):
        options = taking.TakeOptions(networks=networks)
        taking.take(store, snapshot, options, load_registry(), others_wait=others_wait)
        return queries.head(store, snapshot).state

    return run


@pytest.mark.parametrize("networks", [None, frozenset({"base"})])
def test_a_resume_for_another_network_reads_again_what_was_done(store, command, networks):
    """Its sources were once not opened, and every honest row was told to have moved."""
    rows = two_networks()
    sizes = {"ethereum": 2, "base": 2}
    snapshot = planned(store, rows, statement=OKX_RULE, chunk_sizes=sizes, attempts=1)
    assert command(snapshot) is SnapshotState.INCOMPLETE
    assert command(snapshot, networks) is SnapshotState.COMPLETE
    assert told(store, snapshot) == set()


def test_a_run_out_of_time_begins_no_second_reading(store):
    source = Ledger({FIRST: COINS, LAST: COINS})
    snapshot = plan(store)
    tools = Tools(StoreSink(store), good_judge, load_registry(), 1, Event(), rule=OKX_RULE)
    sink = StoreSink(store)
    sink.cut(snapshot, {"ethereum": 2})
    sink.start(snapshot)
    block = sink.pin(snapshot, 100, source.pin(100), "stub")
    for chunk in sink.chunks(snapshot):
        take_chunk(tools, chunk, source, block)
    assert end_snapshot(tools, snapshot, lambda _: source, lambda: True) is SnapshotState.RUNNING
    assert source.calls == 3
    assert end_snapshot(tools, snapshot, lambda _: source) is SnapshotState.COMPLETE


@pytest.mark.parametrize("time", [10**12, 2**63 + 5, -1, NOW + 10**6])
def test_a_time_that_no_state_can_have_is_the_time_of_reading(store, time):
    source = Ledger({FIRST: COINS, LAST: COINS})
    source.time = time
    snapshot = plan(store)
    sink = {"now": lambda: datetime.fromtimestamp(NOW, UTC)}
    assert take(store, snapshot, source, **sink).state is SnapshotState.COMPLETE
    (pinned,) = queries.head(store, snapshot).blocks
    assert pinned.as_of == NOW
