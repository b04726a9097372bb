"""`scanner worker`: takes scheduled and queued snapshots until it is stopped."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.alerts import AlertFile
from scanner.cli.options import Database, Endpoints, LogForm, database_url, start_logs
from scanner.settings.logs import LogFormat

if TYPE_CHECKING:
    from scanner.store.engine import Store
    from scanner.worker.jobs import Jobs

log = logging.getLogger("scanner.worker")

Concurrency = Annotated[
    int, typer.Option(min=1, max=64, help="Chunks at a time in this process (PostgreSQL).")
]


def worker(
    context: typer.Context,
    endpoints: Endpoints = None,
    concurrency: Concurrency = 4,
    alerts: AlertFile = None,
    log_format: LogForm = LogFormat.TEXT,
    database: Database = None,
) -> None:
    """Run schedules, and chunks from the queue, until stopped.

    On PostgreSQL as many workers as wanted share the work, on as many machines; on SQLite one
    process does everything. SIGTERM ends it after the work at hand.
    """
    import threading

    from scanner.alerts.config import load_alerts
    from scanner.alerts.telling import Alerts
    from scanner.ownership.judge import judge_claims
    from scanner.settings.database import password_of
    from scanner.settings.endpoints import load_endpoints
    from scanner.settings.tables import load_registry
    from scanner.snapshots.sources import SourcePool
    from scanner.store.engine import open_store
    from scanner.store.rate_budgets import with_budgets
    from scanner.worker.jobs import Jobs
    from scanner.worker.queue import Timing

    registry = load_registry()
    rules = load_alerts(alerts)
    table = load_endpoints(endpoints, registry)
    url = database_url(context, database)
    start_logs(
        log_format,
        *(endpoint.url for group in table.values() for endpoint in group),
        secrets=[password_of(url), *(rules.secrets() if rules else ())],
    )
    with open_store(url, create=True) as store:
        pool = SourcePool(with_budgets(store, table), registry)
        try:
            tell = Alerts(store, registry, rules).look if rules else lambda: None
            stop = threading.Event()
            jobs = Jobs(store, pool.get, judge_claims, registry, Timing().tries, stop, tell)
            log.info("working on %s", store.name)
            _work(store, jobs, concurrency)
            log.info("stopped")
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
