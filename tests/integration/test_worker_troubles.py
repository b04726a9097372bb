"""What goes wrong with one run or one snapshot ends neither the worker nor the others' turns."""

from __future__ import annotations

import errno
import logging
import os
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from support.scheduling import LIST, SIX, add, jobs_on, one_run
from support.snapshot_stub import StubSource

from scanner.errors import ConfigError, StoreError
from scanner.model.finding import FindingKind
from scanner.snapshots.interface import SnapshotState
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading import queries
from scanner.store.writing import schedules
from scanner.store.writing.schedules import RunState
from scanner.worker import alone, scheduling
from scanner.worker import jobs as work
from scanner.worker.alone import look, run_alone
from scanner.worker.jobs import TryAgainError
from scanner.worker.queue import give_out_run, queued_snapshot, refill_runs, set_up
from scanner.worker.scheduling import TRIES, claim_due, give_up, start_run
from scanner.worker.watch import Stage, Watch


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    return path


@pytest.fixture
def one(tmp_path):
    """A store in a file, for a process alone."""
    with open_store(f"sqlite:///{tmp_path / 'scanner.db'}", create=True) as opened:
        yield opened


@pytest.fixture
def queue(postgres_database):
    upgrade(postgres_database)
    with open_store(postgres_database) as opened:
        set_up(opened)
        yield opened


def states(store):
    return [head.state for head in sorted(queries.heads(store), key=lambda head: head.id)]


def test_endpoints_that_changed_since_it_was_planned_end_one_snapshot(one, file):
    add(one, file, name="first", quorum=2)
    jobs = jobs_on(one)
    (run,) = claim_due(one, SIX)
    start_run(one, jobs.registry, jobs.sources, alone._planner(jobs), run)
    add(one, file, name="second")
    source = StubSource()

    def sources(network, policy):
        if policy.quorum > 1:
            raise ConfigError("a quorum of 2 needs as many operators, the endpoints have 1")
        return source if network == source.network else None

    look(alone.replace(jobs, sources=sources), SIX)
    assert states(one) == [SnapshotState.INCOMPLETE, SnapshotState.COMPLETE]
    (found, *_) = queries.findings(one, 1, kinds=[FindingKind.CHUNK_FAILED])
    assert "as many operators" in found.finding.reason


def test_a_disk_that_is_full_is_tried_again_and_keeps_nobody(one, file, monkeypatch):
    opened = scheduling.open_list

    def full(path, *arguments, **options):
        if path.name == "full.csv":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(scheduling, "open_list", full)
    bad = file.with_name("full.csv")
    bad.write_text(LIST)
    first, _ = add(one, bad, name="first"), add(one, file, name="second")
    for tried in range(TRIES):
        assert one_run_or_none(one, first) is None or one_run(one, first).attempts == tried
        look(jobs_on(one), SIX + timedelta(hours=tried))
    run = one_run(one, first)
    assert run.state is RunState.FAILED
    assert run.error == "first: this machine could not save or read it (No space left on device)"
    assert states(one) == [SnapshotState.COMPLETE]


def one_run_or_none(store, schedule):
    return next(iter(schedules.runs(store, schedule)), None)


def test_a_bug_of_ours_in_a_list_fails_its_run_alone(one, file, monkeypatch, caplog):
    imported = scheduling.import_list

    def broken(store, rows, audit, *, publisher, name):
        if name == "odd.csv":
            raise KeyError("something of the list")
        return imported(store, rows, audit, publisher=publisher, name=name)

    monkeypatch.setattr(scheduling, "import_list", broken)
    odd = file.with_name("odd.csv")
    odd.write_text(LIST)
    first, _ = add(one, odd, name="first"), add(one, file, name="second")
    look(jobs_on(one), SIX)
    run = one_run(one, first)
    assert (run.state, "error in the program (KeyError)" in run.error) == (RunState.FAILED, True)
    assert states(one) == [SnapshotState.COMPLETE]
    assert "KeyError" in caplog.text


def test_a_bug_of_ours_in_a_snapshot_is_met_once_and_keeps_nobody(one, file, monkeypatch):
    take, tried = alone.take_snapshot, []

    def broken(sink, snapshot_id, *arguments, **options):
        tried.append(snapshot_id)
        if snapshot_id == 1:
            raise KeyError("something of the snapshot")
        return take(sink, snapshot_id, *arguments, **options)

    monkeypatch.setattr(alone, "take_snapshot", broken)
    add(one, file, name="first"), add(one, file, name="second")
    jobs = jobs_on(one)
    look(jobs, SIX)
    look(jobs, SIX + timedelta(minutes=1))
    assert tried == [1, 2]
    assert states(one)[1] is SnapshotState.COMPLETE


def test_a_database_that_does_not_answer_is_asked_again(one, file, monkeypatch):
    add(one, file)
    jobs, looks = alone.replace(jobs_on(one), watch=Watch()), []

    def locked(of, now):
        looks.append(of.watch.stage)
        if len(looks) == 1:
            raise StoreError("the database is locked")
        if len(looks) == 3:
            of.stop.set()
        return []

    monkeypatch.setattr(alone, "look", locked)
    run_alone(jobs, every=0.0)
    assert looks[1:] == [Stage.WAITING, Stage.WORKING]


def test_a_second_worker_of_a_file_waits_and_says_so_once(one, file, caplog):
    add(one, file)
    jobs = jobs_on(one)
    caplog.set_level(logging.INFO)
    with open_store(f"sqlite:///{one.file}") as other, other.exclusive("snapshot 7"):
        assert look(jobs, SIX) == look(jobs, SIX) == []
    said = [(r.levelno, r.message) for r in caplog.records if "another process" in r.message]
    assert said == [(logging.INFO, "waiting: another process takes snapshots here")]
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    (taken,) = look(jobs, SIX)
    assert taken.state is SnapshotState.COMPLETE


@pytest.mark.node
def test_a_claimed_run_without_a_job_gets_one_and_no_second(queue, file):
    schedule = add(queue, file)
    (run,) = claim_due(queue, SIX, give_out_run)
    assert refill_runs(queue) == 0
    with queue.write() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    assert (refill_runs(queue), refill_runs(queue)) == (1, 0)
    jobs = jobs_on(queue)
    start_run(queue, jobs.registry, jobs.sources, partial(queued_snapshot, queue), run)
    assert one_run(queue, schedule).state is RunState.STARTED
    assert refill_runs(queue) == 0


@pytest.mark.node
def test_a_run_that_is_given_up_has_failed_and_says_why(queue, file):
    schedule = add(queue, file)
    (run,) = claim_due(queue, SIX, give_out_run)
    give_up(queue, run, "given up: 4 workers died over it")
    failed = one_run(queue, schedule)
    assert (failed.state, failed.error) == (
        RunState.FAILED,
        "okx: given up: 4 workers died over it",
    )
    assert refill_runs(queue) == 0
    give_up(queue, run, "again")
    assert one_run(queue, schedule).error == failed.error


@pytest.mark.node
def test_a_chunk_that_meets_a_bug_of_ours_fails_in_the_end(queue, file, monkeypatch):
    add(queue, file)
    (run,) = claim_due(queue, SIX, give_out_run)
    jobs = jobs_on(queue)
    plan = partial(queued_snapshot, queue)
    snapshot = start_run(queue, jobs.registry, jobs.sources, plan, run)

    def broken(*_):
        raise KeyError("something of the chunk")

    monkeypatch.setattr(work, "take_chunk", broken)
    for no in (1, 2, 3):
        for tried in range(jobs.tries - 1):
            with pytest.raises(TryAgainError, match="error in the program"):
                jobs.chunk(snapshot, no, tried)
        jobs.chunk(snapshot, no, jobs.tries - 1)
    assert states(queue) == [SnapshotState.INCOMPLETE]
