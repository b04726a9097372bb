"""Schedules of living workers while the clock runs, is set back, and jumps over days."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from support.fake_clock import FakeClock
from support.fleet import own_cluster, state, url_of, wait_until, workers
from support.forked_worker import Life
from support.snapshot_stub import evm_address

from scanner.snapshots.interface import SnapshotState
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.writing import schedules
from scanner.store.writing.schedules import ScheduleOptions
from scanner.worker.queue import server_time

LIST = "network,asset,address,amount\n" + "".join(
    f"ethereum,ETH,{evm_address(n)},1.5\n" for n in range(25)
)
SIX = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(days=2)


@pytest.fixture
def clock():
    with FakeClock() as made:
        yield made


def set_to(clock, moment):
    """Set it so that it is that moment now."""
    clock.set(round((moment - datetime.now(UTC)).total_seconds()))


def schedule(store, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    return schedules.add(
        store, "okx", "okx", str(tmp_path / "list.csv"), "0 6 * * *", ScheduleOptions(),
        SIX - timedelta(hours=1),
    )  # fmt: skip


def ticks(store, made):
    """Moments of its runs, all of which must have led to a complete snapshot by now."""
    runs = schedules.runs(store, made)
    wait_until(lambda: all(r.snapshot_id for r in schedules.runs(store, made)))
    for run in schedules.runs(store, made):
        wait_until(lambda r=run: state(store, r.snapshot_id) is SnapshotState.COMPLETE)
    return [run.tick for run in reversed(runs)]


def live_through_it(store, clock, tmp_path, start):
    """What must come of it, whoever works. start: of a context in which workers live."""
    made = schedule(store, tmp_path)
    set_to(clock, SIX - timedelta(seconds=3))
    with start():
        assert schedules.runs(store, made) == []
        wait_until(lambda: schedules.runs(store, made))
        assert ticks(store, made) == [SIX]
        for moment in (SIX - timedelta(minutes=30), SIX - timedelta(seconds=1)):
            set_to(clock, moment)
            time.sleep(2.5)
            assert ticks(store, made) == [SIX]
    set_to(clock, SIX + timedelta(days=3, hours=5))  # the machine was off, for three ticks
    with start():
        wait_until(lambda: len(schedules.runs(store, made)) > 1)
        time.sleep(2)
        assert ticks(store, made) == [SIX, SIX + timedelta(days=3)]
    assert len(queries.heads(store)) == 2


@pytest.mark.node
def test_two_schedulers_on_one_server(clock, tmp_path):
    with own_cluster(clock.environment) as (_, store):
        life = Life(url_of(store))
        live_through_it(store, clock, tmp_path, lambda: workers(3, life))
        assert abs(server_time(store) - SIX - timedelta(days=3, hours=5)) < timedelta(minutes=5)


def test_one_process_with_a_file(clock, tmp_path):
    from support.fleet import alone_in_another_time

    with open_store(f"sqlite:///{tmp_path / 'scanner.db'}", create=True) as store:
        live_through_it(store, clock, tmp_path, lambda: alone_in_another_time(clock, url_of(store)))
