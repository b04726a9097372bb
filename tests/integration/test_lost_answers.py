"""Connections to PostgreSQL that are lost before, in and after any question, and answers that refuse:
a snapshot comes to the totals of an undisturbed one or to a sentence that says what happened,
nothing is there twice, nothing waits for ever, and every seal is good."""

import os
import re
import threading
from contextlib import suppress
from datetime import timedelta
from itertools import cycle

import pytest
from sqlalchemy import text
from support.databases import _empty
from support.faulty_wire import AFTER, BEFORE, COPY_END, DEADLOCK, RESTART, WAYS, FaultyWire
from support.fleet import chunk_jobs, jobs, state, url_of, wait_until, workers
from support.forked_worker import Life
from support.lost_snapshot import NOW, POLICY, claims, plan, take, told, trying
from support.snapshot_stub import stored

from scanner.errors import BusyError, StoreError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.snapshots.interface import SnapshotState
from scanner.store.database import connection as connecting
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import differences, head, upgrade
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.upkeep.prune import prune
from scanner.store.writing import alert_log, schedules
from scanner.store.writing.alert_log import NewEvent
from scanner.store.writing.runs import set_liabilities
from scanner.worker.queue import give_out_run, queued_snapshot, set_up
from scanner.worker.scheduling import claim_due

pytestmark = pytest.mark.node
KILLS = int(os.environ.get("SCANNER_TEST_KILLS", "12"))
"""Questions that fail, of those that one snapshot asks; raise it for all of them in every way."""

SAID = re.compile(
    r"ended the connection: try again|two processes changed the same|disk is full|standby that only"
    r"|took too long|stood still|may be saved or not|COPY from stdin failed|starts or stops"
)


@pytest.fixture
def store(migrated_postgres):
    with open_store(migrated_postgres) as opened:
        _empty(opened)
        yield opened


@pytest.fixture
def own(postgres_database):
    """A database with a queue, that no other test has."""
    upgrade(postgres_database)
    with open_store(postgres_database) as opened:
        set_up(opened)
        yield opened


@pytest.fixture
def wire(postgres_cluster):
    with FaultyWire(postgres_cluster.port) as opened:
        yield opened


@pytest.fixture
def far(store, wire):
    """The same database, over the wire."""
    with open_store(wire.url(url_of(store))) as opened:
        yield opened


def one_of_each(asked):
    """Numbers of the questions, once for each that is put in other words."""
    names = {re.sub(r"c_\w+", "c", question)[:120]: no for no, question in enumerate(asked, 1)}
    return sorted({*names.values(), *(n for n, q in enumerate(asked, 1) if q == "COMMIT")})


def test_a_snapshot_whose_questions_are_lost_or_refused_one_after_another(store, far, wire):
    list_id = stored(store, claims()).list_id
    snapshot = plan(store, list_id)
    take(store, snapshot)
    expected = told(store, snapshot)
    wire.arm(BEFORE, 0)
    take(far, plan(far, list_id))
    every = [(no, way) for no in one_of_each(wire.asked) for way in WAYS]
    # So many, each another question, in each way after the other.
    # No step of three meets all nine.
    step = next(n for n in range(max(1, len(every) // KILLS), len(every)) if n % 3)
    some = every[::step]
    assert {way for _, way in some} == set(WAYS)
    for no, way in some:
        snapshot = plan(store, list_id)
        wire.arm(way, no)
        _, said = trying(lambda of=snapshot: take(far, of))
        assert told(store, snapshot) == expected, (way.name, wire.failed)
        assert all(SAID.search(words) for words in said), said
    assert check(store) == []


@pytest.mark.parametrize("way", [BEFORE, AFTER, DEADLOCK], ids=lambda way: way.name)
def test_a_list_that_is_stored_once_more_after_its_commit_failed_is_there_once(
    store, far, wire, way
):
    wire.arm(way, 1, "^COMMIT$")
    kept, said = trying(lambda: stored(far, claims()))
    assert len(said) == 1
    assert ("may be saved or not: look" in said[0]) == way.lost
    assert kept.already == (way is AFTER)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM reserve_list")).scalar() == 1
    assert check(store) == []


def test_rows_that_were_lost_on_the_way_are_not_half_there(store, far, wire):
    wire.arm(AFTER, 1, f"^{COPY_END}$")
    with pytest.raises(StoreError, match="ended the connection"):
        stored(far, claims())
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM claim")).scalar() == 0


@pytest.mark.parametrize("way", [BEFORE, RESTART, DEADLOCK], ids=lambda way: way.name)
def test_a_lock_that_cannot_be_given_back_spoils_no_work_that_is_done(store, far, wire, way):
    wire.arm(way, 1, "pg_advisory_unlock")
    with far.exclusive("snapshot 1"):
        assert not is_free(store)
    assert wire.failed
    wait_until(lambda: is_free(store), 10)
    with far.exclusive("snapshot 1"):
        pass


def is_free(store):
    try:
        with store.exclusive("snapshot 1"):
            return True
    except BusyError as e:
        assert "another process is working" in str(e)
        return False


def test_a_process_that_stands_still_within_a_change_keeps_its_locks_from_nobody(
    store, far, monkeypatch
):
    monkeypatch.setattr(connecting, "STILL_SECONDS", 1)
    held, go_on, said = threading.Event(), threading.Event(), []

    def freeze():
        try:
            with far.write() as connection:
                connection.execute(text("LOCK TABLE link IN EXCLUSIVE MODE"))
                held.set()
                go_on.wait(30)
                connection.execute(text("SELECT 1"))
        except StoreError as e:
            said.append(str(e))

    frozen = threading.Thread(target=freeze)
    frozen.start()
    assert held.wait(10)
    stored(store, claims())
    go_on.set()
    frozen.join()
    assert "stood still in the middle of a change: try again" in said[0]
    assert check(store) == []


def test_what_an_administrator_has_set_for_that_is_left(store):
    with store.write() as connection:
        assert shown(connection) == f"{connecting.STILL_SECONDS // 60}min"
    with store.read() as connection:
        assert shown(connection) == "0", "who reads slowly holds nobody up"
    with store.write() as connection:
        connection.execute(text("SET idle_in_transaction_session_timeout = '7s'"))
    with store.write() as connection:
        assert shown(connection) == "7s"


def shown(connection):
    return connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar()


def test_a_network_that_goes_silent_is_noticed_within_a_minute_or_as_the_url_says(store):
    def options(opened):
        with opened.read() as connection:
            return connection.connection.driver_connection.info.get_parameters()

    found = options(store)
    assert {name: found[name] for name in connecting.ALIVE} == {
        name: str(value) for name, value in connecting.ALIVE.items()
    }
    with open_store(url_of(store) + "?keepalives_idle=77") as other:
        assert options(other)["keepalives_idle"] == "77"


WORKERS = (
    "fetch_job", "finish_job", "update_heartbeat", "register_worker", "prune_stalled_workers",
    "defer_periodic_job", "stalled_workers AS", "LISTEN", "^COMMIT$", "chunk.*FOR UPDATE",
    "SELECT snapshot.policy", "pg_advisory_xact_lock", "UPDATE chunk", f"^{COPY_END}$",
    "INSERT INTO pinned_block", "UPDATE procrastinate_workers",
)  # fmt: skip
"""What a worker asks of its queue and of our tables."""
BEGINNING = ("register_worker", "prune_stalled_workers", "LISTEN", "UPDATE procrastinate_workers")


def test_a_worker_whose_questions_are_lost_or_refused_goes_on_and_leaves_nothing(own, wire):
    store = own
    list_id = stored(store, claims()).list_id
    ways = (BEFORE, AFTER, DEADLOCK, RESTART)
    every = [(what, way) for what in WORKERS for way in ways]
    turn = cycle(ways)
    some = every if len(every) <= KILLS else [(what, next(turn)) for what in WORKERS[::3]]
    with workers(1, Life(wire.url(url_of(own)), back_after=0.1)) as (worker,):
        expected = None
        for what, way in (("nothing", BEFORE), *some):
            if what in BEGINNING:
                begin_again(wire, way, what)
            else:
                wire.arm(way, 1, what)
            snapshot = queued_snapshot(store, list_id, POLICY, {})
            wait_until(lambda of=snapshot: is_over(store, of), 60)
            if what in BEGINNING:
                wait_until(lambda: wire.failed, 60)
            expected = expected or told(store, snapshot)
            assert told(store, snapshot) == expected, (what, way)
            assert worker.exitcode is None
        # The upkeep comes every second, and is soon done: between two of it nothing is at hand.
        wait_until(lambda: not jobs(store).get("doing"), 60)
    assert check(store) == []


def begin_again(wire, way, what):
    """Let the worker lose its sign of life: it registers anew, and then a question is lost."""
    wire.arm(BEFORE, 1, "update_heartbeat", then=(way, what))
    wait_until(lambda: wire.then is None, 60)


def is_over(store, snapshot):
    return state(store, snapshot) is SnapshotState.COMPLETE and not chunk_jobs(store)


def owed(store, snapshot):
    debts = [Liability("ETH", 7, 18, LiabilityEvidence.PUBLISHED, "owed.csv")]
    set_liabilities(store, snapshot, debts)


def alerted(store, snapshot):
    event = NewEvent("rule", "kind", "ETH", "reason", {}, ("ops",))
    alert_log.record(store, snapshot, "complete", [event], NOW)


def due(store, snapshot):
    claim_due(store, NOW, give_out_run)


def pruned_once(store, snapshot):
    prune(store, snapshot, "1", NOW)


CHANGES = {
    owed: ("liability", "link WHERE kind = 'liabilities'"),
    alerted: ("alert_event", "alert_delivery", "alert_check"),
    due: ("schedule_run", "procrastinate_jobs"),
    pruned_once: ("pruned", "link WHERE kind = 'pruned'"),
}
"""What changes besides results, and where it leaves one row each."""


@pytest.mark.parametrize("way", [BEFORE, AFTER, DEADLOCK], ids=lambda way: way.name)
def test_other_changes_whose_commit_was_lost_are_there_once(own, wire, way):
    with open_store(wire.url(url_of(own))) as far:
        change_each(own, far, wire, way)


def change_each(store, far, wire, way):
    list_id = stored(store, claims()).list_id
    first, second = plan(store, list_id), plan(store, list_id)
    for snapshot in (first, second):
        take(store, snapshot)
    options = schedules.ScheduleOptions()
    schedules.add(store, "okx", "okx", "x", "0 6 * * *", options, NOW - timedelta(days=2))
    for change, places in CHANGES.items():
        wire.arm(way, 1, "^COMMIT$")
        with pytest.raises(StoreError) as lost:
            change(far, first)
        assert SAID.search(str(lost.value))
        wire.arm(way, 0)
        with suppress(StoreError):  # "pruned already"
            change(far, first)
        assert {place: rows(store, place) for place in places} == dict.fromkeys(places, 1)
    assert check(store) == []


def rows(store, place):
    with store.read() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {place}")).scalar_one()


def test_a_snapshot_whose_plan_was_saved_though_nobody_heard_is_seen(store, far, wire):
    """Its user is told to look first: another one would be read twice."""
    list_id = stored(store, claims()).list_id
    wire.arm(AFTER, 1, "^COMMIT$")
    with pytest.raises(StoreError, match=r"may be saved or not: look \('scanner status'\)"):
        plan(far, list_id)
    (head,) = queries.heads(store)
    assert head.state is SnapshotState.PLANNED


@pytest.mark.parametrize("way", [BEFORE, AFTER, RESTART], ids=lambda way: way.name)
def test_an_upgrade_that_was_lost_in_its_last_step_is_whole_or_was_not(
    postgres_database, wire, way
):
    wire.arm(way, 1, "^COMMIT$")
    now, said = trying(lambda: upgrade(wire.url(postgres_database)))
    assert len(said) == 1
    assert now == head()
    with open_store(postgres_database) as opened:
        assert differences(opened) == []
        assert check(opened) == []
