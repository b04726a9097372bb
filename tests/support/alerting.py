"""Takes a snapshot of a stub chain and applies alert rules to it."""

from datetime import UTC, datetime, timedelta

from scanner.alerts.config import AlertConfig, Rule, Webhook
from scanner.alerts.telling import Alerts
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.store.writing import alert_log, schedules
from scanner.store.writing.runs import create_snapshot
from support.snapshot_stub import OKX_TEXT, StubSource, eth_claim, stored
from support.statements import accepting
from support.taking import take

BEGUN = datetime.now(UTC)


def signed(*numbers, **more):
    return [eth_claim(n, signatures=("s",), **more) for n in numbers]


def alerts(store, *rules, now=None):
    channels = {"ops": Webhook("ops", "http://127.0.0.1:9/")}
    told = tuple(
        Rule(r.name, r.kind, r.threshold, r.assets, r.publishers, r.channels or ("ops",))
        for r in rules
    )
    config = AlertConfig(told, channels)
    clock = now or (lambda: datetime.now(UTC))
    return Alerts(store, load_registry(), config, clock)


def snapshot(store, claims, publisher="okx", source=None, state=SnapshotState.COMPLETE, **policy):
    list_id = stored(store, claims, publisher).list_id
    rule = {"statement": accepting("", OKX_TEXT)}
    snapshot_id = create_snapshot(store, list_id, SnapshotPolicy(**{**rule, **policy}))
    assert take(store, snapshot_id, source or StubSource()).state is state
    return snapshot_id


def told(store, snapshot_id, *rules):
    alerts(store, *rules).after_snapshot(snapshot_id)
    return {(e.rule, e.subject): e for e in alert_log.events_of(store, snapshot_id)}


def scheduled(store, name, *numbers, **more):
    """A snapshot of a list as a schedule of that name takes it."""
    found = {s.name: s.id for s in schedules.schedules(store)}
    options = schedules.ScheduleOptions()
    of = found.get(name) or schedules.add(store, name, "okx", "x", "0 6 * * *", options, BEGUN)
    tick = BEGUN + timedelta(minutes=len(schedules.runs(store, of)))
    assert schedules.claim(store, of, tick, tick)
    taken = snapshot(store, signed(*numbers, **more))
    with store.write() as connection:
        run = schedules.Run(of, tick, schedules.RunState.CLAIMED)
        schedules.record(connection, run, state="started", snapshot_id=taken)
    return taken
