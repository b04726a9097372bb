"""What `scanner status` tells, on both databases."""

from datetime import UTC, datetime

import pytest
from support.snapshot_stub import StubSource, eth_claim, stored
from support.taking import DOWN, SIGNED, planned, raises, take

from scanner.errors import StoreError
from scanner.model.balance import Evidence
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading.history import publishers
from scanner.store.reading.status import standing_of, status
from scanner.store.upkeep.prune import prune, to_prune
from scanner.store.writing import schedules
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.schedules import RunState, ScheduleOptions
from scanner.store.writing.sink import StoreSink
from scanner.worker.queue import queued_snapshot, set_up


def test_an_empty_database_has_nothing_to_tell(store):
    found = status(store)
    assert (found.publishers, found.going, found.schedules) == ((), (), ())
    assert found.queue is None


def test_the_latest_complete_snapshot_counts_and_others_are_going(store):
    claims = [eth_claim(n, **SIGNED) for n in range(25)]
    old, new = planned(store, claims), planned(store, claims)
    for snapshot in (old, new):
        take(store, snapshot, StubSource())
    waiting = planned(store, claims)
    broken = planned(store, claims, attempts=1)
    take(store, broken, StubSource(trouble=raises(DOWN)))
    stored(store, [eth_claim(77)], publisher="bybit")
    found = status(store)
    assert [(p.name, p.complete) for p in found.publishers] == [("bybit", None), ("okx", new)]
    assert found.publishers[0].finished is None
    assert (datetime.now(UTC) - found.publishers[1].finished).total_seconds() < 60
    assert [(h.id, h.state) for h in found.going] == [
        (broken, SnapshotState.INCOMPLETE), (waiting, SnapshotState.PLANNED),
    ]  # fmt: skip


def test_an_old_list_that_is_taken_late_is_not_how_a_publisher_stands(store):
    """Nor does a block hide all that comes which says that it is from the year 2100."""
    new, old = (planned(store, [eth_claim(n, height=900 - n, **SIGNED)]) for n in (1, 2))
    later = 4_102_444_800 - 1_700_000_000
    ahead = planned(store, [eth_claim(3, height=later, **SIGNED)])
    for snapshot in (new, old):
        take(store, snapshot, StubSource())
    assert standing(store) == new
    assert [head.id for head in to_prune(store, 1)] == []
    with pytest.raises(StoreError, match="newest complete one"):
        prune(store, new, "1", datetime.now(UTC))
    take(store, ahead, StubSource())
    assert standing(store) == ahead
    fresh = planned(store, [eth_claim(4, height=None, **SIGNED)])
    take(store, fresh, StubSource(evidence=Evidence.LATEST_ONLY))
    assert standing(store) == fresh
    assert [head.id for head in to_prune(store, 1)] == [new, old, ahead]


def standing(store):
    (of_status,) = [p.complete for p in status(store).publishers]
    (of_pages,) = [p.latest_complete for p in publishers(store)]
    assert of_status == of_pages
    return of_status


def test_what_nobody_is_at_is_told_from_what_runs(store):
    """A stop, also kill -9, leaves a snapshot in the state that it has while somebody takes it."""
    at, stopped = (planned(store, [eth_claim(n, **SIGNED)]) for n in (1, 2))
    waits = create_snapshot(
        store, stored(store, [eth_claim(3)]).list_id, SnapshotPolicy(queued=True)
    )
    for snapshot in (at, stopped, waits):
        StoreSink(store).start(snapshot)
    with store.exclusive(f"snapshot {at}"):
        found = status(store)
        assert {h.id: standing_of(store, h, found.queue) for h in found.going} == {
            at: "running", stopped: "stopped", waits: "waiting",
        }  # fmt: skip
    found = status(store)
    assert {standing_of(store, h, found.queue) for h in found.going} == {"stopped", "waiting"}


def test_schedules_come_with_their_latest_run(store):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    schedule = schedules.add(store, "okx", "okx", "/x", "0 6 * * *", ScheduleOptions(), now)
    assert status(store).schedules[0].run is None
    for day in (20, 21):
        assert schedules.claim(store, schedule, datetime(2026, 11, day, 6, tzinfo=UTC), now)
    run = status(store).schedules[0].run
    assert (run.tick.day, run.state) == (21, RunState.CLAIMED)
    assert status(store).schedules[0].state == "waiting"


def test_a_run_is_where_its_snapshot_is_and_balances_are_as_old_as_their_blocks(store):
    now = datetime(2026, 11, 20, 6, tzinfo=UTC)
    schedule = schedules.add(store, "okx", "okx", "/x", "0 6 * * *", ScheduleOptions(), now)
    assert schedules.claim(store, schedule, now, now)
    snapshot = planned(store, [eth_claim(1, **SIGNED)])
    (run,) = schedules.runs(store, schedule)
    with store.write() as connection:
        started = {"state": RunState.STARTED.value, "snapshot_id": snapshot}
        schedules.record(connection, run, **started)
    assert status(store).schedules[0].state == "planned"
    take(store, snapshot, StubSource())
    found = status(store)
    assert found.schedules[0].state == "complete"
    assert found.publishers[0].balances == datetime.fromtimestamp(1_700_000_100, UTC)


@pytest.mark.node
def test_the_queue_is_counted_where_there_is_one(postgres_database):
    upgrade(postgres_database)
    with open_store(postgres_database) as store:
        set_up(store)
        list_id = stored(store, [eth_claim(n) for n in range(30)]).list_id
        queued_snapshot(store, list_id, SnapshotPolicy(chunk_sizes={"ethereum": 10}), {})
        queue = status(store).queue
    assert (queue.jobs, queue.workers) == ({"todo": 3}, 0)
