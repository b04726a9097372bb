"""What may happen to workers, to their database and to their node, and what must come of it:
every chunk done once, the totals of an undisturbed run to the last byte, no job left `doing`, no
alert told twice. Real worker processes, a real PostgreSQL, a real node."""

import json
import os
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import wait
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from support.fake_clock import FakeClock
from support.fleet import (
    chunk_jobs,
    done,
    in_another_time,
    jobs,
    own_cluster,
    state,
    url_of,
    wait_until,
    workers,
)
from support.forked import warm
from support.forked_worker import HASTY, STAGES, Life, live
from support.gate import Gate
from support.scripted_http import Said, serving
from support.snapshot_stub import eth_claim, evm_address, good_judge, stored

from scanner.alerts.config import load_alerts
from scanner.alerts.telling import LEASE, Alerts
from scanner.demo.chains import ethereum_genesis
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.snapshots.sources import SourcePool
from scanner.snapshots.take import take_snapshot
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.writing import alert_log
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from scanner.worker.queue import Timing, queued_snapshot, server_time

pytestmark = pytest.mark.node
KILLS = int(os.environ.get("SCANNER_TEST_KILLS", "48"))
CLAIMS, CHUNK, HEIGHT = 400, 4, 3


def held(number):
    """Wei of the number-th address in the genesis."""
    return number * 10**15 + 7


@pytest.fixture(scope="module")
def node(node_programs, tmp_path_factory):
    from scanner.demo.nodes import Anvil

    balances = {evm_address(n): held(n) for n in range(CLAIMS)}
    folder = tmp_path_factory.mktemp("node")
    with Anvil(folder, genesis=ethereum_genesis(balances, {}), chain_id=1) as anvil:
        anvil.rpc("anvil_mine", hex(HEIGHT + 3))
        yield anvil


@pytest.fixture
def store(queue_store):
    return queue_store


def claims(count=CLAIMS):
    """Signed and unsigned rows, some that claim more than there is."""
    return [
        eth_claim(n, row=n + 1, height=HEIGHT, amount=held(n) + (10**18 if n % 11 == 0 else 0),
                  **({"signatures": ("s",)} if n % 7 else {}))
        for n in range(count)
    ]  # fmt: skip


def endpoints(url, rate=500.0):
    from scanner.model.endpoint import Endpoint

    return {
        "ethereum": [Endpoint("node-1", "ethereum", "ethereum_rpc", url, rate=rate, chain="1:dev")]
    }


def queued(store, list_id, parallel=24):
    policy = SnapshotPolicy(chunk_sizes={"ethereum": CHUNK}, attempts=1)
    return queued_snapshot(store, list_id, policy, {"ethereum": parallel})


def told(store, snapshot):
    """Everything a reader is told, as bytes, without the snapshot's own number."""
    totals = queries.totals(store, snapshot).to_json()
    totals.pop("snapshot")
    found = [repr(f.finding) for f in queries.findings(store, snapshot)]
    return orjson.dumps([totals, found])


def undisturbed(store, list_id, node):
    snapshot = create_snapshot(store, list_id, SnapshotPolicy(chunk_sizes={"ethereum": CHUNK}))
    pool, registry = SourcePool(endpoints(node.url), load_registry()), load_registry()
    from scanner.chains.interface import ReadPolicy

    try:
        sources = {"ethereum": pool.get("ethereum", ReadPolicy())}
        take_snapshot(StoreSink(store), snapshot, sources, good_judge, registry)
    finally:
        pool.close()
    return told(store, snapshot)


def left(store, snapshot):
    return CLAIMS // CHUNK - done(store, snapshot)


def settle(store, snapshots, life, expected):
    """Let undisturbed workers end it all, and hold it against the undisturbed run."""
    with workers(2, life):
        wait_until(lambda: all(state(store, s) is SnapshotState.COMPLETE for s in snapshots))
        wait_until(lambda: not chunk_jobs(store))
    for snapshot in snapshots:
        assert told(store, snapshot) == expected
        assert_every_chunk_once(store, snapshot)
    assert check(store) == []


def assert_every_chunk_once(store, snapshot):
    head = queries.head(store, snapshot)
    assert (head.chunks_done, head.chunks_failed) == (head.chunks, 0)
    query = text(
        "SELECT count(*), count(DISTINCT claim_no) FROM balance WHERE snapshot_id = :snapshot"
    )
    with store.read() as connection:
        assert tuple(connection.execute(query, {"snapshot": snapshot}).one()) == (CLAIMS, CLAIMS)
        attempts = connection.execute(
            text("SELECT DISTINCT attempts FROM chunk WHERE snapshot_id = :s"), {"s": snapshot}
        ).scalars()
        assert set(attempts) == {1}, "a chunk was marked done more than once"


ALERTS = """
[[channel]]
name = "ops"
kind = "webhook"
url = "http://{place}/"
[[rule]]
name = "ratio"
kind = "reserve_ratio"
under = 1
assets = ["ETH"]
"""


def tell_what_is_left(store, file):
    """As the next worker does when the leases of the dead are over."""
    config, later = load_alerts(file), datetime.now(UTC) + LEASE + timedelta(minutes=1)
    Alerts(store, load_registry(), config, lambda: later).look()


def test_killed_again_and_again_at_every_stage(store, node, tmp_path):
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id, node)
    seen, snapshots, deaths = [], [], Counter()
    with serving(lambda r: seen.append(json.loads(r.body)) or Said()) as place:
        (tmp_path / "alerts.toml").write_text(ALERTS.format(place=place))
        rest = {"endpoints": endpoints(node.url), "alerts": str(tmp_path / "alerts.toml")}
        running, number = {}, 0
        while deaths.total() < KILLS:
            if not snapshots or left(store, snapshots[-1]) < CLAIMS // CHUNK // 2:
                snapshots.append(queued(store, list_id))
            while len(running) < 4:
                stage = STAGES[number % len(STAGES)]
                life = Life(url_of(store), die_at=stage, die_on=1 + number // 6 % 3, **rest)
                worker = warm().Process(target=live, args=(life,))
                worker.start()
                running[worker.sentinel] = worker, stage
                number += 1
            for sentinel in wait(list(running), 0.5):
                worker, stage = running.pop(sentinel)
                worker.join()
                assert worker.exitcode == -9, f"it ended by itself at {stage!r}"
                deaths[stage] += 1
        for worker, _ in running.values():
            worker.kill()
            worker.join()
        settle(store, snapshots, Life(url_of(store), **rest), expected)
        tell_what_is_left(store, Path(rest["alerts"]))
    assert min(deaths[stage] for stage in STAGES) >= KILLS // len(STAGES) // 2, deaths
    assert alert_log.delivery_counts(store) == {
        ("ops", alert_log.DeliveryState.DELIVERED): len(snapshots) + 1
    }
    # A sender that died before it noted the answer sends again, with the same key.
    keys = {body["snapshot"]: body["event"] for body in seen}
    assert {(body["snapshot"], body["event"]) for body in seen} == set(keys.items())
    assert set(keys) == {snapshots[0] - 1, *snapshots}


def test_the_server_is_restarted_twice_in_the_middle(node):
    """As `pg_ctl restart` does it: told to, and as after a crash."""
    with own_cluster() as (cluster, store):
        list_id = stored(store, claims()).list_id
        expected = undisturbed(store, list_id, node)
        snapshot = queued(store, list_id)
        with Gate(node.url, delay=0.05) as gate:
            life = Life(url_of(store), endpoints(gate.url))
            with workers(3, life) as running:
                for mode, enough in (("fast", 20), ("immediate", 50)):
                    wait_until(lambda n=enough: done(store, snapshot) >= n)
                    cluster.restart(mode)
                    assert state(store, snapshot) is not SnapshotState.COMPLETE
                wait_until(lambda: state(store, snapshot) is SnapshotState.COMPLETE)
                wait_until(lambda: not chunk_jobs(store))
                assert [worker.exitcode for worker in running] == [None] * 3
        assert told(store, snapshot) == expected
        assert_every_chunk_once(store, snapshot)
        assert check(store) == []


def test_the_node_is_down_for_a_minute(store, node):
    """Everything is fifteen times as fast: a second for the first wait of 15, four for a minute."""
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id, node)
    snapshot = queued(store, list_id)
    with Gate(node.url, delay=0.02) as gate:
        timing = replace(HASTY, tries=Timing().tries, first_wait=1)
        with workers(2, Life(url_of(store), endpoints(gate.url), timing=timing)):
            wait_until(lambda: done(store, snapshot) >= 10)
            gate.shut()
            time.sleep(4)
            assert state(store, snapshot) is SnapshotState.RUNNING
            gate.open()
            wait_until(lambda: state(store, snapshot) is SnapshotState.COMPLETE)
            wait_until(lambda: not chunk_jobs(store))
    assert told(store, snapshot) == expected
    assert_every_chunk_once(store, snapshot)
    assert check(store) == []


def test_the_servers_clock_is_set_back_an_hour(node):
    """A worker dies, then the clock goes back: its job is not left to it for an hour."""
    with FakeClock() as clock, own_cluster(clock.environment) as (_, store):
        list_id = stored(store, claims()).list_id
        expected = undisturbed(store, list_id, node)
        snapshot = queued(store, list_id)
        # Without a rate: after this its line would begin half a minute ahead (test_rate_budgets).
        life = Life(url_of(store), endpoints(node.url, rate=0.0))
        with workers(1, replace(life, die_at="claimed", die_on=6)) as (dead,):
            dead.join(60)
            assert dead.exitcode == -9
        before = server_time(store)
        clock.set(-3600)
        wait_until(lambda: server_time(store) - before < timedelta(minutes=-59))
        assert chunk_jobs(store)
        settle(store, [snapshot], life, expected)
        with workers(1, life):  # also what those workers had at hand when they were ended
            wait_until(lambda: jobs(store).get("doing", 0) == 0)


def test_a_workers_clock_is_set_back_an_hour(store, node):
    """The jobs that look after the others were had for every moment of that hour."""
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id, node)
    snapshot = queued(store, list_id)
    life = Life(url_of(store), endpoints(node.url))
    with FakeClock() as clock, in_another_time(clock, life) as worker:
        wait_until(lambda: done(store, snapshot) == CLAIMS // CHUNK)
        clock.set(-3600)
        # Somebody else's job, whose worker is gone.
        again = queued(store, list_id)
        with workers(1, replace(life, die_at="claimed", concurrency=1)) as (dead,):
            dead.join(60)
            assert dead.exitcode == -9
        wait_until(lambda: state(store, again) is SnapshotState.COMPLETE)
        wait_until(lambda: not chunk_jobs(store))
        assert worker.poll() is None
    for taken in (snapshot, again):
        assert told(store, taken) == expected
        assert_every_chunk_once(store, taken)
    assert check(store) == []
