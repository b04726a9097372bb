"""`scanner worker`: takes scheduled and queued snapshots until it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.alerts import AlertFile
from scanner.cli.options import Database, Endpoints, database_url

if TYPE_CHECKING:
    from scanner.store.engine import Store
    from scanner.worker.jobs import Jobs

Concurrency = Annotated[
    int, typer.Option(min=1, max=64, help="Chunks at a time in this process (PostgreSQL).")
]


def worker(
    context: typer.Context,
    endpoints: Endpoints = None,
    concurrency: Concurrency = 4,
    alerts: AlertFile = None,
    database: Database = None,
) -> None:
    """Run schedules, and chunks from the queue, until stopped.

    On PostgreSQL as many workers as wanted share the work, on as many machines; on SQLite one
    process does everything. SIGTERM ends it after the work at hand.
    """
    import threading

    from scanner.alerts.config import load_alerts
    from scanner.alerts.telling import Alerts
    from scanner.cli.console import say
    from scanner.ownership.judge import judge_claims
    from scanner.settings.endpoints import load_endpoints
    from scanner.settings.tables import load_registry
    from scanner.snapshots.sources import SourcePool
    from scanner.store.engine import open_store
    from scanner.worker.jobs import Jobs
    from scanner.worker.queue import Timing

    registry = load_registry()
    rules = load_alerts(alerts)
    pool = SourcePool(load_endpoints(endpoints, registry), registry)
    try:
        with open_store(database_url(context, database), create=True) as store:
            tell = Alerts(store, registry, rules).look if rules else lambda: None
            stop = threading.Event()
            jobs = Jobs(store, pool.get, judge_claims, registry, Timing().tries, stop, tell)
            say(f"working on {store.name}")
            _work(store, jobs, concurrency)
    finally:
        pool.close()


def _work(store: Store, jobs: Jobs, concurrency: int) -> None:
    if store.dialect == "sqlite":
        from scanner.worker.alone import run_alone, stop_on_signals

        stop_on_signals(jobs.stop)
        run_alone(jobs)
        return
    from scanner.worker.queue import set_up
    from scanner.worker.service import run_worker

    set_up(store)
    run_worker(jobs, concurrency=concurrency)
