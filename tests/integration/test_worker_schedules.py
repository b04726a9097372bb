"""Schedules: fetched, claimed once, started once, on both databases."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text
from support.scheduling import LIST, SIX, START, add, jobs_on, one_run
from support.snapshot_stub import StubSource

from scanner.errors import (
    ConfigError,
    StoreError,
)
from scanner.snapshots.interface import SnapshotState
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading import queries
from scanner.store.writing import schedules
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.schedules import RunState, ScheduleOptions
from scanner.worker.alone import look
from scanner.worker.queue import give_out_run, queued_snapshot, server_time, set_up
from scanner.worker.scheduling import claim_due, claim_now, start_run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    return path


def test_a_paused_schedule_has_no_run_and_a_resumed_one_makes_up_for_none(store, file):
    add(store, file)
    schedules.edit(store, "okx", lambda s: replace(s, paused=True))
    assert claim_due(store, SIX + timedelta(minutes=1)) == []
    resumed = SIX + timedelta(hours=2)
    schedules.edit(store, "okx", lambda s: replace(s, paused=False, since=resumed))
    assert claim_due(store, SIX + timedelta(hours=3)) == []
    (run,) = claim_due(store, SIX + timedelta(days=1, minutes=1))
    assert run.tick == SIX + timedelta(days=1)


def test_an_edited_schedule_keeps_what_was_not_said_and_asks_for_all_of_another_list(store, file):
    add(store, file, quorum=2)
    kept = schedules.schedule_named(store, "okx")
    with store.write() as connection:
        schedules.remember_fetch(connection, replace(kept, location="/elsewhere.csv"), "other", "")
        schedules.remember_fetch(connection, kept, "etag", "then")
    after = schedules.edit(store, "okx", lambda s: replace(s, cron="0 7 * * *"))
    assert after == schedules.schedule_named(store, "okx")
    assert (after.cron, after.options.quorum, after.etag) == ("0 7 * * *", 2, "etag")
    moved = schedules.edit(store, "okx", lambda s: replace(s, location="/another.csv"))
    assert (moved.location, moved.etag, moved.modified) == ("/another.csv", "", "")
    schedules.remove(store, "okx")
    with pytest.raises(ConfigError, match="was it removed"):
        schedules.edit(store, "okx", lambda _: moved)


def test_of_two_edits_at_once_none_is_lost(store, file):
    """Each begins before the other has ended: one waits for the other and changes what that left."""
    add(store, file)

    def another_hour(before):
        threading.Event().wait(0.3)
        return replace(before, cron="0 7 * * *")

    def another_quorum(before):
        threading.Event().wait(0.3)
        return replace(before, options=replace(before.options, quorum=2))

    with ThreadPoolExecutor(2) as pool:
        changes = (another_hour, another_quorum)
        list(pool.map(lambda change: schedules.edit(store, "okx", change), changes))
    after = schedules.schedule_named(store, "okx")
    assert (after.cron, after.options.quorum) == ("0 7 * * *", 2)


def test_an_edit_that_is_refused_changes_nothing(store, file):
    add(store, file)
    before = schedules.schedule_named(store, "okx")

    def refused(_):
        raise ConfigError("no")

    with pytest.raises(ConfigError, match="no"):
        schedules.edit(store, "okx", refused)
    assert schedules.schedule_named(store, "okx") == before


def test_schedules_are_kept_listed_and_removed(store, file):
    add(
        store,
        file,
        networks=("ethereum",),
        at={"ethereum": None},
        quorum=2,
        columns={"address": "wallet"},
    )
    add(store, file, name="bybit")
    kept = schedules.schedules(store)
    assert [s.name for s in kept] == ["bybit", "okx"]
    assert kept[1].options == ScheduleOptions(
        ("ethereum",), {"ethereum": None}, 2, columns={"address": "wallet"}
    )
    with pytest.raises(ConfigError, match="already"):
        add(store, file)
    schedules.remove(store, "okx")
    with pytest.raises(ConfigError, match="there are: bybit"):
        schedules.remove(store, "okx")


def test_a_tick_is_claimed_by_one_of_many(store, file):
    schedule = add(store, file)
    claimed, barrier = [], threading.Barrier(4)

    def look_at_once():
        barrier.wait()
        claimed.extend(claim_due(store, SIX))

    threads = [threading.Thread(target=look_at_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(run.schedule_id, run.tick) for run in claimed] == [(schedule, SIX)]
    assert claim_due(store, SIX + timedelta(hours=1)) == []
    assert len(claim_due(store, SIX + timedelta(days=9))) == 1
    assert len(schedules.runs(store, schedule)) == 2


def test_one_process_alone_takes_what_is_due_and_then_rests(store, file):
    schedule = add(store, file, at={"ethereum": 77})
    assert look(jobs_on(store), START) == []
    (taken,) = look(jobs_on(store), SIX)
    assert taken.state is SnapshotState.COMPLETE
    assert one_run(store, schedule).snapshot_id == taken.snapshot_id
    head = queries.head(store, taken.snapshot_id)
    assert (head.publisher, head.claims, head.list_name) == ("okx", 25, "list.csv")
    assert {b.block.height for b in head.blocks} == {77}
    assert look(jobs_on(store), SIX) == []
    (second,) = look(jobs_on(store), SIX + timedelta(days=1))
    assert queries.head(store, second.snapshot_id).list_id == head.list_id


def test_a_hash_and_a_spread_are_the_snapshots(store, file):
    """A block of another hash than the operator knows is not read."""
    add(store, file, at={"ethereum": 77}, hashes={"ethereum": "0x" + "ab" * 32}, spread=7_200)
    (kept,) = schedules.schedules(store)
    assert kept.options.arguments() == (
        *("--at", "ethereum=77:0x" + "ab" * 32),
        *("--spread", "7200"),
    )
    (taken,) = look(jobs_on(store), SIX)
    policy = queries.head(store, taken.snapshot_id).policy
    assert (policy.hashes, policy.spread) == ({"ethereum": "0x" + "ab" * 32}, 7_200)
    (eth,) = queries.totals(store, taken.snapshot_id).assets
    assert eth.unavailable_rows == 25


def test_other_networks_are_not_asked(store, file):
    source = StubSource()
    add(store, file, networks=("bitcoin",))
    (taken,) = look(jobs_on(store, source), SIX)
    assert source.asked == source.pins == []
    (eth,) = queries.totals(store, taken.snapshot_id).assets
    assert eth.unavailable_rows == 25


def test_what_an_earlier_process_left_is_gone_on_with(store, file):
    add(store, file)
    claim_due(store, SIX)
    (taken,) = look(jobs_on(store), SIX)
    assert taken.state is SnapshotState.COMPLETE


def test_a_list_that_cannot_be_read_fails_the_run_with_its_reason(store, file):
    schedule = add(store, file)
    file.write_bytes(b"\0\1\2" * 100)
    assert look(jobs_on(store), SIX) == []
    run = one_run(store, schedule)
    assert run.state is RunState.FAILED
    assert "list.csv" in run.error
    file.unlink()
    assert look(jobs_on(store), SIX + timedelta(days=1)) == []
    assert "no longer exists" in schedules.runs(store, schedule)[0].error


def said(caplog):
    """Events of the log with what they are about."""
    names = ("schedule", "publisher", "snapshot", "chunk", "network", "state", "reason")
    return [
        (r.getMessage(), {n: getattr(r, n) for n in names if hasattr(r, n)})
        for r in caplog.records
        if r.name == "scanner.worker"
    ]


def test_the_log_tells_the_work_with_its_fields(store, file, caplog):
    caplog.set_level(logging.INFO)
    add(store, file)
    (taken,) = look(jobs_on(store), SIX)
    whose = {"schedule": "okx", "publisher": "okx"}
    number = {"snapshot": taken.snapshot_id}
    assert said(caplog) == [
        ("run due", whose),
        ("snapshot planned", whose | number),
        ("snapshot ended", number | {"publisher": "okx", "state": "complete"}),
    ]


def test_the_log_tells_a_run_that_failed(store, file, caplog):
    add(store, file)
    file.write_bytes(b"\0\1\2" * 100)
    look(jobs_on(store), SIX)
    (event, about) = said(caplog)[-1]
    assert event == "run failed"
    assert about["publisher"] == "okx"
    assert "list.csv" in about["reason"]


def test_a_removed_schedule_starts_nothing(store, file):
    add(store, file)
    (run,) = claim_due(store, SIX)
    schedules.remove(store, "okx")
    jobs = jobs_on(store)
    plan = partial(queued_snapshot, store)
    assert start_run(store, jobs.registry, jobs.sources, plan, run) is None


def test_run_now_is_a_run_of_its_own(store, file):
    schedule = add(store, file)
    named = schedules.schedule_named(store, "okx")
    claim_now(store, named, START)
    with pytest.raises(StoreError, match="at this moment"):
        claim_now(store, named, START)
    (taken,) = look(jobs_on(store), START)
    assert one_run(store, schedule).snapshot_id == taken.snapshot_id


def test_a_run_is_started_once_even_if_its_job_is_done_twice(store, file):
    add(store, file)
    (run,) = claim_due(store, SIX)
    jobs = jobs_on(store)

    def plan(list_id, policy, _parallel, also):
        return create_snapshot(store, list_id, policy, also)

    first = start_run(store, jobs.registry, jobs.sources, plan, run)
    assert start_run(store, jobs.registry, jobs.sources, plan, run) == first
    assert len(queries.heads(store)) == 1


@pytest.mark.node
def test_on_postgresql_tick_job_and_snapshot_are_transactions(postgres_database, file):
    upgrade(postgres_database)
    with open_store(postgres_database) as store:
        set_up(store)
        add(store, file)
        (run,) = claim_due(store, SIX, give_out_run)
        with store.read() as connection:
            (args,) = connection.execute(text("SELECT args FROM procrastinate_jobs")).scalars()
        assert args == {"schedule_id": run.schedule_id, "tick": int(SIX.timestamp() * 10**6)}
        jobs, plan = jobs_on(store), partial(queued_snapshot, store)
        snapshot = start_run(store, jobs.registry, jobs.sources, plan, run)
        with store.read() as connection:
            query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'scanner.chunk'"
            count = connection.execute(text(query)).scalar()
        assert count == queries.head(store, snapshot).chunks == 3
        assert abs(server_time(store) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_database_without_a_queue_says_what_makes_one(postgres_database, file):
    upgrade(postgres_database)
    with open_store(postgres_database) as store:
        add(store, file)
        kept = schedules.schedule_named(store, "okx")
        with pytest.raises(StoreError, match="run 'scanner db upgrade'"):
            claim_now(store, kept, SIX, give_out_run)
        assert schedules.runs(store, kept.id) == [], "nothing is claimed"
