"""Snapshots on the queue end, whatever was lost just before, and no broken one keeps others waiting."""

import asyncio
import logging
from threading import Event

import pytest
from sqlalchemy import text
from support.snapshot_stub import StubSource, eth_claim, good_judge, stored

from scanner.errors import StoreError
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.store.reading import queries
from scanner.store.writing.sink import StoreSink
from scanner.worker.jobs import Jobs
from scanner.worker.queue import (
    CHUNK_TASK,
    FORGET_TASK,
    KEPT_HOURS,
    Timing,
    make_app,
    queued_snapshot,
)

pytestmark = pytest.mark.node


@pytest.fixture
def store(queue_store):
    return queue_store


@pytest.fixture
def source():
    return StubSource()


@pytest.fixture
def jobs(store, source):
    return Jobs(store, lambda *_: source, good_judge, load_registry(), 1, Event())


def queued(store, count=20):
    list_id = stored(store, [eth_claim(n) for n in range(count)]).list_id
    return queued_snapshot(store, list_id, SnapshotPolicy(chunk_sizes={"ethereum": 10}), {})


def rescue(jobs, task="scanner.rescue"):
    """One look at what is stalled or lost, as the workers have it every minute."""

    async def once():
        app = make_app(jobs.store, jobs, Timing())
        async with app.open_async():
            await app.tasks[task].func(0)

    asyncio.run(once())


@pytest.mark.parametrize("status", ["failed", "cancelled", "aborted", "todo", "doing"])
def test_jobs_that_failed_are_forgotten_after_a_week_and_none_that_waits(store, jobs, status):
    queued(store)
    old = text(
        "UPDATE procrastinate_jobs "
        "SET status = CAST(:status AS procrastinate_job_status), lock = NULL"
    )
    with store.write() as connection:
        connection.execute(old, {"status": status})
    ages = []
    for hours in (KEPT_HOURS - 1, KEPT_HOURS + 1):
        with store.write() as connection:
            connection.execute(
                text("UPDATE procrastinate_events SET at = now() - make_interval(hours => :hours)"),
                {"hours": hours},
            )
        rescue(jobs, FORGET_TASK)
        with store.read() as connection:
            left = connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar()
        ages.append(left)
    assert ages == [2, 2 if status in {"todo", "doing"} else 0]


def do_all(jobs):
    """Every job of a chunk that waits, as a worker does it."""
    query = text(
        "DELETE FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo' RETURNING args"
    )
    with jobs.store.write() as connection:
        waiting = list(connection.execute(query, {"task": CHUNK_TASK}).scalars())
    for args in waiting:
        jobs.chunk(**args, tried=0)


def left_by_the_dead(store, *snapshots):
    """Jobs that nobody does any more, tried as often as they may be."""
    with store.write() as connection:
        connection.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'doing', attempts = 3, lock = NULL "
                "WHERE id IN (SELECT "
                "min(id) FROM procrastinate_jobs GROUP BY args->>'snapshot_id')"
            )
        )
    assert len(statuses(store, "doing")) == len(snapshots)


def statuses(store, wanted):
    query = text("SELECT id FROM procrastinate_jobs WHERE status::text = :wanted")
    with store.read() as connection:
        return list(connection.execute(query, {"wanted": wanted}).scalars())


def waiting(store):
    query = text(
        "SELECT (args->>'snapshot_id')::int, (args->>'chunk_no')::int FROM procrastinate_jobs "
        "WHERE status = 'todo'"
    )
    with store.read() as connection:
        return {tuple(row) for row in connection.execute(query)}


def test_one_of_which_nothing_could_be_read_ends_though_its_end_was_lost(store, jobs, source):
    snapshot = queued(store)
    sink = StoreSink(store)
    for chunk in sink.chunks(snapshot):
        sink.start(snapshot)
        sink.fail_chunk(chunk, "no answer")
    with store.write() as connection:  # the last job failed where the snapshot was to end
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    rescue(jobs)
    do_all(jobs)
    assert queries.head(store, snapshot).state is SnapshotState.INCOMPLETE
    assert source.asked == [], "what has failed waits for 'scanner resume'"
    rescue(jobs)
    assert statuses(store, "todo") == []


def test_one_of_an_empty_list_ends(store, jobs):
    snapshot = queued(store, 0)
    rescue(jobs)
    do_all(jobs)
    assert queries.head(store, snapshot).state is SnapshotState.COMPLETE


@pytest.mark.parametrize("trouble", [StoreError("its plan was changed"), KeyError("a bug")])
def test_one_that_cannot_end_keeps_no_other_from_being_rescued(
    store, jobs, monkeypatch, caplog, trouble
):
    broken, good = queued(store, 10), queued(store, 11)
    left_by_the_dead(store, broken, good)
    settle = Jobs.settle

    def settled(self, snapshot_id):
        if snapshot_id == broken:
            raise trouble
        return settle(self, snapshot_id)

    monkeypatch.setattr(Jobs, "settle", settled)
    with store.write() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'todo'"))
    with caplog.at_level(logging.WARNING):
        rescue(jobs)
    assert statuses(store, "doing") == []
    assert len(statuses(store, "failed")) == 2
    assert f"snapshot {broken}" in caplog.text
    # The other chunk of the good one, and the end of the broken one, which is tried again.
    assert waiting(store) == {(good, 2), (broken, 1)}


def test_a_chunk_that_is_done_is_not_told_as_given_up(store, jobs, caplog):
    snapshot = queued(store, 10)
    jobs.chunk(snapshot, 1, 0)
    left_by_the_dead(store, snapshot)
    with caplog.at_level(logging.INFO):
        rescue(jobs)
    assert "given up" not in caplog.text
    assert queries.head(store, snapshot).state is SnapshotState.COMPLETE
