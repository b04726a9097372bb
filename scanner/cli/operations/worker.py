"""`scanner worker`: takes scheduled and queued snapshots until it is stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from scanner.alerts.config import load_alerts
from scanner.alerts.telling import Alerts
from scanner.cli.common.log_options import LogForm, start_logs
from scanner.cli.common.options import Database, Endpoints, database_url
from scanner.cli.operations.alerts import AlertFile
from scanner.ownership.judge import judge_claims
from scanner.settings.database import password_of
from scanner.settings.endpoints import load_endpoints
from scanner.settings.logs import LogFormat
from scanner.settings.tables import load_registry
from scanner.snapshots.sources import SourcePool
from scanner.store.database.engine import Store, open_store
from scanner.store.writing.rate_budgets import budgets_in, with_budgets
from scanner.worker.alone import run_alone, stop_on_signals
from scanner.worker.health import health_page
from scanner.worker.jobs import Jobs
from scanner.worker.queue import Timing, set_up
from scanner.worker.service import run_worker
from scanner.worker.watch import Watch

log = logging.getLogger("scanner.worker")

Concurrency = Annotated[
    int, typer.Option(min=1, max=64, help="Chunks that this process reads at a time (PostgreSQL).")
]
HealthPort = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        help="Port of this process's /healthz, /readyz and /metrics; 0 for a free one.",
    ),
]
HealthHost = Annotated[str, typer.Option(help="Address that the health page listens on.")]


def worker(
    context: typer.Context,
    endpoints: Endpoints = None,
    concurrency: Concurrency = 4,
    alerts: AlertFile = None,
    health_port: HealthPort = None,
    health_host: HealthHost = "127.0.0.1",
    log_format: LogForm = LogFormat.TEXT,
    database: Database = None,
) -> None:
    """Run schedules, and chunks from the queue, until stopped.

    On PostgreSQL any number of workers share the work, on any number of machines; on SQLite one
    process does everything. SIGTERM stops a worker after its current work.
    """
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
        kept = with_budgets(store, table)
        pool = SourcePool(kept, registry)
        try:
            tell = Alerts(store, registry, rules).look if rules else lambda: None
            watch = Watch(budgets_in(kept))
            stop = threading.Event()
            jobs = Jobs(store, pool.get, judge_claims, registry, Timing().tries, stop, tell, watch)
            log.info("working on %s", store.name)
            with _page(health_host, health_port, jobs):
                _work(store, jobs, concurrency)
            log.info("stopped")
        finally:
            pool.close()


@contextmanager
def _page(host: str, port: int | None, jobs: Jobs) -> Iterator[None]:
    """Answer on the health page meanwhile, if one is wanted."""
    if port is None:
        yield
        return

    with health_page(host, port, jobs.store, jobs.watch) as at:
        log.info("health page on %s port %s", host, at)
        yield


def _work(store: Store, jobs: Jobs, concurrency: int) -> None:
    if store.dialect == "sqlite":
        stop_on_signals(jobs)
        run_alone(jobs)
        return

    set_up(store)
    run_worker(jobs, concurrency=concurrency)
