"""/metrics on both databases: what Prometheus reads is what happened."""

import logging
import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from integration.test_alerts import signed, snapshot
from prometheus_client.parser import text_string_to_metric_families
from support.snapshot_stub import StubSource, stored
from support.taking import DOWN, raises

from scanner.model.balance import Balance, Evidence
from scanner.reports.figures.words import WEIGHT_WORDS
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.store.reading import queries
from scanner.store.writing import alert_log
from scanner.store.writing.alert_log import NewEvent
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.schedules import RunState, ScheduleOptions, add, claim, record, run_at
from scanner.store.writing.sink import StoreSink
from scanner.web.metrics import metrics_text

EVIL = 'e"v\\il\n\x1b[2J\ud800'


def read(store, now):
    families = text_string_to_metric_families(metrics_text(store, now).decode())
    return {
        (sample.name.removeprefix("scanner_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_an_empty_database_has_metrics(store):
    found = read(store, datetime.now(UTC))
    assert found["snapshots", "running"] == 0
    assert found["chunks", "failed"] == 0


def test_age_of_the_last_complete_snapshot_per_publisher(store):
    done = snapshot(store, signed(0))
    create_snapshot(store, stored(store, signed(1), EVIL).list_id, SnapshotPolicy())
    down = StubSource(trouble=raises(DOWN))
    snapshot(store, signed(2), source=down, state=SnapshotState.INCOMPLETE, attempts=1)
    finished = queries.head(store, done).finished
    found = read(store, finished + timedelta(hours=5))
    assert found["last_complete_snapshot_age_seconds", "okx"] == 5 * 3600
    (evil,) = [k for k in found if k[0].startswith("last") and k[1] != "okx"]
    assert found[evil] == math.inf
    assert evil[1] == 'e"v\\il\\n\\x1b[2J\\ud800'
    assert (found["snapshots", "planned"], found["snapshots", "incomplete"]) == (1, 1)
    assert (found["chunks", "open"], found["chunks", "failed"]) == (1, 1)
    assert read(store, finished - timedelta(hours=1))[
        "last_complete_snapshot_age_seconds", "okx"
    ] == 0  # fmt: skip


def test_a_snapshot_whose_process_ended_does_not_run(store):
    going = create_snapshot(store, stored(store, signed(1)).list_id, SnapshotPolicy())
    StoreSink(store).start(going)
    with store.exclusive(f"snapshot {going}"):
        found = read(store, datetime.now(UTC))
        assert (found["snapshots", "running"], found["snapshots", "stopped"]) == (1, 0)
    found = read(store, datetime.now(UTC))
    assert (found["snapshots", "running"], found["snapshots", "stopped"]) == (0, 1)


def test_results_of_the_newest_complete_snapshot(store):
    done = snapshot(store, signed(0))
    found = read(store, datetime.now(UTC))
    head = queries.head(store, done)
    assert found["result", "okx"] in (0, 1, 3)
    assert (found["result", "okx"] == 0) == (not queries.weights_found(store, done))
    times = [pinned.block.time for pinned in head.blocks if pinned.block.time]
    assert (("balances_age_seconds", "okx") in found) == bool(times)
    (total,) = queries.asset_totals(store, done)
    assert total.verified
    (coins,) = [found[key] for key in found if key[0] == "verified_coins"]
    assert coins == total.verified / 10**total.decimals
    weights = Counter(f.finding.weight for f in queries.findings(store, done))
    for weight, words in WEIGHT_WORDS.items():
        assert found["findings", "okx", words] == weights[weight]


class Silent(StubSource):
    """Has no answer for the first row it is asked."""

    def fetch_balances(self, queries, at, progress=None):
        _, *others = super().fetch_balances(queries, at, progress)
        return [Balance(None, Evidence.UNAVAILABLE, (), "no answer"), *others]


def test_rows_without_an_answer_are_counted_beside_what_is_verified(store):
    done = snapshot(store, signed(0, 1), source=Silent())
    (total,) = queries.asset_totals(store, done)
    found = read(store, datetime.now(UTC))
    assert found["unanswered_rows", "ETH", "okx"] == total.unavailable_rows == 1
    assert found["verified_coins", "ETH", "okx"] == total.verified / 10**total.decimals
    snapshot(store, signed(0, 1))
    assert read(store, datetime.now(UTC))["unanswered_rows", "ETH", "okx"] == 0


def test_schedules_and_alerts(store):
    now = datetime(2026, 1, 31, 6, tzinfo=UTC)
    key = add(store, "daily", "okx", "/x.csv", "0 6 * * *", ScheduleOptions(), now)
    assert claim(store, key, now, now)
    with store.write() as connection:
        run = run_at(store, key, now)
        record(connection, run, state=RunState.FAILED.value, error="no list")
    done = snapshot(store, signed(0))
    event = NewEvent("r", "incomplete", "", "x", {}, ("ops", "mail"))
    alert_log.record(store, done, SnapshotState.COMPLETE, [event], now)
    found = read(store, now)
    assert found["schedule_last_run_timestamp_seconds", "daily"] == now.timestamp()
    assert found["schedule_failed", "daily"] == 1
    assert found["alert_deliveries", "ops", "waiting"] == 1


@pytest.mark.node
def test_the_queue_has_jobs_and_workers(postgres_database):
    from functools import partial

    from scanner.store.database.engine import open_store
    from scanner.store.database.migrate import upgrade
    from scanner.worker.queue import queued_snapshot, set_up

    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    upgrade(postgres_database)
    with open_store(postgres_database) as store:
        set_up(store)
        plan = partial(queued_snapshot, store)
        plan(stored(store, signed(0, 1)).list_id, SnapshotPolicy(), {})
        found = read(store, datetime.now(UTC))
    assert found["queue_jobs", "todo"] == 1
    assert found["workers",] == 0


def test_of_two_publishers_that_look_alike_the_worse_is_told(store):
    false = signed(0, amount=2**256 - 1)
    unsigned = [claim._replace(signatures=()) for claim in signed(1)]
    for name, claims in (("x\x1b", unsigned), ("x\\x1b", false), ("x\\x1B", signed(2))):
        snapshot(store, claims, name)
    found = read(store, datetime.now(UTC))
    assert found["result", "x\\x1b"] == 1
    assert found["result", "x\\x1B"] in (0, 3)
