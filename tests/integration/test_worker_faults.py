"""What may happen to workers, to their database and to their node, and what must come of it:
every chunk done once, the totals of an undisturbed run to the last byte, no job left `doing`, no
alert told twice. Real worker processes, a real PostgreSQL, a real node."""

import json
import os
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import wait
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from support.forked import warm
from support.forked_worker import STAGES, Life, live
from support.scripted_http import Said, serving
from support.snapshot_stub import eth_claim, evm_address, good_judge, stored

from scanner.alerts.config import load_alerts
from scanner.alerts.telling import LEASE, Alerts
from scanner.demo.chains import ethereum_genesis
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.snapshots.sources import SourcePool
from scanner.snapshots.take import take_snapshot
from scanner.store import alert_log, queries
from scanner.store.check import check
from scanner.store.engine import open_store
from scanner.store.migrate import upgrade
from scanner.store.runs import create_snapshot
from scanner.store.sink import StoreSink
from scanner.worker.queue import queued_snapshot, set_up

pytestmark = pytest.mark.node
KILLS = int(os.environ.get("SCANNER_TEST_KILLS", "200"))
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
def store(postgres_database):
    upgrade(postgres_database)
    with open_store(postgres_database) as opened:
        set_up(opened)
        yield opened


def claims(count=CLAIMS):
    """Signed and unsigned rows, some that claim more than there is."""
    return [
        eth_claim(n, row=n + 1, height=HEIGHT, amount=held(n) + (10**18 if n % 11 == 0 else 0),
                  **({"signatures": ("s",)} if n % 7 else {}))
        for n in range(count)
    ]  # fmt: skip


def endpoints(url, name="node-1"):
    from scanner.model.endpoint import Endpoint

    return {"ethereum": [Endpoint(name, "ethereum", "ethereum_rpc", url, rate=500)]}


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


def url_of(store):
    return store.engine.url.render_as_string(hide_password=False)


@contextmanager
def workers(count, life):
    running = [warm().Process(target=live, args=(life,)) for _ in range(count)]
    for worker in running:
        worker.start()
    try:
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.join()


def jobs(store):
    query = text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
    with store.read() as connection:
        return {status: count for status, count in connection.execute(query)}


def wait_until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def state(store, snapshot):
    return queries.head(store, snapshot).state


def done(store, snapshot):
    return queries.head(store, snapshot).chunks_done


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


def chunk_jobs(store):
    """Jobs of chunks that are not over: (waiting or doing)."""
    query = text(
        "SELECT count(*) FROM procrastinate_jobs "
        "WHERE task_name = 'scanner.chunk' AND status IN ('todo', 'doing')"
    )
    with store.read() as connection:
        return connection.execute(query).scalar()


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


def test_killed_two_hundred_times_at_every_stage(store, node, tmp_path):
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
