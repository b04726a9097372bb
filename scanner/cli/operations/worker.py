"""`scanner worker`: takes scheduled and queued snapshots until it is stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from scanner.alerts import config, telling
from scanner.cli.common.log_options import LogForm, start_logs
from scanner.cli.common.options import Database, Endpoints, database_url
from scanner.cli.operations.alerts import AlertFile
from scanner.ownership import judge
from scanner.settings import endpoints as endpoint_table
from scanner.settings import tables
from scanner.settings.database import password_of
from scanner.settings.log_format import LogFormat
from scanner.snapshots import sources
from scanner.store.database import engine
from scanner.store.writing import rate_budgets
from scanner.worker import alone, health, queue, service
from scanner.worker import jobs as work
from scanner.worker import watch as watches

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
    registry = tables.load_registry()
    rules = config.load_alerts(alerts)
    table = endpoint_table.load_endpoints(endpoints, registry)
    url = database_url(context, database)
    start_logs(
        log_format,
        *(endpoint.url for group in table.values() for endpoint in group),
        secrets=[password_of(url), *(rules.secrets() if rules else ())],
    )
    with engine.open_store(url, create=True) as store:
        kept = rate_budgets.with_budgets(store, table)
        pool = sources.SourcePool(kept, registry)
        try:
            tell = telling.Alerts(store, registry, rules).look if rules else lambda: None
            watch = watches.Watch(rate_budgets.budgets_in(kept))
            stop = threading.Event()
            jobs = work.Jobs(
                store,
                pool.get,
                judge.judge_claims,
                registry,
                queue.Timing().tries,
                stop,
                tell,
                watch,
            )
            log.info("working on %s", store.name)
            with _page(health_host, health_port, jobs):
                _work(store, jobs, concurrency)
            log.info("stopped")
        finally:
            pool.close()


@contextmanager
def _page(host: str, port: int | None, jobs: work.Jobs) -> Iterator[None]:
    """Answer on the health page meanwhile, if one is wanted."""
    if port is None:
        yield
        return

    with health.health_page(host, port, jobs.store, jobs.watch) as at:
        log.info("health page on %s port %s", host, at)
        yield


def _work(store: engine.Store, jobs: work.Jobs, concurrency: int) -> None:
    if store.dialect == "sqlite":
        alone.stop_on_signals(jobs)
        alone.run_alone(jobs)
        return

    queue.set_up(store)
    service.run_worker(jobs, concurrency=concurrency)
