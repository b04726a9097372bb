"""`scanner status`: what is going on, and how old the latest complete snapshots are."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import typer

from scanner.cli.common.console import emit
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.reports.tables.grid import Column, print_grid
from scanner.reports.tables.jsontext import pretty
from scanner.store.database.engine import open_store
from scanner.store.reading.queries import SnapshotHead
from scanner.store.reading.status import Status
from scanner.store.reading.status import status as look


def status(context: typer.Context, as_json: AsJson = False, database: Database = None) -> None:
    """Show publishers, snapshots that have not ended, schedules and the queue."""
    with open_store(database_url(context, database)) as store:
        found = look(store)
    now = datetime.now(UTC)
    if as_json:
        emit(pretty(_record(found, now)))
    else:
        _print(found, now)


def _record(found: Status, now: datetime) -> dict[str, object]:
    queue = found.queue
    return {
        "publishers": [
            {
                "publisher": p.name,
                "snapshot": p.complete,
                "finished": p.finished.isoformat() if p.finished else None,
                "age_seconds": int((now - p.finished).total_seconds()) if p.finished else None,
            }
            for p in found.publishers
        ],
        "going": [
            {
                "snapshot": h.id,
                "publisher": h.publisher,
                "state": h.state.value,
                "chunks": h.chunks,
                "done": h.chunks_done,
                "failed": h.chunks_failed,
            }
            for h in found.going
        ],
        "schedules": [
            {
                "name": s.schedule.name,
                "last": s.run.tick.isoformat() if s.run else None,
                "state": s.run.state.value if s.run else None,
                "snapshot": s.run.snapshot_id if s.run else None,
            }
            for s in found.schedules
        ],
        "queue": None if queue is None else {"jobs": queue.jobs, "workers": queue.workers},
    }


def _print(found: Status, now: datetime) -> None:
    titles = [Column(t) for t in ("publisher", "latest complete", "age")]
    rows = [
        [p.name, str(p.complete or "-"), _age(now - p.finished if p.finished else None)]
        for p in found.publishers
    ]
    print_grid(titles, rows, title="Publishers")
    if found.going:
        columns = [Column(t) for t in ("snapshot", "publisher", "state", "parts done", "failed")]
        print_grid(columns, [_going(h) for h in found.going], title="Not complete")
    if found.schedules:
        columns = [Column(t) for t in ("schedule", "last run", "state", "snapshot", "error")]
        lines = [
            [
                s.schedule.name,
                f"{s.run.tick:%Y-%m-%d %H:%M}" if s.run else "-",
                s.run.state.value if s.run else "-",
                str(s.run.snapshot_id or "-") if s.run else "-",
                s.run.error if s.run else "",
            ]
            for s in found.schedules
        ]
        print_grid(columns, lines, title="Schedules (UTC)")
    if found.queue is not None:
        jobs = ", ".join(f"{n:,} {state}" for state, n in sorted(found.queue.jobs.items()))
        sys.stdout.write(f"Queue: {jobs or 'empty'}; {found.queue.workers} workers alive\n")


def _going(head: SnapshotHead) -> list[str]:
    done = f"{head.chunks_done:,} of {head.chunks:,}"
    return [str(head.id), head.publisher, head.state.value, done, f"{head.chunks_failed:,}"]


def _age(age: object) -> str:
    if not isinstance(age, timedelta):
        return "never"
    hours, rest = divmod(max(0, int(age.total_seconds())), 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h {rest // 60} min"
