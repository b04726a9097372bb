"""Snapshots taken by worker processes from a queue on a real PostgreSQL, and what kills them."""

import os
import random
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from support.snapshot_stub import StubSource, eth_claim, evm_address, good_judge, stored
from support.warm import warm

from scanner.errors import StoreError
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.snapshots.take import take_snapshot
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import differences, upgrade
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from scanner.worker.queue import enqueue, lock_of, queued_snapshot, refill, set_up

pytestmark = pytest.mark.node
TESTS = Path(__file__).resolve().parent.parent
NETWORKS = ("ethereum", "arbitrum")
SIZES = dict.fromkeys(NETWORKS, 10)
KILLS = int(os.environ.get("SCANNER_TEST_KILLS", "6"))
"""Raise it for a longer look."""


@pytest.fixture
def store(queue_store):
    return queue_store


def claims(count=300):
    return [
        eth_claim(n, network=NETWORKS[n % 2], row=n + 1, amount=None if n % 11 else n,
                  **({"signatures": ("s",)} if n % 7 else {}))
        for n in range(count)
    ]  # fmt: skip


def queued(store, list_id, **policy):
    wanted = SnapshotPolicy(chunk_sizes=SIZES, attempts=1, **policy)
    return queued_snapshot(store, list_id, wanted, dict.fromkeys(NETWORKS, 3))


def told(store, snapshot):
    totals = queries.totals(store, snapshot)
    return totals.complete, totals.assets, [f.finding for f in queries.findings(store, snapshot)]


def undisturbed(store, list_id):
    snapshot = create_snapshot(store, list_id, SnapshotPolicy(chunk_sizes=SIZES))
    sources = {n: StubSource(n) for n in NETWORKS}
    take_snapshot(StoreSink(store), snapshot, sources, good_judge, load_registry())
    return told(store, snapshot)


def start(store, delay=0.05, **env):
    url = store.engine.url.render_as_string(hide_password=False)
    whole = {**os.environ, **env}
    return warm().start([url, str(delay)], module="support.stub_worker", cwd=TESTS, env=whole)


@contextmanager
def workers(store, count, **options):
    running = [start(store, **options) for _ in range(count)]
    try:
        for worker in running:
            assert worker.stdout.readline() == "working\n", worker.stderr.read()
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.communicate()


def wait_for_end(store, snapshot, seconds=60):
    """Until the snapshot has ended and no job is at hand any more."""
    deadline = time.monotonic() + seconds
    ends = (SnapshotState.COMPLETE, SnapshotState.INCOMPLETE)
    while queries.head(store, snapshot).state not in ends or jobs(store).get("doing"):
        assert time.monotonic() < deadline, jobs(store)
        time.sleep(0.1)


def wait_for_no_jobs(store, seconds=60):
    """Until the queue is empty."""
    deadline = time.monotonic() + seconds
    while jobs(store):
        assert time.monotonic() < deadline, jobs(store)
        time.sleep(0.1)


def jobs(store):
    with store.read() as connection:
        rows = connection.execute(
            text("SELECT status::text, count(*) FROM procrastinate_jobs WHERE task_name = 'scanner.chunk' GROUP BY 1")
        )  # fmt: skip
        return {status: count for status, count in rows}


def test_two_workers_take_a_snapshot_to_the_same_totals_as_one_process(store):
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    snapshot = queued(store, list_id)
    assert jobs(store) == {"todo": 30}
    with workers(store, 2):
        wait_for_end(store, snapshot)
        wait_for_no_jobs(store)  # on a busy machine one is given out again, and finds nothing to do
    assert told(store, snapshot) == expected
    assert check(store) == []


def test_snapshot_chunks_and_jobs_are_one_transaction(store, monkeypatch):
    list_id = stored(store, claims(20)).list_id
    from scanner.worker import queue

    def fail_after(connection, snapshot_id, chunks):
        enqueue(connection, snapshot_id, chunks)
        raise StoreError("the power went")

    monkeypatch.setattr(queue, "enqueue", fail_after)
    with pytest.raises(StoreError):
        queued(store, list_id)
    assert queries.heads(store) == []
    assert jobs(store) == {}


def test_jobs_carry_ids_only(store):
    queued(store, stored(store, claims(20)).list_id)
    with store.read() as connection:
        rows = connection.execute(text("SELECT args FROM procrastinate_jobs")).scalars().all()
    assert {frozenset(row) for row in rows} == {frozenset(("snapshot_id", "chunk_no"))}
    assert all(type(value) is int for row in rows for value in row.values())


def test_workers_killed_again_and_again_lose_nothing_and_double_nothing(store):
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    dice, kills = random.Random(7), 0
    while kills < KILLS:
        snapshot = queued(store, list_id)
        while kills < KILLS and queries.head(store, snapshot).state is not SnapshotState.COMPLETE:
            with workers(store, 2, delay=0.1, TRIES="1000") as running:
                time.sleep(dice.uniform(0.0, 1.0))
                for worker in running:
                    worker.kill()
                    kills += 1
        with workers(store, 2, delay=0.0, TRIES="1000"):
            wait_for_end(store, snapshot)
        assert told(store, snapshot) == expected
        assert jobs(store).get("doing", 0) == 0
        assert check(store) == []


def freeze_in_its_work(store, worker):
    """Stop a worker while it reads; in a transaction it would keep its locks from everybody."""
    begun = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        worker.send_signal(signal.SIGSTOP)
        with store.read() as connection:
            if not connection.execute(begun).scalar() and jobs(store).get("doing"):
                return
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.02)
    pytest.fail("the worker was never at work outside of a transaction")


def test_a_frozen_worker_that_wakes_up_changes_nothing(store):
    list_id = stored(store, claims(100)).list_id
    expected = undisturbed(store, list_id)
    snapshot = queued(store, list_id)
    with workers(store, 1, delay=0.3) as (frozen,):
        time.sleep(0.7)
        freeze_in_its_work(store, frozen)
        with workers(store, 1, delay=0.0):
            wait_for_end(store, snapshot)
            before = told(store, snapshot)
            frozen.send_signal(signal.SIGCONT)
            time.sleep(2)
        assert told(store, snapshot) == before == expected
    assert check(store) == []
    assert jobs(store).get("doing", 0) == 0


def test_a_chunk_that_kills_its_workers_is_given_up_and_told(store):
    list_id = stored(store, claims(60)).list_id
    snapshot = queued(store, list_id)
    deadly = {"DEADLY_ADDRESS": evm_address(4)}
    deadline = time.monotonic() + 60
    running = [start(store, delay=0.0, **deadly) for _ in range(2)]
    try:
        while queries.head(store, snapshot).state is not SnapshotState.INCOMPLETE:
            assert time.monotonic() < deadline, jobs(store)
            for at, worker in enumerate(running):
                if worker.poll() is not None:
                    worker.communicate()
                    running[at] = start(store, delay=0.0, **deadly)
            time.sleep(0.1)
    finally:
        for worker in running:
            worker.kill()
            worker.communicate()
    head = queries.head(store, snapshot)
    assert (head.chunks_failed, head.chunks_done) == (1, 5)
    (found,) = queries.findings(store, snapshot, kinds=[FindingKind.CHUNK_FAILED])
    assert "workers died" in found.finding.reason
    assert not queries.totals(store, snapshot).complete


def test_sigterm_finishes_the_jobs_at_hand_and_leaves_the_rest(store):
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    snapshot = queued(store, list_id)
    worker = start(store, delay=0.5)
    assert worker.stdout.readline() == "working\n"
    time.sleep(1.5)
    worker.terminate()
    out, err = worker.communicate(timeout=20)
    assert (worker.returncode, out) == (0, "stopped\n"), err
    left = jobs(store)
    assert left.get("doing", 0) == 0
    assert 0 < left["todo"] < 30
    with workers(store, 1, delay=0.0):
        wait_for_end(store, snapshot)
    assert told(store, snapshot) == expected


def test_chunks_whose_jobs_were_lost_get_new_ones(store):
    list_id = stored(store, claims(60)).list_id
    snapshot = queued(store, list_id)
    with store.write() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    assert refill(store, {"ethereum": 3, "arbitrum": 1}.__getitem__) == 6
    assert refill(store) == 0
    with store.read() as connection:
        locks = connection.execute(text("SELECT DISTINCT lock FROM procrastinate_jobs")).scalars()
        assert len(set(locks)) == 3 + 1, "a network's chunks wait for each other"
    with workers(store, 1, delay=0.0):
        wait_for_end(store, snapshot)


def test_the_server_may_restart_in_the_middle(store, postgres_cluster):
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    snapshot = queued(store, list_id)
    with workers(store, 2, delay=0.1) as running:
        time.sleep(1)
        with store.read() as connection:
            # What clients see of a restart, without taking the cluster from other tests.
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                     "WHERE datname = current_database() AND pid <> pg_backend_pid()")
            )  # fmt: skip
        wait_for_end(store, snapshot)
        assert [w.poll() for w in running] == [None, None]
    assert told(store, snapshot) == expected


ONE_END_IS_LOST = """
CREATE SEQUENCE ends_lost;
CREATE FUNCTION lose_one_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A sequence is not taken back with the transaction: the second attempt goes through.
    IF nextval('ends_lost') = 1 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(5);
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER lose_one_end BEFORE DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.task_name = 'scanner.chunk') EXECUTE FUNCTION lose_one_end();
"""


def test_a_connection_lost_while_a_job_is_noted_as_done_keeps_no_lock(store):
    """The worker lives on, so nobody would call its job stalled: it has to say so itself."""
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    snapshot = queued(store, list_id)
    with store.write() as connection:
        connection.execute(text(ONE_END_IS_LOST))
    with workers(store, 1, delay=0.0) as running:
        wait_for_end(store, snapshot, seconds=30)
        wait_for_no_jobs(store)
        assert running[0].poll() is None
    with store.read() as connection:
        assert connection.execute(text("SELECT last_value FROM ends_lost")).scalar_one() > 1
    assert told(store, snapshot) == expected


def test_chunks_of_one_network_share_its_locks():
    assert {lock_of("bitcoin", no, 1) for no in range(9)} == {"bitcoin/0"}
    assert len({lock_of("ethereum", no, 4) for no in range(9)}) == 4
    assert lock_of("ethereum", 5, 0) == "ethereum/0"


def test_the_queue_needs_postgresql_and_its_tables(tmp_path, postgres_database):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as sqlite:
        with pytest.raises(StoreError, match="needs PostgreSQL"):
            set_up(sqlite)
        with pytest.raises(StoreError, match="needs PostgreSQL"):
            queued(sqlite, 1)
    upgrade(postgres_database)
    with open_store(postgres_database) as fresh:
        list_id = stored(fresh, claims(20)).list_id
        with pytest.raises(StoreError, match="scanner db upgrade"):
            queued(fresh, list_id)
        assert set_up(fresh)
        assert not set_up(fresh)
        assert differences(fresh) == []
        queued(fresh, list_id)
